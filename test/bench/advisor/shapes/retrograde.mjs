// 5: a stage that gets slower the more it does at once (a lock, a disk that seeks): best with 4, started with 16.
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { lognormal, waiter } from './times.mjs';

// Gunther's Universal Scalability Law: most with sqrt((1 - ALPHA) / BETA) = 4 at once.
const ALPHA = 0.02;
const BETA = 0.06;
const p = pipeline('retrograde');
const meter = new Meter();
const concurrency = setting('demux concurrency', 16);
const listed = new BoundedQueue(p, 'listed', { capacity: 32, from: 'list', to: 'demux' });
const baseTime = lognormal(6, 0.25, 7);
const wait = waiter();
let atWork = 0;

const item = ({ id }) => id;
const list = p.stage('list', { kind: 'source', parallelism: 1 }, itemMaker());
const demux = p.stage('demux', { kind: 'io', parallelism: concurrency, item }, async () => {
  const n = ++atWork;
  await wait(baseTime() * (1 + ALPHA * (n - 1) + BETA * n * (n - 1)));
  atWork--;
});
const store = p.stage('store', { kind: 'sink', item }, (it) => meter.done(it));

new Lanes(1, async () => listed.put(list()));
const demuxers = new Lanes(concurrency, async () => {
  const it = await listed.take();
  await demux(it);
  store(it);
});

p.knob('demux concurrency', {
  kind: 'parallelism',
  stage: 'demux',
  value: concurrency,
  min: 1,
  max: 16,
  apply: (value) => demuxers.resize(value),
});
