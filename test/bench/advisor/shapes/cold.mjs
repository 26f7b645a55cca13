// 14: workers that need three seconds before they do anything. list --> infer (a pool) --> store
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes } from './flow.mjs';
import { Meter } from './meter.mjs';
import { IN_FLIGHT, threadPool } from './pool.mjs';
import { lognormal } from './times.mjs';

const p = pipeline('cold');
const meter = new Meter();
const listed = new BoundedQueue(p, 'listed', { capacity: 16, from: 'list', to: 'infer' });
const inferring = threadPool('infer.mjs', { threads: 1 });
const cost = lognormal(3, 0.3, 20);

const list = p.stage('list', { kind: 'source', parallelism: 1 }, itemMaker());
const store = p.stage('store', { kind: 'sink' }, (item) => meter.done(item));

new Lanes(1, async () => listed.put(list()));
new Lanes(IN_FLIGHT, async () => {
  const item = await listed.take();
  await inferring.run({ id: item.id, costMs: cost() });
  store(item);
});
