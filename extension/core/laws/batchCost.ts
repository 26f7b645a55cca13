/**
 * What a batch costs: T(b) = a + c b, a fixed part and one per item. From it follow how large batches are worth it, how
 * large they must be, and how large they may be. Times are nanoseconds.
 */
import type { Interval } from '../report/report.js';
import { median } from '../statistics/quantile.js';
import { theilSen, type Line } from '../statistics/theilSen.js';

export interface BatchCost {
  /** a: what an execution takes however few items it has; at least 0. */
  readonly fixedNs: number;
  /** c: what each item adds; at least 0. */
  readonly perItemNs: number;
}

export interface BatchCostFit extends BatchCost {
  /** 95 %; with few sizes as far as single pairs of them differ. */
  readonly fixedInterval: Interval;
  readonly perItemInterval: Interval;
  /** Different batch sizes that the fit rests on. */
  readonly sizes: number;
  /** The largest of them: beyond, the line was not seen. */
  readonly largestItems: number;
  /**
   * Items from which on each further one costs more than before (a cache or a bandwidth is used up), so that the line holds
   * only up to here; null: no such place was seen.
   */
  readonly kneeItems: number | null;
}

/** Points before a knee, and from it on, the knee in both: with fewer a single bad size would make one. */
const MIN_BEFORE_KNEE = 3;
const MIN_FROM_KNEE = 3;
/** Beyond a knee an item costs at least so much more, and the bent line is off by at most so much of what a straight one is. */
const STEEPER = 1.3;
const BETTER = 0.4;
/** A straight line that is off by less than this is straight. */
const STRAIGHT_SHARE = 0.01;
/** Sizes used; of more, those that stand evenly among them. */
const MAX_SIZES = 200;

interface Size {
  readonly items: number;
  readonly durationNs: number;
}

/**
 * Fits the line by Theil-Sen on the median duration of each batch size, so that neither stray executions nor frequent sizes
 * bend it. null below three different sizes; sizes below 1 and times that are no numbers do not count.
 */
export function fitBatchCost(executions: readonly Size[]): BatchCostFit | null {
  const sizes = mediansBySize(executions);
  if (sizes.length < 3) return null;
  const knee = kneeOf(sizes);
  const used = knee === null ? sizes : sizes.slice(0, knee + 1);
  const line = lineThrough(used);
  const last = used.at(-1);
  if (line === null || last === undefined) return null;
  return {
    ...costOf(line, used),
    fixedInterval: fixedInterval(line, used),
    perItemInterval: atLeastZero(line.slopeInterval),
    sizes: used.length,
    largestItems: last.items,
    kneeItems: knee === null ? null : last.items,
  };
}

function mediansBySize(executions: readonly Size[]): readonly Size[] {
  const bySize = new Map<number, number[]>();
  for (const { items, durationNs } of executions) {
    if (!(items >= 1) || !Number.isFinite(durationNs)) continue;
    const durations = bySize.get(items);
    if (durations === undefined) bySize.set(items, [durationNs]);
    else durations.push(durationNs);
  }
  const sizes = [...bySize]
    .map(([items, durations]) => ({ items, durationNs: median(durations) }))
    .sort((a, b) => a.items - b.items);
  const kept = Math.min(sizes.length, MAX_SIZES);
  return sizes.filter((_, i) => kept === sizes.length || (i * kept) % sizes.length < kept);
}

function lineThrough(sizes: readonly Size[]): Line | null {
  return theilSen(
    sizes.map((s) => s.items),
    sizes.map((s) => s.durationNs),
  );
}

/** A negative part is noise about 0: the other part alone then explains the times. */
function costOf({ slope, intercept }: Line, sizes: readonly Size[]): BatchCost {
  if (slope <= 0) return { fixedNs: median(sizes.map((s) => s.durationNs)), perItemNs: 0 };
  if (intercept >= 0) return { fixedNs: intercept, perItemNs: slope };
  return { fixedNs: 0, perItemNs: median(sizes.map((s) => s.durationNs / s.items)) };
}

/** What the fixed part would be if the slope were at the ends of its interval. */
function fixedInterval({ intercept, slopeInterval }: Line, sizes: readonly Size[]): Interval {
  const at = (slope: number): number => median(sizes.map((s) => s.durationNs - slope * s.items));
  return atLeastZero({ low: at(slopeInterval.high), mid: intercept, high: at(slopeInterval.low) });
}

function atLeastZero({ low, mid, high }: Interval): Interval {
  return { low: Math.max(low, 0), mid: Math.max(mid, 0), high: Math.max(high, 0) };
}

/** Index of the size at which the line bends upwards; null: it is straight, as far as can be seen. */
function kneeOf(sizes: readonly Size[]): number | null {
  const whole = lineThrough(sizes);
  if (whole === null) return null;
  const straight = errorOf(whole, sizes);
  if (straight <= STRAIGHT_SHARE * sizes.length) return null;
  let best: number | null = null;
  let least = BETTER * straight;
  for (let at = MIN_BEFORE_KNEE - 1; at <= sizes.length - MIN_FROM_KNEE; at++) {
    const before = lineThrough(sizes.slice(0, at + 1));
    const after = lineThrough(sizes.slice(at));
    if (before === null || after === null || after.slope <= STEEPER * before.slope) continue;
    const error = errorOf(before, sizes.slice(0, at + 1)) + errorOf(after, sizes.slice(at + 1));
    if (error < least) [best, least] = [lastBefore(crossing(before, after), sizes), error];
  }
  return best;
}

/** Where two lines meet. */
function crossing(before: Line, after: Line): number {
  return (before.intercept - after.intercept) / (after.slope - before.slope);
}

/** Index of the last size that is no larger, but for rounding; sizes at the bend itself lie on both lines. */
function lastBefore(items: number, sizes: readonly Size[]): number {
  const at = sizes.findLastIndex((size) => size.items <= items * (1 + 1e-9));
  return Math.max(at, MIN_BEFORE_KNEE - 1);
}

/** Sum of how far each duration is off the line, as a share of itself. */
function errorOf({ slope, intercept }: Line, sizes: readonly Size[]): number {
  return sizes.reduce(
    (sum, s) => sum + Math.abs(s.durationNs - intercept - slope * s.items) / s.durationNs,
    0,
  );
}

/** T(b) in nanoseconds. */
export function batchDurationNs({ fixedNs, perItemNs }: BatchCost, items: number): number {
  return fixedNs + perItemNs * items;
}

/** b / T(b): items per second that one lane does in batches of this size. */
export function batchRatePerSec(cost: BatchCost, items: number): number {
  return (items / batchDurationNs(cost, items)) * 1e9;
}

/**
 * The smallest batch that does a share `share` (0..1) of the rate 1/c that no batch exceeds: (a / c) share / (1 - share). 0.9
 * takes 9 a/c. Infinity when items cost nothing beside the fixed part; at least 1.
 */
export function batchForShare({ fixedNs, perItemNs }: BatchCost, share: number): number {
  if (fixedNs === 0 || share <= 0) return 1;
  if (perItemNs === 0 || share >= 1) return Infinity;
  return wholeBatch(((fixedNs / perItemNs) * share) / (1 - share));
}

/**
 * The smallest batch with which one lane keeps up with so many items per second: b > rate a / (1 - rate c). null when no batch
 * does, since the items alone take longer than the time between them.
 */
export function smallestStableBatch(cost: BatchCost, ratePerSec: number): number | null {
  const perNs = ratePerSec / 1e9;
  const left = 1 - perNs * cost.perItemNs;
  if (left <= 0) return null;
  const least = (perNs * cost.fixedNs) / left;
  // At equality the lane is busy all the time and whatever varies piles up.
  return Math.max(Math.floor(least + 1e-9) + 1, 1);
}

/** Rounds up, but not for what is only the rounding of a division. */
function wholeBatch(items: number): number {
  return Math.max(Math.ceil(items * (1 - 1e-12)), 1);
}

/** What is known of a stage's memory; peaks, not what is used at the moment. */
export interface BatchMemory {
  readonly limitBytes: number;
  /** Needed without any item. */
  readonly fixedBytes: number;
  readonly perItemBytes: number;
  /** Share of the limit that is left alone, for fragmentation; 0.1 when absent. */
  readonly marginShare?: number;
}

/** The largest batch that fits: (M (1 - margin) - M_0) / m_1. 0: not even one item does. Infinity: items need no memory. */
export function largestBatchFor(memory: BatchMemory): number {
  const { limitBytes, fixedBytes, perItemBytes, marginShare = 0.1 } = memory;
  const leftBytes = limitBytes * (1 - marginShare) - fixedBytes;
  if (leftBytes <= 0) return 0;
  return perItemBytes <= 0 ? Infinity : Math.floor(leftBytes / perItemBytes);
}
