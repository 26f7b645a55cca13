// 18: a pipeline that cannot be better: its pool has a thread for each core. fetch --> [fetched] --> decode (a pool)
import os from 'node:os';
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { IN_FLIGHT, threadPool } from './pool.mjs';
import { lognormal, waiter } from './times.mjs';

const p = pipeline('optimal');
const meter = new Meter();
const concurrency = setting('fetch concurrency', 12);
const fetched = new BoundedQueue(p, 'fetched', { capacity: 32, from: 'fetch', to: 'decode' });
const decoding = threadPool('decode.mjs', { threads: os.availableParallelism() });
const fetchTime = lognormal(9, 0.3, 26);
// Long enough that handing a task over, which another thread could fill, is no matter.
const cost = lognormal(6, 0.3, 27);
const wait = waiter();
const make = itemMaker();

const fetch = p.stage('fetch', { kind: 'io', parallelism: concurrency }, async () => {
  await wait(fetchTime());
  return make();
});

const fetchers = new Lanes(concurrency, async () => fetched.put(await fetch()));
new Lanes(IN_FLIGHT, async () => {
  const item = await fetched.take();
  await decoding.run({ id: item.id, costMs: cost() });
  meter.done(item);
});

p.knob('fetch concurrency', {
  kind: 'parallelism',
  stage: 'fetch',
  value: concurrency,
  min: 1,
  max: 32,
  apply: (value) => fetchers.resize(value),
});
