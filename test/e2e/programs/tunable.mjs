// A p-queue that works until somebody from outside has set its concurrency to 8.
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';

const queue = new PQueue({ concurrency: 2 });
let running = 0;
let most = 0;
let done = 0;
while (queue.concurrency !== 8 || most < 8) {
  await queue.onSizeLessThan(16);
  void queue.add(async () => {
    most = Math.max(most, ++running);
    await sleep(5);
    running--;
    done++;
  });
}
await queue.onIdle();
console.log(JSON.stringify({ concurrency: queue.concurrency, most, done }));
