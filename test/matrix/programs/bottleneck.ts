// Twenty jobs through two places, one of them failing; then the same again.
import Bottleneck from 'bottleneck';
import { finish, firstHalfDone, sleep } from './support/halves.js';

const counts = { done: 0, failed: 0, peaks: [0, 0] };
let running = 0;

async function half(limiter: Bottleneck, index: 0 | 1): Promise<void> {
  const jobs = Array.from({ length: 20 }, (_, n) =>
    limiter
      .schedule(async () => {
        counts.peaks[index] = Math.max(counts.peaks[index] ?? 0, ++running);
        await sleep(60);
        running--;
        if (n === 7) throw new Error('seven');
        counts.done++;
      })
      .catch(() => counts.failed++),
  );
  await Promise.all(jobs);
}

async function main(): Promise<void> {
  const readLimiter = new Bottleneck({ maxConcurrent: 2 }); // @limiter
  await half(readLimiter, 0);
  await firstHalfDone();
  // A setting takes a turn of the event loop to be in force.
  await sleep(50);
  await half(readLimiter, 1);
  finish(counts);
}

void main();
