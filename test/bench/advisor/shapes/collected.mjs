// 10: a stage whose threads spend much of their time in garbage collections. list --> parse (a pool) --> store
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes } from './flow.mjs';
import { Meter } from './meter.mjs';
import { IN_FLIGHT, threadPool } from './pool.mjs';
import { lognormal } from './times.mjs';

const p = pipeline('collected');
const meter = new Meter();
const listed = new BoundedQueue(p, 'listed', { capacity: 16, from: 'list', to: 'parse' });
const parsing = threadPool('parse.mjs', { threads: 1 });
const size = lognormal(3000, 0.3, 15);

const list = p.stage('list', { kind: 'source', parallelism: 1 }, itemMaker());
const store = p.stage('store', { kind: 'sink' }, (item) => meter.done(item));

new Lanes(1, async () => listed.put(list()));
new Lanes(IN_FLIGHT, async () => {
  const item = await listed.take();
  await parsing.run({ id: item.id, lines: Math.round(size()) });
  store(item);
});
