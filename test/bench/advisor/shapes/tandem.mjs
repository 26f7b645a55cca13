// 3: two equal stages whose times vary a lot, and a queue between them. read --> parse --> [parsed] --> index
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { exponential, waiter } from './times.mjs';

const p = pipeline('tandem');
const meter = new Meter();
const depth = setting('parsed depth', 1);
const read = new BoundedQueue(p, 'read', { capacity: 4, from: 'list', to: 'parse' });
const parsed = new BoundedQueue(p, 'parsed', { capacity: depth, from: 'parse', to: 'index' });
const parseTime = exponential(5, 3);
const indexTime = exponential(5, 4);
const [parseWait, indexWait] = [waiter(), waiter()];

const item = ({ id }) => id;
const list = p.stage('list', { kind: 'source', parallelism: 1 }, itemMaker());
const parse = p.stage('parse', { kind: 'io', parallelism: 1, item }, async () =>
  parseWait(parseTime()),
);
const index = p.stage('index', { kind: 'io', parallelism: 1, item }, async () =>
  indexWait(indexTime()),
);

new Lanes(1, async () => read.put(list()));
new Lanes(1, async () => {
  const it = await read.take();
  await parse(it);
  await parsed.put(it);
});
new Lanes(1, async () => {
  const it = await parsed.take();
  await index(it);
  meter.done(it);
});

p.knob('parsed depth', {
  kind: 'queueDepth',
  queue: 'parsed',
  value: depth,
  min: 0,
  max: 64,
  apply: (value) => {
    parsed.capacity = value;
  },
});
