// Runs until it is told to end, and answers questions: one command a line on stdin, one line of JSON back. It works all the
// time: a stage, a queue that is never empty, an execution that lasts from one command to the next, a pool if asked for.
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pipeline } from 'sluice';

const p = pipeline('attachable');
const counts = { step: 0, summed: 0 };
let finishLong = () => undefined;
let isOver = false;

const step = p.stage('step', { kind: 'cpu', parallelism: 1 }, (n) => {
  counts.step++;
  return n + 1;
});
const long = p.stage('long', () => new Promise((resolve) => (finishLong = resolve)));
const queue = p.queue('waiting', { capacity: 10, from: 'step', to: 'long' });
const size = p.knob('size', {
  kind: 'batchSize',
  stage: 'step',
  value: 3,
  min: 1,
  max: 9,
  apply: () => undefined,
});

async function work() {
  for (let n = 0; !isOver; n = step(n)) {
    queue.depth(1 + (n % 3));
    await sleep(2);
  }
}

async function pool() {
  const { Piscina } = await import('piscina');
  const filename = fileURLToPath(new URL('sum.mjs', import.meta.url));
  const piscina = new Piscina({ filename, minThreads: 1, maxThreads: 1 });
  while (!isOver) {
    await piscina.run(10);
    counts.summed++;
  }
  await piscina.destroy();
}

const commands = {
  state: () => ({
    counts: { ...counts },
    threads: readdirSync('/proc/self/task').length,
    resources: process.getActiveResourcesInfo().sort(),
    arrayBuffers: process.memoryUsage().arrayBuffers,
    listeners: ['exit', 'SIGUSR2', 'worker', 'newListener'].map((e) => process.listenerCount(e)),
  }),
  knob: () => {
    size.set(5);
    return { value: size.value };
  },
  beginLong: () => {
    void long();
    return {};
  },
  endLong: () => {
    finishLong();
    return {};
  },
  block: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
    return {};
  },
  gc: () => {
    globalThis.gc?.();
    return {};
  },
};

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  if (line === 'end') {
    isOver = true;
    finishLong();
    input.close();
    process.stdin.destroy();
  } else console.log(JSON.stringify(commands[line]()));
});
const pooled = process.argv.includes('pool') ? pool() : undefined;
console.log('{}');
await work();
await pooled;
console.log('bye');
process.exitCode = 7;
