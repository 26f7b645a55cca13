// A pool of workers that sleep for each item, with a live knob for how many there are. Argument 1: how many at the start.
// Argument 2, how the time of an item depends on the workers: `scales` (not at all, up to eight), `thrashes` (with more than
// at the start each takes twelve times as long), `late` (then there is more throughput, and one item in ten takes long).
// Argument 3: seconds until it ends; 0: until SIGTERM. Argument 4: items after which it ends.
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const [, , size = '2', kind = 'scales', seconds = '0', items = 'Infinity'] = process.argv;
const SERVICE_MS = 20;
const start = Number(size);
let wanted = start;
let running = 0;
let count = 0;
let isOver = false;

function serviceMs() {
  count++;
  if (kind === 'thrashes' && wanted > start) return SERVICE_MS * 12;
  if (kind === 'late' && wanted > start && count % 10 === 0) return 400;
  // No more than eight at a time get anywhere.
  return Math.max(SERVICE_MS, (SERVICE_MS * wanted) / 8);
}

const line = pipeline('line');
const work = line.stage('work', { kind: 'io', parallelism: 64, item: (n) => n }, async () =>
  sleep(serviceMs()),
);
const knob = line.knob('workers', {
  kind: 'parallelism',
  stage: 'work',
  value: start,
  min: 1,
  max: 64,
  apply: (value) => {
    wanted = value;
    fill();
  },
});

async function worker() {
  running++;
  while (running <= wanted && !isOver && count < Number(items)) await work(count);
  running--;
}
function fill() {
  for (let missing = wanted - running; missing > 0; missing--) void worker();
}
fill();

const stop = () => {
  isOver = true;
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
const endMs = Number(seconds) > 0 ? Date.now() + Number(seconds) * 1000 : Infinity;
while (!isOver && Date.now() < endMs && count < Number(items)) await sleep(50);
isOver = true;
while (running > 0) await sleep(10);
process.stdout.write(`${JSON.stringify({ workers: knob.value })}\n`);
