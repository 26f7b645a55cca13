/**
 * Adds up how long a queue was how deep. A stretch from one record to the next that lies within one bucket of time, as most do,
 * is added in one loop over the columns; one that reaches over an edge goes the long way.
 */
import { BLOCK_MASK, BLOCK_ROWS, BLOCK_SHIFT } from '../model/blocks.js';
import type { DepthRows } from '../model/depthBlock.js';
import type { DepthRange, DepthSeries } from '../model/series.js';

/** Time at depths, in equal buckets of time: `time[bucket * depths + depth bucket]`, in nanoseconds. */
export interface DepthTimes {
  readonly bits: number;
  readonly first: number;
  readonly count: number;
  readonly depths: number;
  readonly depthPerBucket: number;
  readonly time: Float64Array;
}

/** Adds what the records of one queue say to buckets of time and depth. */
export class DepthFill {
  private readonly into: DepthTimes;
  private readonly widthNs: number;
  /** Depth per bucket, a power of two, as bits. */
  private readonly depthShift: number;
  private readonly range: DepthRange = { low: 0, high: 0 };
  private atNs = 0;

  constructor(into: DepthTimes) {
    this.into = into;
    this.widthNs = 2 ** into.bits;
    this.depthShift = Math.log2(into.depthPerBucket);
  }

  /** Adds [fromNs, toNs), which begins at the first record or behind it; the last depth holds on. */
  fill(series: DepthSeries, fromNs: number, toNs: number): void {
    this.atNs = fromNs;
    let index = Math.max(series.atNs.upperBound(fromNs) - 1, 0);
    while (this.atNs < toNs) {
      const base = index - (index & BLOCK_MASK);
      const rows = Math.min(series.length - base, BLOCK_ROWS);
      const { data } = series.block(index >>> BLOCK_SHIFT);
      index = base + this.addRows(data, index - base, rows, toNs);
      // The last record of a block, or one that holds beyond the end: the next one tells the range.
      series.rangeAt(index, this.range);
      index++;
      const nextNs = index < series.length ? series.atNs.at(index) : Infinity;
      this.spend(this.range, this.atNs, Math.min(nextNs, toNs));
      this.atNs = nextNs;
    }
  }

  /** Adds rows whose next one is in the block and not behind `toNs`; returns the first that was not added. */
  private addRows(data: DepthRows, from: number, rows: number, toNs: number): number {
    const { range } = this;
    const { atNs } = data;
    let startNs = this.atNs;
    let bucket = this.bucketOf(startNs);
    let endNs = this.endOf(bucket);
    let row = from;
    for (; row + 1 < rows; row++) {
      const nextNs = atNs[row + 1] ?? Infinity;
      if (nextNs > toNs) break;
      readRange(data, row, range);
      if (nextNs <= endNs && bucket >= 0) this.spread(bucket, range, nextNs - startNs);
      else this.spend(range, startNs, nextNs);
      startNs = nextNs;
      if (nextNs < endNs) continue;
      bucket = this.bucketOf(nextNs);
      endNs = this.endOf(bucket);
    }
    this.atNs = startNs;
    return row;
  }

  private spend(range: DepthRange, fromNs: number, toNs: number): void {
    const { first, count } = this.into;
    let bucket = Math.max(this.bucketOf(fromNs), 0);
    let atNs = Math.max(fromNs, first * this.widthNs);
    for (; bucket < count && atNs < toNs; bucket++) {
      const untilNs = Math.min(this.endOf(bucket), toNs);
      this.spread(bucket, range, untilNs - atNs);
      atNs = untilNs;
    }
  }

  /** All depths of the range are equally likely. */
  private spread(bucket: number, { low, high }: DepthRange, lengthNs: number): void {
    const { depths, depthPerBucket, time, count } = this.into;
    const { depthShift } = this;
    if (bucket >= count) return;
    const base = bucket * depths;
    const from = low >>> depthShift;
    const to = high >>> depthShift;
    if (from === to) {
      time[base + from] = (time[base + from] ?? 0) + lengthNs;
      return;
    }
    const perDepthNs = lengthNs / (high - low + 1);
    for (let depth = from; depth <= to; depth++) {
      const bottom = depth * depthPerBucket;
      const top = bottom + depthPerBucket - 1;
      const covered = (top < high ? top : high) - (bottom > low ? bottom : low) + 1;
      time[base + depth] = (time[base + depth] ?? 0) + perDepthNs * covered;
    }
  }

  private bucketOf(ns: number): number {
    return Math.floor(ns / this.widthNs) - this.into.first;
  }

  private endOf(bucket: number): number {
    return (this.into.first + bucket + 1) * this.widthNs;
  }
}

/** The depths between a row and the next one of its block. */
function readRange({ depth, low, high }: DepthRows, row: number, into: DepthRange): void {
  into.low = low === null ? 1 : (low[row + 1] ?? 1);
  into.high = high === null ? 0 : (high[row + 1] ?? 0);
  if (into.low > into.high) into.low = into.high = depth[row] ?? 0;
}
