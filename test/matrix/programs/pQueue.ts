// Twenty tasks through two slots with a producer that waits for room, one of them failing; then the same again.
import PQueue from 'p-queue';
import { finish, firstHalfDone, sleep } from './support/halves.js';

const counts = { done: 0, failed: 0, peaks: [0, 0] };
let running = 0;

async function half(queue: PQueue, index: 0 | 1): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await queue.onSizeLessThan(6); // @limit
    const task = queue.add(async () => {
      counts.peaks[index] = Math.max(counts.peaks[index] ?? 0, ++running);
      await sleep(3);
      running--;
      if (i === 7) throw new Error('seven');
      counts.done++;
    });
    task.catch(() => counts.failed++);
  }
  await queue.onIdle();
}

async function main(): Promise<void> {
  const readQueue = new PQueue({ concurrency: 2 }); // @queue
  await half(readQueue, 0);
  await firstHalfDone();
  await half(readQueue, 1);
  finish({ ...counts, concurrency: readQueue.concurrency });
}

void main();
