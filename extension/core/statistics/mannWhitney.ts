/**
 * Is one of two samples shifted against the other? Ranks alone count, so neither outliers nor the shape of the distribution
 * matter (Mann and Whitney, Annals of Mathematical Statistics 18, 1947).
 */
import { NORMAL_95, normalTail } from './normal.js';

/** Up to so many values a side the distribution is counted out; above, the normal one is as good. */
const MAX_EXACT = 30;

export interface MannWhitney {
  /** Pairs in which the value of `a` is the greater, ties counted half. */
  readonly u: number;
  /** Two-sided: how likely a difference at least so large is when both samples are of one kind. 1 without values. */
  readonly p: number;
}

/**
 * Compares two samples. Up to 30 values a side p is exact, also with ties: the share of all ways to deal the pooled ranks
 * into two hands of these sizes whose rank sum is as far from its mean. Beyond, the normal approximation with correction for
 * ties and continuity (Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, section 4.1).
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): MannWhitney {
  const n = a.length;
  const m = b.length;
  if (n === 0 || m === 0) return { u: 0, p: 1 };
  const { doubledRanks, tieTerm } = rank([...a, ...b]);
  const doubledSum = doubledRanks.slice(0, n).reduce((sum, r) => sum + r, 0);
  const u = doubledSum / 2 - (n * (n + 1)) / 2;
  if (n <= MAX_EXACT && m <= MAX_EXACT) return { u, p: exact(doubledRanks, n, doubledSum) };
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - tieTerm / (total * (total - 1)));
  if (variance <= 0) return { u, p: 1 };
  const z = Math.max(Math.abs(u - (n * m) / 2) - 0.5, 0) / Math.sqrt(variance);
  return { u, p: Math.min(2 * normalTail(z), 1) };
}

/** Twice the rank of each value, so that the mean ranks of ties are whole, and the sum of t^3 - t over groups of t ties. */
function rank(values: readonly number[]): { doubledRanks: number[]; tieTerm: number } {
  const order = values.map((value, at) => ({ value, at })).sort((x, y) => x.value - y.value);
  const doubledRanks = new Array<number>(values.length).fill(0);
  let tieTerm = 0;
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && order[to]?.value === order[from]?.value) to++;
    for (const { at } of order.slice(from, to)) doubledRanks[at] = from + to + 1;
    tieTerm += (to - from) ** 3 - (to - from);
    from = to;
  }
  return { doubledRanks, tieTerm };
}

/** The share of hands of `n` ranks whose sum is as far from its mean as `observed`, or farther. */
function exact(doubledRanks: readonly number[], n: number, observed: number): number {
  const ways = handsBySum(doubledRanks, n);
  const middle = n * (doubledRanks.length + 1);
  const distance = Math.abs(observed - middle);
  let all = 0;
  let beyond = 0;
  ways.forEach((count, sum) => {
    all += count;
    if (Math.abs(sum - middle) >= distance) beyond += count;
  });
  return Math.min(beyond / all, 1);
}

/** In how many ways `n` of the numbers add up to each sum. Additions only, so large counts lose no more than rounding. */
function handsBySum(numbers: readonly number[], n: number): Float64Array {
  const maxSum = numbers.reduce((sum, r) => sum + r, 0);
  const hands = Array.from({ length: n + 1 }, () => new Float64Array(maxSum + 1));
  const [none] = hands;
  if (none !== undefined) none[0] = 1;
  numbers.forEach((number, seen) => {
    for (let k = Math.min(n, seen + 1); k >= 1; k--) {
      const into = hands[k];
      const from = hands[k - 1];
      if (into === undefined || from === undefined) continue;
      for (let sum = number; sum <= maxSum; sum++) {
        into[sum] = (into[sum] ?? 0) + (from[sum - number] ?? 0);
      }
    }
  });
  return hands[n] ?? new Float64Array();
}

/**
 * How many of the smallest of the n x m pairwise differences lie below the 95 % interval of the shift, and as many above it:
 * the largest k with P(U < k) <= 2.5 %. -1: so few values that no interval has 95 %.
 */
export function differencesOutside(n: number, m: number): number {
  const total = n + m;
  if (n > MAX_EXACT || m > MAX_EXACT) {
    return Math.floor((n * m) / 2 - NORMAL_95 * Math.sqrt((n * m * (total + 1)) / 12)) - 1;
  }
  const ranks = Array.from({ length: total }, (_, i) => i + 1);
  const ways = handsBySum(ranks, n);
  const all = ways.reduce((sum, count) => sum + count, 0);
  const least = (n * (n + 1)) / 2;
  let below = 0;
  for (let u = 0; u <= n * m; u++) {
    below += (ways[least + u] ?? 0) / all;
    if (below > 0.025) return u - 1;
  }
  return -1;
}
