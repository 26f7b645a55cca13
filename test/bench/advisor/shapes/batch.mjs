// 4: a stage that takes items in batches: 20 ms each, and 0.5 ms an item. Memory allows 64. read --> embed (batches)
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { lognormal, waiter } from './times.mjs';

const p = pipeline('batch');
const meter = new Meter();
let batchSize = setting('embed batch', 4);
const read = new BoundedQueue(p, 'read', { capacity: 128, from: 'read', to: 'embed' });
const readTime = lognormal(8, 0.3, 5);
const [readWait, embedWait] = [waiter(), waiter()];
const make = itemMaker();
const jitter = lognormal(1, 0.05, 6);

const readOne = p.stage('read', { kind: 'io', parallelism: 16 }, async () => {
  await readWait(readTime());
  return make();
});
const embed = p.stage(
  'embed',
  { kind: 'io', parallelism: 1, items: (batch) => batch.length },
  async (batch) => embedWait((20 + 0.5 * batch.length) * jitter()),
);

new Lanes(16, async () => read.put(await readOne()));
new Lanes(1, async () => {
  const batch = await read.takeUpTo(batchSize);
  await embed(batch);
  meter.done(...batch);
});

p.knob('embed batch', {
  kind: 'batchSize',
  stage: 'embed',
  value: batchSize,
  min: 1,
  max: 64,
  apply: (value) => {
    batchSize = value;
  },
});
