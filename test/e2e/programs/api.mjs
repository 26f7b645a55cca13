// Uses the API: a synchronous and an asynchronous stage with a queue between them. Prints what it did and exits with 3.
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const numbers = pipeline('numbers');
const counts = { squared: 0, stored: 0, failed: 0, sum: 0 };

const square = numbers.stage('square', { kind: 'cpu', parallelism: 1 }, (n) => {
  counts.squared++;
  return n * n;
});
const store = numbers.stage('store', { kind: 'io', parallelism: 4 }, async (n) => {
  await sleep(1);
  if (n % 7 === 0) throw new Error('refused');
  counts.stored++;
  counts.sum += n;
});
const queue = numbers.queue('squares', { capacity: 16, from: 'square', to: 'store' });

const waiting = [];
async function worker() {
  for (let n = waiting.shift(); n !== undefined; n = waiting.shift()) {
    queue.depth(waiting.length);
    await store(n).catch(() => counts.failed++);
  }
}
for (let n = 1; n <= 150; n++) {
  waiting.push(square(n));
  queue.depth(waiting.length);
  if (waiting.length === 15) await Promise.all(Array.from({ length: 4 }, worker));
}
console.log(JSON.stringify(counts));
process.exitCode = 3;
