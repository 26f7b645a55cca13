// 6: a fast pool and a slow one on the same cores. list --> decode (1 ms) --> [decoded] --> encode (3 ms)
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes } from './flow.mjs';
import { Meter } from './meter.mjs';
import { IN_FLIGHT, threadPool } from './pool.mjs';
import { lognormal } from './times.mjs';

const p = pipeline('robbed');
const meter = new Meter();
const listed = new BoundedQueue(p, 'listed', { capacity: 16, from: 'list', to: 'decode' });
const decoded = new BoundedQueue(p, 'decoded', { capacity: 32, from: 'decode', to: 'encode' });
const decoding = threadPool('decode.mjs', { key: 'decode maxThreads', threads: 3 });
const encoding = threadPool('encode.mjs', { key: 'encode maxThreads', threads: 1 });
const decodeCost = lognormal(1, 0.3, 8);
const encodeCost = lognormal(3, 0.3, 9);

const list = p.stage('list', { kind: 'source', parallelism: 1 }, itemMaker());

new Lanes(1, async () => listed.put(list()));
new Lanes(IN_FLIGHT / 2, async () => {
  const item = await listed.take();
  await decoding.run({ id: item.id, costMs: decodeCost() });
  await decoded.put(item);
});
new Lanes(IN_FLIGHT / 2, async () => {
  const item = await decoded.take();
  await encoding.run({ id: item.id, costMs: encodeCost() });
  meter.done(item);
});
