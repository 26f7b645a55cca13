// Has never heard of Sluice: p-queue in front of a Piscina pool. Prints what it did.
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { Piscina } from 'piscina';

const counts = { fetched: 0, summed: 0, total: 0 };
const queue = new PQueue({ concurrency: 3 });
const pool = new Piscina({
  filename: fileURLToPath(new URL('sum.mjs', import.meta.url)),
  minThreads: 2,
  maxThreads: 2,
});

const fetched = Array.from({ length: 137 }, (_, i) =>
  queue.add(async () => {
    await sleep(1);
    counts.fetched++;
    return i;
  }),
);
for (const [i, job] of fetched.entries()) {
  const limit = await job;
  if (i >= 61) continue;
  counts.total += await pool.run(limit);
  counts.summed++;
}
await pool.close();
console.log(JSON.stringify(counts));
console.error('done');
