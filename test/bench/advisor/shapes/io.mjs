// 2 and 17: one slow stage that asks a service, which serves 16 at once. list --> fetch --> store
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { Service } from './service.mjs';
import { lognormal } from './times.mjs';

const p = pipeline('io');
const meter = new Meter();
const service = new Service({ atOnce: 16, strain: 0.01 });
const duration = lognormal(20, 0.25, 2);
const concurrency = setting('fetch concurrency', 4);
const listed = new BoundedQueue(p, 'listed', { capacity: 64, from: 'list', to: 'fetch' });
const fetched = new BoundedQueue(p, 'fetched', { capacity: 64, from: 'fetch', to: 'store' });

const item = ({ id }) => id;
const list = p.stage('list', { kind: 'source', parallelism: 1 }, itemMaker());
const fetch = p.stage('fetch', { kind: 'io', parallelism: concurrency, item }, async () =>
  service.serve(duration()),
);
const store = p.stage('store', { kind: 'sink', parallelism: 1, item }, (it) => meter.done(it));

new Lanes(1, async () => listed.put(list()));
const fetchers = new Lanes(concurrency, async () => {
  const it = await listed.take();
  await fetch(it);
  await fetched.put(it);
});
new Lanes(1, async () => store(await fetched.take()));

p.knob('fetch concurrency', {
  kind: 'parallelism',
  stage: 'fetch',
  value: concurrency,
  min: 1,
  max: 64,
  apply: (value) => fetchers.resize(value),
});
