// Prints how many stores of async context are in use in the process: while links are learned, and when that is over.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { pipeline } from 'sluice';

const { getHookArrays } = createRequire(import.meta.url)('internal/async_hooks');
const inUse = () => getHookArrays()[0].length;
const p = pipeline('ends');
const read = p.stage('read', async (n) => n);
const parse = p.stage('parse', (n) => n);
const queue = new PQueue({ concurrency: 1 });
console.log('before', inUse());
await read(0);
console.log('learning', inUse());
let open = () => undefined;
const gate = new Promise((resolve) => (open = resolve));
queue.add(() => gate);
// Handed over while it learns, run later.
const late = queue.add(() => sleep(1));
for (let n = 0; n < 1200; n++) parse(await read(n));
const until = Date.now() + 60_000;
while (inUse() > 0 && Date.now() < until) await sleep(20);
console.log('over', inUse());
open();
await late;
await read(1);
console.log('later', inUse());
