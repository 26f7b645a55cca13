// 11: a stage that waits until 32 items are there; that it mostly waits is as it should be.
//     list --> fetch --> [fetched] --> pack (of 32) --> upload
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { lognormal, waiter } from './times.mjs';

const PACK = 32;
const p = pipeline('aggregate');
const meter = new Meter();
const concurrency = setting('fetch concurrency', 4);
const listed = new BoundedQueue(p, 'listed', { capacity: 16, from: 'list', to: 'fetch' });
const fetched = new BoundedQueue(p, 'fetched', { capacity: 64, from: 'fetch', to: 'pack' });
const packed = new BoundedQueue(p, 'packed', { capacity: 2, from: 'pack', to: 'upload' });
const fetchTime = lognormal(8, 0.3, 16);
const uploadTime = lognormal(25, 0.1, 17);
const [fetchWait, uploadWait] = [waiter(), waiter()];
const items = (batch) => batch.length;

const list = p.stage('list', { kind: 'source', parallelism: 1 }, itemMaker());
const fetch = p.stage('fetch', { kind: 'io', parallelism: concurrency }, async () =>
  fetchWait(fetchTime()),
);
const pack = p.stage('pack', { kind: 'cpu', parallelism: 1, items }, (batch) =>
  JSON.stringify(batch),
);
const upload = p.stage('upload', { kind: 'sink', parallelism: 1, items }, async () =>
  uploadWait(uploadTime()),
);

new Lanes(1, async () => listed.put(list()));
const fetchers = new Lanes(concurrency, async () => {
  const item = await listed.take();
  await fetch(item);
  await fetched.put(item);
});
new Lanes(1, async () => {
  const batch = await fetched.takeExactly(PACK);
  pack(batch);
  await packed.put(batch);
});
new Lanes(1, async () => {
  const batch = await packed.take();
  await upload(batch);
  meter.done(...batch);
});

p.knob('fetch concurrency', {
  kind: 'parallelism',
  stage: 'fetch',
  value: concurrency,
  min: 1,
  max: 32,
  apply: (value) => fetchers.resize(value),
});
