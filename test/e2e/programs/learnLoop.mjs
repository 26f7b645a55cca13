// A loop, one item after the other: the way back is seen once less than the way there.
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'sluice';

const p = pipeline('loop');
const store = p.stage('store', async () => sleep(1));
const load = p.stage('load', async (n) => {
  await sleep(1);
  return n;
});
for (let n = 0; n < 30; n++) await store(await load(n));
