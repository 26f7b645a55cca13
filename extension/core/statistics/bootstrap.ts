/**
 * How certain the mean of a series is whose neighbours depend on each other: it is put together anew, again and again, from
 * blocks of itself that are long enough to hold the dependence (moving-block bootstrap: Kunsch, Annals of Statistics 17,
 * 1989). Single values drawn independently would give intervals that are far too narrow.
 */
import type { Interval } from '../report/report.js';
import { mean, quantileOfSorted, type Values } from './quantile.js';
import { Random } from './random.js';

const MAX_REPLICATES = 10_000;

/**
 * Values a block should have: (sqrt(6) r / (1 - r^2))^(2/3) n^(1/3) for the correlation r of neighbours, the best length for
 * a first-order autoregressive series (Politis and White, Econometric Reviews 23, 2004, with its spectrum in closed form;
 * Andrews 1991). At least 1, at most a third of the series and 3 sqrt(n).
 */
export function blockLengthFor(values: Values): number {
  const { length } = values;
  if (length < 4) return 1;
  const r = Math.min(Math.abs(correlationOfNeighbours(values)), 0.99);
  const best = ((Math.sqrt(6) * r) / (1 - r * r)) ** (2 / 3) * Math.cbrt(length);
  const most = Math.max(Math.floor(Math.min(length / 3, 3 * Math.sqrt(length))), 1);
  return Math.min(Math.max(Math.ceil(best), 1), most);
}

/** Lag-1 autocorrelation, -1..1; 0 for a series that never changes. */
export function correlationOfNeighbours(values: Values): number {
  const middle = mean(values);
  let joint = 0;
  let own = 0;
  for (let i = 0; i < values.length; i++) {
    const off = (values[i] ?? 0) - middle;
    own += off * off;
    if (i > 0) joint += off * ((values[i - 1] ?? 0) - middle);
  }
  return own === 0 ? 0 : joint / own;
}

export interface BootstrapOptions {
  /** How often the series is put together anew, at most 10,000. */
  readonly replicates: number;
  readonly seed: number;
  /** null: as `blockLengthFor` says. */
  readonly blockLength?: number | null;
}

/** Indexes of a series of `length` values, put together anew from blocks of `blockLength` neighbours. */
export function resampledIndexes(length: number, blockLength: number, random: Random): Uint32Array {
  const block = Math.min(Math.max(Math.floor(blockLength), 1), length);
  const indexes = new Uint32Array(length);
  for (let at = 0; at < length;) {
    const start = random.below(length - block + 1);
    for (let i = 0; i < block && at < length; i++) indexes[at++] = start + i;
  }
  return indexes;
}

/** Means of the series put together anew, one a replicate, not sorted; empty without values. */
export function resampledMeans(
  values: Values,
  { replicates, seed, blockLength = null }: BootstrapOptions,
): Float64Array {
  const { length } = values;
  if (length === 0) return new Float64Array();
  const block = Math.min(Math.max(Math.floor(blockLength ?? blockLengthFor(values)), 1), length);
  const sums = runningSums(values);
  const random = new Random(seed);
  const means = new Float64Array(Math.min(Math.max(Math.floor(replicates), 0), MAX_REPLICATES));
  for (let r = 0; r < means.length; r++) {
    let sum = 0;
    for (let left = length; left > 0; left -= block) {
      const start = random.below(length - block + 1);
      sum += (sums[start + Math.min(block, left)] ?? 0) - (sums[start] ?? 0);
    }
    means[r] = sum / length;
  }
  return means;
}

function runningSums(values: Values): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = (sums[i] ?? 0) + (values[i] ?? 0);
  return sums;
}

/** The middle share `coverage` (0.95) of the replicates, and their median (Efron's percentile method). NaN without any. */
export function percentileInterval(values: Values, coverage: number): Interval {
  const sorted = Float64Array.from(values).sort();
  return {
    low: quantileOfSorted(sorted, (1 - coverage) / 2),
    mid: quantileOfSorted(sorted, 0.5),
    high: quantileOfSorted(sorted, (1 + coverage) / 2),
  };
}
