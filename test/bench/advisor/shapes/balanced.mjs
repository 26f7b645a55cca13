// 15: a pipeline that keeps up with what comes: 300 items a second, from outside. receive --> parse --> store
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { exponential, lognormal, waiter } from './times.mjs';

const MEAN_GAP_MS = 1000 / 300;
const p = pipeline('balanced');
const meter = new Meter();
const parsers = setting('parse concurrency', 4);
const storers = setting('store concurrency', 4);
const received = new BoundedQueue(p, 'received', { capacity: 64, from: 'receive', to: 'parse' });
const parsed = new BoundedQueue(p, 'parsed', { capacity: 64, from: 'parse', to: 'store' });
const gap = exponential(MEAN_GAP_MS, 21);
const parseTime = lognormal(9, 0.3, 22);
const storeTime = lognormal(9, 0.3, 23);
const [parseWait, storeWait] = [waiter(), waiter()];

const item = ({ id }) => id;
const receive = p.stage('receive', { kind: 'source', parallelism: 1 }, itemMaker());
const parse = p.stage('parse', { kind: 'io', parallelism: parsers, item }, async () =>
  parseWait(parseTime()),
);
const store = p.stage('store', { kind: 'io', parallelism: storers, item }, async () =>
  storeWait(storeTime()),
);

let dueMs = performance.now();
new Lanes(1, async () => {
  dueMs += gap();
  const leftMs = dueMs - performance.now();
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
  await received.put(receive());
});
const parseLanes = new Lanes(parsers, async () => {
  const it = await received.take();
  await parse(it);
  await parsed.put(it);
});
const storeLanes = new Lanes(storers, async () => {
  const it = await parsed.take();
  await store(it);
  meter.done(it);
});

for (const [stage, value, lanes] of [
  ['parse', parsers, parseLanes],
  ['store', storers, storeLanes],
]) {
  p.knob(`${stage} concurrency`, {
    kind: 'parallelism',
    stage,
    value,
    min: 1,
    max: 16,
    apply: (count) => lanes.resize(count),
  });
}
