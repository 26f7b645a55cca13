// Twelve jobs, one of them failing; then the same again. REDIS_SOCKET says where the server is.
import { Queue, Worker, type Processor } from 'bullmq';
import { finish, firstHalfDone, sleep } from './support/halves.js';

const counts = { done: 0, failed: 0, peaks: [0, 0] };
let running = 0;

async function half(queue: Queue, worker: Worker): Promise<void> {
  const over = new Promise<void>((resolve) => {
    let left = 12;
    const one = (): void => {
      if (--left === 0) resolve();
    };
    worker.on('completed', one).on('failed', one);
  });
  await queue.addBulk(Array.from({ length: 12 }, (_, i) => ({ name: 'wall', data: i })));
  await over;
  worker.removeAllListeners('completed').removeAllListeners('failed');
}

async function main(): Promise<void> {
  const connection = { path: process.env['REDIS_SOCKET'] ?? '' };
  let index: 0 | 1 = 0;
  const queue = new Queue('paint', { connection });
  const paint: Processor<number> = async ({ data }) => {
    counts.peaks[index] = Math.max(counts.peaks[index] ?? 0, ++running);
    await sleep(20);
    running--;
    if (data === 5) {
      counts.failed++;
      throw new Error('five');
    }
    counts.done++;
  };
  const worker = new Worker('paint', paint, { connection, concurrency: 2 }); // @worker
  await half(queue, worker);
  await firstHalfDone();
  index = 1;
  await half(queue, worker);
  await queue.obliterate({ force: true });
  await worker.close();
  await queue.close();
  finish(counts);
}

void main();
