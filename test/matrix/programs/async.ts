// Twenty tasks through two places, one of them failing, batches of four, and a map with a limit; then the same again.
import async from 'async';
import { finish, firstHalfDone, sleep } from './support/halves.js';

const counts = { done: 0, failed: 0, peaks: [0, 0], rows: 0, doubled: 0 };
let running = 0;
let index = 0;

function read(n: number, done: (error?: Error | null) => void): void {
  counts.peaks[index] = Math.max(counts.peaks[index] ?? 0, ++running);
  setTimeout(() => {
    running--;
    done(n === 7 ? new Error('seven') : null);
  }, 3);
}

async function double(n: number): Promise<number> {
  await sleep(3);
  return n * 2;
}

async function main(): Promise<void> {
  const readQueue = async.queue(read, 2); // @queue
  const storeCargo = async.cargo((rows: number[], done: () => void) => {
    counts.rows += rows.length;
    setTimeout(done, 3);
  }, 4); // @cargo
  for (index = 0; index < 2; index++) {
    if (index === 1) await firstHalfDone();
    for (let n = 0; n < 20; n++) {
      readQueue.push(n, (error) => {
        if (error) counts.failed++;
        else counts.done++;
      });
      void storeCargo.push(n);
    }
    const numbers = [1, 2, 3, 4, 5];
    const doubled = await async.mapLimit<number, number>(numbers, 2, double); // @map
    counts.doubled += doubled.length;
    if (!readQueue.idle()) await readQueue.drain();
    if (!storeCargo.idle()) await storeCargo.drain();
  }
  finish(counts);
}

void main();
