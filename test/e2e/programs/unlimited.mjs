// A p-queue without a limit that works until SIGTERM; then it says what its limit is.
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';

const queue = new PQueue();
let isOver = false;
process.on('SIGTERM', () => {
  isOver = true;
});
while (!isOver) {
  await queue.onSizeLessThan(4);
  for (let i = 0; i < 4; i++) void queue.add(async () => sleep(10));
  await sleep(10);
}
await queue.onIdle();
console.log(JSON.stringify({ concurrency: String(queue.concurrency) }));
