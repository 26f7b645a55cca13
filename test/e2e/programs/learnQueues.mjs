// Two p-queues; each item passes both, the second is made first.
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';

const second = new PQueue({ concurrency: 1 });
const first = new PQueue({ concurrency: 3 });
const one = async (n) => {
  const made = await first.add(async () => {
    await sleep(2);
    return n;
  });
  await second.add(() => sleep(1, made));
};
await Promise.all(Array.from({ length: 40 }, (_, n) => one(n)));
