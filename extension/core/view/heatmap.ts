/**
 * A queue as a heatmap: columns of time, buckets of depth, colour the time spent there. Exact, and at a cost that follows
 * the pixels: whole blocks of records are added from sums made once, only the records at a column's edges are read.
 */
import { F64Column } from '../model/columns.js';
import type { Queue } from '../model/entities.js';
import type { DepthRange, DepthSeries } from '../model/series.js';

/** Buckets of depth at most; the depth per bucket is the power of two that makes do with them. */
const MAX_BUCKETS = 128;
/** Records per block of sums. */
const BLOCK = 512;

/** Depth per bucket and number of buckets that hold depths 0..`highest`. */
export function bucketsFor(highest: number): {
  readonly buckets: number;
  readonly depthPerBucket: number;
} {
  let depthPerBucket = 1;
  while (Math.floor(highest / depthPerBucket) >= MAX_BUCKETS) depthPerBucket *= 2;
  return { buckets: Math.floor(highest / depthPerBucket) + 1, depthPerBucket };
}

/** What to draw. */
export interface HeatmapPicture {
  readonly fromNs: number;
  readonly nsPerColumn: number;
  readonly columns: number;
  readonly buckets: number;
  readonly depthPerBucket: number;
  /** The last depth holds up to here, behind it nothing is known. */
  readonly horizonNs: number;
}

/** Time per bucket of one queue, with sums over blocks of records. Made again when records came late. */
export class DepthPyramid {
  readonly depthPerBucket: number;
  private readonly series: DepthSeries;
  private readonly epoch: number;
  private readonly blocks = new F64Column();
  private readonly range: DepthRange = { low: 0, high: 0 };
  private blockCount = 0;

  constructor(series: DepthSeries, depthPerBucket: number) {
    this.series = series;
    this.depthPerBucket = depthPerBucket;
    this.epoch = series.epoch;
  }

  isFor(depthPerBucket: number): boolean {
    return this.epoch === this.series.epoch && this.depthPerBucket === depthPerBucket;
  }

  /** Adds the time at each bucket in [fromNs, toNs) to `sums`. */
  addTime(sums: Float64Array, fromNs: number, toNs: number): void {
    const { series } = this;
    let index = series.atNs.upperBound(fromNs) - 1;
    let atNs = fromNs;
    if (index < 0) {
      index = 0;
      atNs = series.atNs.at(0);
    }
    while (atNs < toNs && index < series.length) {
      if (
        index % BLOCK === 0 &&
        atNs === series.atNs.at(index) &&
        this.addBlock(sums, index, toNs)
      ) {
        index += BLOCK;
        atNs = series.atNs.at(index);
        continue;
      }
      const next = series.atNs.at(index + 1);
      const endNs = next < toNs ? next : toNs;
      series.rangeAt(index, this.range);
      this.spread(endNs - atNs, (bucket, lengthNs) => {
        sums[bucket] = (sums[bucket] ?? 0) + lengthNs;
      });
      atNs = endNs;
      index++;
    }
  }

  /** Adds a whole block, from its first record to the first of the next, if it lies before `toNs`. */
  private addBlock(sums: Float64Array, index: number, toNs: number): boolean {
    const { series } = this;
    if (index + BLOCK >= series.length || series.atNs.at(index + BLOCK) > toNs) return false;
    const block = index / BLOCK;
    while (this.blockCount <= block) this.buildBlock(this.blockCount++);
    for (let bucket = 0; bucket < MAX_BUCKETS; bucket++) {
      const time = this.blocks.at(block * MAX_BUCKETS + bucket);
      if (time !== 0) sums[bucket] = (sums[bucket] ?? 0) + time;
    }
    return true;
  }

  private buildBlock(block: number): void {
    const { series } = this;
    const base = this.blocks.length;
    series.claim(series.atNs.at((block + 1) * BLOCK));
    for (let bucket = 0; bucket < MAX_BUCKETS; bucket++) this.blocks.push(0);
    for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) {
      series.rangeAt(i, this.range);
      this.spread(series.atNs.at(i + 1) - series.atNs.at(i), (bucket, lengthNs) => {
        this.blocks.set(base + bucket, this.blocks.at(base + bucket) + lengthNs);
      });
    }
  }

  /** Divides a length of time over the buckets of the current range, all depths in it being equally likely. */
  private spread(lengthNs: number, add: (bucket: number, lengthNs: number) => void): void {
    if (lengthNs <= 0) return;
    const { low, high } = this.range;
    const first = Math.floor(low / this.depthPerBucket);
    const last = Math.floor(high / this.depthPerBucket);
    for (let bucket = first; bucket <= last; bucket++) {
      const bottom = Math.max(bucket * this.depthPerBucket, low);
      const top = Math.min((bucket + 1) * this.depthPerBucket - 1, high);
      add(bucket, (lengthNs * (top - bottom + 1)) / (high - low + 1));
    }
  }
}

/** Fills the cells of a heatmap (column-major, see `ViewSection`). */
export function paintHeatmap(pyramid: DepthPyramid, queue: Queue, p: HeatmapPicture): Uint8Array {
  const cells = new Uint8Array(p.columns * p.buckets);
  if (queue.series.length === 0) return cells;
  const sums = new Float64Array(MAX_BUCKETS);
  for (let column = 0; column < p.columns; column++) {
    const fromNs = p.fromNs + column * p.nsPerColumn;
    const toNs = Math.min(fromNs + p.nsPerColumn, p.horizonNs);
    if (toNs <= fromNs) break;
    sums.fill(0);
    pyramid.addTime(sums, fromNs, toNs);
    for (let bucket = 0; bucket < p.buckets; bucket++) {
      const time = sums[bucket] ?? 0;
      if (time > 0) cells[column * p.buckets + bucket] = shareByte(time / p.nsPerColumn);
    }
  }
  return cells;
}

/** 1..255 for a share above 0. */
function shareByte(share: number): number {
  return Math.min(Math.max(Math.round(share * 255), 1), 255);
}
