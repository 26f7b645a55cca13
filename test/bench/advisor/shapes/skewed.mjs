// 8: items go to workers by key, and six of ten have the same key. list --> enrich (a worker for each part of the keys)
import { Worker } from 'node:worker_threads';
import { pipeline } from 'sluice';
import { BoundedQueue, itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { lognormal, randomRow } from './times.mjs';

const HOT_SHARE = 0.6;
const KEYS = 1000;
/** Messages under way to one worker at most. */
const WINDOW = 8;
const p = pipeline('skewed');
const meter = new Meter();
const count = setting('enrich workers', 4);
const listed = new BoundedQueue(p, 'listed', { capacity: 16, from: 'list', to: 'enrich' });
const random = randomRow(12);
const time = lognormal(2.5, 0.25, 13);

class Part {
  #worker = new Worker(new URL('./workers/enrich.mjs', import.meta.url));
  #sent = new Map();
  #wake = () => {};

  constructor() {
    this.#worker.on('message', (id) => {
      meter.done(this.#sent.get(id));
      this.#sent.delete(id);
      this.#wake();
    });
  }

  async send(item) {
    while (this.#sent.size >= WINDOW) await new Promise((resolve) => (this.#wake = resolve));
    this.#sent.set(item.id, item);
    this.#worker.postMessage({ id: item.id, durationMs: time() });
  }

  async end() {
    while (this.#sent.size > 0) await new Promise((resolve) => (this.#wake = resolve));
    await this.#worker.terminate();
  }
}

/** The hot key has a worker of its own; the others share the rest. */
const partOf = ({ key }) => (key === 0 || parts.length === 1 ? 0 : 1 + (key % (parts.length - 1)));

let parts = Array.from({ length: count }, () => new Part());
const make = itemMaker();
const list = p.stage('list', { kind: 'source', parallelism: 1 }, () => {
  const key = random() < HOT_SHARE ? 0 : 1 + Math.floor(random() * (KEYS - 1));
  return { ...make(), key };
});

new Lanes(1, async () => listed.put(list()));
new Lanes(1, async () => {
  const item = await listed.take();
  await parts[partOf(item)].send(item);
});

p.knob('enrich workers', {
  kind: 'parallelism',
  stage: 'enrich',
  value: count,
  min: 1,
  max: 8,
  apply: (value) => {
    const surplus = parts.slice(value);
    parts = Array.from({ length: value }, (_, i) => parts[i] ?? new Part());
    for (const part of surplus) void part.end();
  },
});
