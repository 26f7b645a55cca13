// A pipeline of two stages that wait, with a queue between them: what is compared. How it is set comes from the environment.
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const items = number('ITEMS', 100);
const loadMs = number('LOAD_MS', 4);
const resizeMs = number('RESIZE_MS', 16);
const pool = number('POOL', 4);
const capacity = number('CAPACITY', 8);

const images = pipeline('images');
const load = images.stage('load', { kind: 'io', parallelism: 2 }, async () => sleep(loadMs));
const resize = images.stage('resize', { kind: 'io', parallelism: pool }, async () =>
  sleep(resizeMs),
);
const queue = images.queue('loaded', { capacity, from: 'load', to: 'resize' });

let started = 0;
let loading = 0;
const loaded = [];
const waiting = new Set();
const changed = async () => new Promise((resolve) => waiting.add(resolve));
function wake() {
  queue.depth(loaded.length);
  for (const resolve of waiting) resolve();
  waiting.clear();
}
async function loader() {
  loading++;
  while (started < items) {
    const item = started++;
    await load(item);
    while (loaded.length >= capacity) await changed();
    loaded.push(item);
    wake();
  }
  loading--;
  wake();
}
async function resizer() {
  for (;;) {
    while (loaded.length === 0 && loading > 0) await changed();
    const item = loaded.shift();
    if (item === undefined) return;
    wake();
    await resize(item);
  }
}
const loaders = [loader(), loader()];
await Promise.all([...loaders, ...Array.from({ length: pool }, resizer)]);
