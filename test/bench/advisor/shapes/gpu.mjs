// 16: a device that works off batches: so long for each launch, and some time for each item. load --> [loaded] --> infer
//     SHAPE=starved: few load, the device waits. SHAPE=launch: small batches, the device is busy with launches.
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { lognormal, waiter } from './times.mjs';

const isStarved = process.env.SHAPE !== 'launch';
const LAUNCH_MS = 8;
const ITEM_MS = isStarved ? 0.5 : 0.4;
const MOST_AT_ONCE = 64;
const p = pipeline('gpu');
const meter = new Meter();
const loaders = setting('load concurrency', isStarved ? 2 : 32);
let batchSize = setting('infer batch', isStarved ? 16 : 2);
const loaded = new BoundedQueue(p, 'loaded', { capacity: 128, from: 'load', to: 'infer' });
const loadTime = lognormal(12, 0.3, 24);
const jitter = lognormal(1, 0.03, 25);
const [loadWait, inferWait] = [waiter(), waiter()];
const make = itemMaker();

const load = p.stage('load', { kind: 'io', parallelism: loaders }, async () => {
  await loadWait(loadTime());
  return make();
});
const infer = p.stage(
  'infer',
  { kind: 'gpu', parallelism: 1, items: (batch) => batch.length },
  async (batch) => inferWait((LAUNCH_MS + ITEM_MS * batch.length) * jitter()),
);

const loading = new Lanes(loaders, async () => loaded.put(await load()));
new Lanes(1, async () => {
  const batch = await loaded.takeExactly(batchSize);
  await infer(batch);
  meter.done(...batch);
});

p.knob('load concurrency', {
  kind: 'parallelism',
  stage: 'load',
  value: loaders,
  min: 1,
  max: 32,
  apply: (value) => loading.resize(value),
});
p.knob('infer batch', {
  kind: 'batchSize',
  stage: 'infer',
  value: batchSize,
  min: 1,
  max: isStarved ? 16 : MOST_AT_ONCE,
  apply: (value) => {
    batchSize = value;
  },
});
