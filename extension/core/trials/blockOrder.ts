/** In which order the blocks of a trial run, and how many there are. */
import type { Random } from '../statistics/random.js';

/** `a`: the setting as it is; `b`: the candidate. */
export type Side = 'a' | 'b';

/** Least blocks of a side: with fewer, four against four, not even the clearest difference has p < 5 %. */
export const MIN_BLOCKS = 4;
const MAX_BLOCKS = 12;

/**
 * Blocks in groups of four, ABBA or BAAB by chance, so that a drift that goes on steadily cancels out; two that are left over
 * are AB or BA.
 */
export function blockOrder(blocksPerSide: number, random: Random): readonly Side[] {
  const order: Side[] = [];
  for (let left = blocksPerSide; left > 0; left -= 2) {
    const [first, second]: [Side, Side] = random.below(2) === 0 ? ['a', 'b'] : ['b', 'a'];
    order.push(...(left === 1 ? [first, second] : [first, second, second, first]));
  }
  return order;
}

/**
 * Blocks of a side that a trial needs after so many others, so that a clear difference can count at all: the least p of n
 * against n is 2 / C(2n, n), and Holm's method multiplies it by the number of trials in the worst case.
 */
export function blocksNeeded(trialsBefore: number, alpha: number): number {
  let ways = 2; // C(2n, n) for n = 1
  for (let n = 1; ; n++) {
    if (n >= MIN_BLOCKS && (2 / ways) * (trialsBefore + 1) <= alpha) return n;
    if (n >= MAX_BLOCKS) return n;
    ways = (ways * (2 * n + 1) * (2 * n + 2)) / ((n + 1) * (n + 1));
  }
}
