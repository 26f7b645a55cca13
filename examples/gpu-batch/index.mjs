// Items are decoded, go through a small network on the GPU in batches, and their results are written. The batches are small,
// as in a first draft, and most of what the GPU does for a batch does not depend on how many items it has.
import { pipeline } from 'sluice';
import { MAX_BATCH, Network, WIDTH } from './network.mjs';

const BATCH = 2;
const WAITING = 256;

const RUN_MS = Number(process.env.EXAMPLE_MS ?? 60_000);

const scoring = pipeline('scoring');
const decoded = scoring.queue('decoded', { capacity: WAITING, from: 'decode', to: 'infer' });
const scored = scoring.queue('scored', { capacity: 1, from: 'infer', to: 'write' });

const decode = scoring.stage('decode', { kind: 'source', parallelism: 1 }, (number) => {
  const item = new Float32Array(WIDTH);
  for (let i = 0; i < WIDTH; i++) item[i] = Math.sin(number * 0.37 + i * 0.11);
  return item;
});

const network = await Network.load();
const infer = scoring.stage(
  'infer',
  { kind: 'gpu', parallelism: 1, items: (items) => items.length },
  (items) => network.infer(items),
);

let sum = 0;
let done = 0;
const write = scoring.stage(
  'write',
  { kind: 'sink', parallelism: 1, items: (results) => results.length },
  (results) => {
    for (const result of results) for (const number of result) sum += number;
    done += results.length;
  },
);

// A number that Sluice may turn while the program runs.
let batch = BATCH;
scoring.knob('BATCH', {
  kind: 'batchSize',
  stage: 'infer',
  value: BATCH,
  min: 1,
  max: MAX_BATCH,
  apply: (value) => {
    batch = value;
  },
});

const waiting = [];
let number = 0;
/** Decodes until the queue is full, a few at a time, so that nobody has to wait for that. */
function decodeSome() {
  for (let n = 0; n < 64 && waiting.length < WAITING; n++) {
    waiting.push(decode(number++));
    decoded.depth(waiting.length);
  }
}

const start = performance.now();
const say = () => {
  const perSec = (done * 1000) / (performance.now() - start);
  console.log(
    `${done} items, ${perSec.toFixed(0)} a second, batches of ${batch}, sum ${sum.toFixed(1)}`,
  );
};
const news = setInterval(say, 5000);
decodeSome();
while (performance.now() - start < RUN_MS) {
  const items = waiting.splice(0, batch);
  decoded.depth(waiting.length);
  const results = infer(items);
  do decodeSome();
  while (waiting.length < batch);
  const batchOfResults = await results;
  scored.enter();
  write(batchOfResults);
  scored.leave();
}
clearInterval(news);
network.close();
say();
