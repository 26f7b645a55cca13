// A worker that loads its model for three seconds before it can do anything.
import { setTimeout as sleep } from 'node:timers/promises';
import { compute } from '../times.mjs';

await sleep(Number(process.env.COLD_START_MS ?? 3000));

export default ({ id, costMs }) => {
  compute(costMs);
  return id;
};
