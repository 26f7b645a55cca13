// A program that names everything after its requests: queues, stages, knobs, spans and pipelines, as many as it is told.
// Prints how much memory the second half has taken, with the collector run before each look (--expose-gc).
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { pipeline } from 'sluice';

const half = Number(process.argv[2]) / 2;
const p = pipeline('requests');
let requests = 0;

async function serve(from, to) {
  for (let i = from; i < to; i++) {
    const queue = p.queue(`queue ${i}`);
    queue.depth(1);
    p.stage(`stage ${i}`, () => undefined)();
    p.knob(`knob ${i}`, {
      kind: 'batchSize',
      queue: `queue ${i}`,
      value: i,
      min: 0,
      apply: () => queue,
    });
    p.span(`span ${i}`, () => undefined);
    pipeline(`pipeline ${i}`);
    queue.depth(0);
    const own = new PQueue({ concurrency: 1 });
    await own.add(() => requests++);
    if (i % 500 === 0) await sleep(1);
  }
}

async function heapBytes() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await sleep(10);
  }
  return process.memoryUsage().heapUsed;
}

await serve(0, half);
const before = await heapBytes();
await serve(half, 2 * half);
const grownBytes = (await heapBytes()) - before;

const late = p.stage('late', () => undefined);
for (let i = 0; i < 100; i++) late();
console.log(JSON.stringify({ requests, grownBytes }));
