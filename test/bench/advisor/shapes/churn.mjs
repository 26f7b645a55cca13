// 13: bursts of three tasks, and a pool whose threads end as soon as they are idle (Piscina's idleTimeout is 0).
import { Piscina } from 'piscina';
import { pipeline } from 'sluice';
import { itemMaker, Lanes, setting } from './flow.mjs';
import { Meter } from './meter.mjs';
import { lognormal } from './times.mjs';

const BURST = 3;
const p = pipeline('churn');
const meter = new Meter();
const maxThreads = setting('maxThreads', 3);
const decoding = new Piscina({
  filename: new URL('./workers/decode.mjs', import.meta.url).href,
  minThreads: Math.min(setting('minThreads', 1), maxThreads),
  maxThreads,
});
const cost = lognormal(8, 0.2, 19);
const receive = p.stage('receive', { kind: 'source', parallelism: 1 }, itemMaker());

async function decodeOne() {
  const item = receive();
  await decoding.run({ id: item.id, costMs: cost() });
  meter.done(item);
}
new Lanes(1, async () => {
  await Promise.all(Array.from({ length: BURST }, decodeOne));
});
