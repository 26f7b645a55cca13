// Twenty tasks through two places, one of them failing; then the same again.
import pLimit from 'p-limit';
import { finish, firstHalfDone, sleep } from './support/halves.js';

const counts = { done: 0, failed: 0, peaks: [0, 0] };
let running = 0;

async function half(limit: ReturnType<typeof pLimit>, index: 0 | 1): Promise<void> {
  const tasks = Array.from({ length: 20 }, (_, i) =>
    limit(async () => {
      counts.peaks[index] = Math.max(counts.peaks[index] ?? 0, ++running);
      await sleep(3);
      running--;
      if (i === 7) throw new Error('seven');
      counts.done++;
    }).catch(() => counts.failed++),
  );
  await Promise.all(tasks);
}

async function main(): Promise<void> {
  const readLimit = pLimit(2); // @limit
  await half(readLimit, 0);
  await firstHalfDone();
  await half(readLimit, 1);
  finish(counts);
}

void main();
