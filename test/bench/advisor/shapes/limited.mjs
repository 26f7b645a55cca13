// 7: a sink that may be asked 25 times in 100 ms and no more. list --> fetch --> publish (p-queue)
import PQueue from 'p-queue';
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { lognormal, waiter } from './times.mjs';

const p = pipeline('limited');
const meter = new Meter({ byWindow: true });
const concurrency = setting('fetch concurrency', 4);
const listed = new BoundedQueue(p, 'listed', { capacity: 16, from: 'list', to: 'fetch' });
const publish = new PQueue({
  concurrency: setting('concurrency', 8),
  interval: 100,
  intervalCap: 25,
  strict: true,
});
const fetchTime = lognormal(8, 0.3, 10);
const publishTime = lognormal(6, 0.3, 11);
const [fetchWait, publishWait] = [waiter(), waiter()];

const list = p.stage('list', { kind: 'source', parallelism: 1 }, itemMaker());
const fetch = p.stage('fetch', { kind: 'io', parallelism: concurrency }, async () =>
  fetchWait(fetchTime()),
);

new Lanes(1, async () => listed.put(list()));
const fetchers = new Lanes(concurrency, async () => {
  const item = await listed.take();
  await fetch(item);
  await publish.onSizeLessThan(16);
  void publish.add(async () => {
    await publishWait(publishTime());
    meter.done(item);
  });
});

p.knob('fetch concurrency', {
  kind: 'parallelism',
  stage: 'fetch',
  value: concurrency,
  min: 1,
  max: 32,
  apply: (value) => fetchers.resize(value),
});
