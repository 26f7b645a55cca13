/**
 * Three threads that compute, each in a stage and in a function of its own: the main thread between timers, a worker that
 * never lets its event loop turn, and one that sleeps in `Atomics.wait` between its tasks. Ends with its standard input.
 */
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
// Becomes `sluice` when the test builds it.
import { pipeline } from '../../../agent/src/index.js';

interface Shared {
  readonly task: 'grind' | 'doze';
  /** Word 0: 1 when all is over. Word 1: counts what wakes the sleeper. */
  readonly words: Int32Array;
}

const p = pipeline('sampled');

function compute(ms: number): number {
  const end = performance.now() + ms;
  let sum = 0;
  while (performance.now() < end) for (let i = 0; i < 2000; i++) sum += Math.sqrt(i);
  return sum;
}

function busyHash(): number {
  return compute(4);
}

function busyGrind(): number {
  return compute(4);
}

function busyDoze(): number {
  return compute(4);
}

function work({ task, words }: Shared): void {
  const run = p.stage(task, { kind: 'cpu' }, task === 'grind' ? busyGrind : busyDoze);
  while (Atomics.load(words, 0) === 0) {
    if (task === 'doze') Atomics.wait(words, 1, Atomics.load(words, 1));
    run();
  }
}

function main(): void {
  const words = new Int32Array(new SharedArrayBuffer(8));
  for (const task of ['grind', 'doze'] as const) {
    new Worker(fileURLToPath(import.meta.url), { workerData: { task, words } });
  }
  const hash = p.stage('hash', { kind: 'cpu' }, busyHash);
  const timer = setInterval(() => {
    hash();
    Atomics.add(words, 1, 1);
    Atomics.notify(words, 1);
  }, 10);
  process.stdin.on('data', () => undefined);
  process.stdin.once('end', () => {
    clearInterval(timer);
    Atomics.store(words, 0, 1);
    Atomics.add(words, 1, 1);
    Atomics.notify(words, 1);
    console.log('done');
  });
}

if (isMainThread) main();
else work(workerData as Shared);
