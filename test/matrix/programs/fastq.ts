// Twenty tasks through two places, one of them failing; then the same again.
import fastq from 'fastq';
import { finish, firstHalfDone } from './support/halves.js';

const counts = { done: 0, failed: 0, peaks: [0, 0] };
let running = 0;
let index = 0;

function read(n: number, done: (error: Error | null) => void): void {
  counts.peaks[index] = Math.max(counts.peaks[index] ?? 0, ++running);
  setTimeout(() => {
    running--;
    done(n === 7 ? new Error('seven') : null);
  }, 3);
}

async function half(queue: fastq.queue<number>): Promise<void> {
  const tasks = Array.from(
    { length: 20 },
    (_, n) =>
      new Promise<void>((resolve) => {
        queue.push(n, (error) => {
          if (error) counts.failed++;
          else counts.done++;
          resolve();
        });
      }),
  );
  await Promise.all(tasks);
}

async function main(): Promise<void> {
  const readQueue = fastq(read, 2); // @queue
  await half(readQueue);
  await firstHalfDone();
  index = 1;
  await half(readQueue);
  finish({ ...counts, concurrency: readQueue.concurrency });
}

void main();
