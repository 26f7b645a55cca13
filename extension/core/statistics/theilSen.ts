/** A straight line through points of which up to 29 % may be wrong. */
import type { Interval } from '../report/report.js';
import { NORMAL_95 } from './normal.js';
import { median, quantileOfSorted } from './quantile.js';

/** Points used; of more, as many that stand evenly in the list. Pairs are half the square of it. */
const MAX_POINTS = 1000;

export interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** 95 % interval of the slope; with few points from the least to the greatest slope of two of them. */
  readonly slopeInterval: Interval;
}

/**
 * The median of the slopes of all pairs of points, and the median of y - slope x (Theil 1950; Sen, Journal of the American
 * Statistical Association 63, 1968, also for ties in x and the interval, which follows from Kendall's tau). null below two
 * different x. Lists of different length: what is beyond the shorter one does not count.
 */
export function theilSen(x: ArrayLike<number>, y: ArrayLike<number>): Line | null {
  const count = Math.min(x.length, y.length);
  const points = thinned(count).map((at) => ({ x: x[at] ?? NaN, y: y[at] ?? NaN }));
  const slopes = slopesOf(points);
  if (slopes.length === 0) return null;
  const slope = quantileOfSorted(slopes, 0.5);
  const half = NORMAL_95 * Math.sqrt(varianceOfTau(points.map((p) => p.x)));
  const low = Math.max(Math.floor((slopes.length - half) / 2), 0);
  return {
    slope,
    intercept: median(points.map((p) => p.y - slope * p.x)),
    slopeInterval: {
      low: slopes[low] ?? NaN,
      mid: slope,
      high: slopes[slopes.length - 1 - low] ?? NaN,
    },
  };
}

function thinned(count: number): readonly number[] {
  const kept = Math.min(count, MAX_POINTS);
  return Array.from({ length: kept }, (_, i) => Math.floor((i * count) / kept));
}

function slopesOf(points: readonly { readonly x: number; readonly y: number }[]): Float64Array {
  const slopes = new Float64Array((points.length * (points.length - 1)) / 2);
  let found = 0;
  points.forEach((a, i) => {
    for (let j = i + 1; j < points.length; j++) {
      const b = points[j];
      if (b !== undefined && a.x !== b.x) slopes[found++] = (b.y - a.y) / (b.x - a.x);
    }
  });
  return slopes.subarray(0, found).sort();
}

/** Variance of the number of pairs in order less those out of order, when y does not depend on x. */
function varianceOfTau(x: readonly number[]): number {
  const sizes = new Map<number, number>();
  for (const value of x) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  const term = (n: number): number => n * (n - 1) * (2 * n + 5);
  const ties = [...sizes.values()].reduce((sum, size) => sum + term(size), 0);
  return Math.max(term(x.length) - ties, 0) / 18;
}
