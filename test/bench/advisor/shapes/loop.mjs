// 12: an async stage that computes on the main thread, so that doing more of it at once is of no use. list --> render
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { compute, lognormal } from './times.mjs';

const p = pipeline('loop');
const meter = new Meter();
const concurrency = setting('render concurrency', 4);
const listed = new BoundedQueue(p, 'listed', { capacity: 32, from: 'list', to: 'render' });
const cost = lognormal(1, 0.3, 18);
const turn = () => new Promise((resolve) => setImmediate(resolve));

const item = ({ id }) => id;
const list = p.stage('list', { kind: 'source', parallelism: 1 }, itemMaker());
/** Reads a template, fills it in, and hands it on: three turns of the event loop, most of it computing. */
const render = p.stage('render', { kind: 'io', parallelism: concurrency, item }, async () => {
  await turn();
  const costMs = cost();
  compute(costMs);
  await turn();
  compute(costMs);
});

new Lanes(1, async () => listed.put(list()));
const renderers = new Lanes(concurrency, async () => {
  const it = await listed.take();
  await render(it);
  meter.done(it);
});

p.knob('render concurrency', {
  kind: 'parallelism',
  stage: 'render',
  value: concurrency,
  min: 1,
  max: 32,
  apply: (value) => renderers.resize(value),
});
