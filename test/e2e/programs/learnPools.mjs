// p-limit in front of a Piscina pool, which is made first.
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { Piscina } from 'piscina';

const pool = new Piscina({
  filename: fileURLToPath(new URL('sum.mjs', import.meta.url)),
  minThreads: 2,
  maxThreads: 2,
});
const fetching = pLimit(4);
const one = async (n) => {
  const size = await fetching(async () => {
    await sleep(2);
    return n;
  });
  return pool.run(size);
};
await Promise.all(Array.from({ length: 40 }, (_, n) => one(n)));
await pool.close();
