// 9: a source that is on for 200 ms and off for 200 ms, and a queue that carries its items over. receive --> [inbox] --> handle
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { lognormal, waiter } from './times.mjs';

const ON_MS = 200;
const PERIOD_MS = 400;
/** While it is on; twice what `handle` can do. */
const RATE_PER_MS = 1.2;
const LANES = 6;
const p = pipeline('bursty');
const meter = new Meter({ byWindow: true });
const depth = setting('inbox depth', 4);
const inbox = new BoundedQueue(p, 'inbox', { capacity: depth, from: 'receive', to: 'handle' });
const time = lognormal(10, 0.25, 14);
const wait = waiter();

const item = ({ id }) => id;
const receive = p.stage('receive', { kind: 'source', parallelism: 1 }, itemMaker());
const handle = p.stage('handle', { kind: 'io', parallelism: LANES, item }, async () =>
  wait(time()),
);

const startMs = performance.now();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Nobody keeps what the sender could not get rid of: it sends the next one when there is room. */
let dueMs = startMs;
new Lanes(1, async () => {
  const nowMs = performance.now();
  const phaseMs = (nowMs - startMs) % PERIOD_MS;
  if (phaseMs >= ON_MS) {
    await sleep(PERIOD_MS - phaseMs);
    dueMs = performance.now();
  } else if (dueMs > nowMs) await sleep(1);
  else {
    dueMs = Math.max(dueMs, nowMs - 2) + 1 / RATE_PER_MS;
    await inbox.put(receive());
  }
});
new Lanes(LANES, async () => {
  const it = await inbox.take();
  await handle(it);
  meter.done(it);
});

p.knob('inbox depth', {
  kind: 'queueDepth',
  queue: 'inbox',
  value: depth,
  min: 1,
  max: 256,
  apply: (value) => {
    inbox.capacity = value;
  },
});
