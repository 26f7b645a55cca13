/**
 * How deep a queue was in any stretch of time, exactly: what heatmaps and percentiles need a distribution for, in sums that
 * can be kept for each block of records. A long stretch is a sum of blocks and the records at its two ends.
 */
import type { Queue } from '../model/entities.js';
import { BLOCK_MASK } from '../model/blocks.js';
import type { DepthRange, DepthSeries } from '../model/series.js';
import type { StepHistory } from '../model/steps.js';
import { emptyShareOf, fullShareOf, QueueCursor } from './queueCursor.js';

/** Receives stretches in which a queue had depths of some range, all of them equally likely. */
export interface DepthSink {
  add(range: DepthRange, capacity: number | null, lengthNs: number): void;
}

/** Hands [fromNs, toNs) to the sink, from the queue's first record on; the last depth holds. */
export function foldDepths(
  { series, capacity }: Pick<Queue, 'series' | 'capacity'>,
  fromNs: number,
  toNs: number,
  sink: DepthSink,
): void {
  let atNs = Math.max(fromNs, series.atNs.at(0));
  if (!(atNs < toNs)) return;
  const cursor = new QueueCursor(series, series.atNs.upperBound(atNs) - 1);
  while (atNs < toNs) {
    const value = capacity.at(atNs);
    const changeNs = Math.min(capacity.nextChange(atNs), toNs);
    while (atNs < changeNs) {
      const untilNs = cursor.nextNs < changeNs ? cursor.nextNs : changeNs;
      if (untilNs > atNs) sink.add(cursor, value, untilNs - atNs);
      atNs = untilNs;
      if (cursor.nextNs > atNs) break;
      cursor.advance();
    }
  }
}

/** Time-weighted depth of a queue over some time. Times are nanoseconds. */
export class DepthSums implements DepthSink {
  /** Time in which the depth is known. */
  knownNs = 0;
  /** Depth x time. */
  depthNs = 0;
  emptyNs = 0;
  fullNs = 0;
  /** Highest depth that lasted. */
  maxDepth = 0;

  add(range: DepthRange, capacity: number | null, lengthNs: number): void {
    const { low, high } = range;
    this.knownNs += lengthNs;
    this.depthNs += ((low + high) / 2) * lengthNs;
    this.fullNs += lengthNs * fullShareOf(range, capacity);
    if (low === 0) this.emptyNs += lengthNs * emptyShareOf(range);
    if (high > this.maxDepth) this.maxDepth = high;
  }

  addAll(other: DepthSums): void {
    this.knownNs += other.knownNs;
    this.depthNs += other.depthNs;
    this.fullNs += other.fullNs;
    this.emptyNs += other.emptyNs;
    this.maxDepth = Math.max(this.maxDepth, other.maxDepth);
  }
}

/** Blocks whose sums are added between two steps. */
const BLOCKS_PER_STEP = 256;

/** Sums of a queue's full blocks, worked out when somebody asks and kept as long as they hold. */
export class QueueSums {
  readonly series: DepthSeries;
  readonly capacity: StepHistory;
  private blocks: (DepthSums | undefined)[] = [];
  private epoch: number;
  private version: number;

  constructor({ series, capacity }: Pick<Queue, 'series' | 'capacity'>) {
    this.series = series;
    this.capacity = capacity;
    this.epoch = series.epoch;
    this.version = capacity.version;
  }

  /** The sums over [fromNs, toNs), in steps of a block that has to be read, or many that need not. */
  *sumsIn(fromNs: number, toNs: number): Generator<undefined, DepthSums> {
    const { series } = this;
    const sums = new DepthSums();
    let atNs = Math.max(fromNs, series.atNs.at(0));
    let left = BLOCKS_PER_STEP;
    // The last block still grows, and nobody knows how long its last depth will hold.
    for (let i = this.blockAt(atNs); i + 1 < series.blockCount && atNs < toNs; i++) {
      const endNs = series.summary(i + 1).atNs;
      const isWhole = series.summary(i).atNs >= atNs && endNs <= toNs;
      const known = isWhole ? this.known(i) : undefined;
      if (known !== undefined) sums.addAll(known);
      else if (isWhole) sums.addAll(this.workOut(i));
      else foldDepths(this, atNs, Math.min(endNs, toNs), sums);
      atNs = endNs;
      if (known !== undefined && --left > 0) continue;
      left = BLOCKS_PER_STEP;
      yield;
    }
    foldDepths(this, atNs, toNs, sums);
    return sums;
  }

  private known(block: number): DepthSums | undefined {
    const { series, capacity } = this;
    if (this.epoch !== series.epoch || this.version !== capacity.version) {
      this.epoch = series.epoch;
      this.version = capacity.version;
      this.blocks = [];
    }
    return this.blocks[block];
  }

  private workOut(block: number): DepthSums {
    const { series } = this;
    const toNs = series.summary(block + 1).atNs;
    const sums = new DepthSums();
    foldDepths(this, series.summary(block).atNs, toNs, sums);
    this.blocks[block] = sums;
    series.claim(toNs);
    return sums;
  }

  /** The block that holds the last record at `ns` or before; the first one where there is none. */
  private blockAt(ns: number): number {
    const record = this.series.atNs.upperBound(ns) - 1;
    return Math.max((record - (record & BLOCK_MASK)) / (BLOCK_MASK + 1), 0);
  }
}
