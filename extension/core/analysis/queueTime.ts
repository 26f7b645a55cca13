/** How long a queue was how deep. */
import type { Queue } from '../model/entities.js';
import { LogHistogram } from '../model/histogram.js';
import type { DepthRange } from '../model/series.js';
import { foldDepths, type DepthSink } from './depthSums.js';
import { emptyShareOf, fullShareOf } from './queueCursor.js';

/** Depths below this are counted one by one; a queue that is deeper is told to 1 part in 1024. */
const EXACT_DEPTHS = 4096;
const FIRST_DEPTHS = 64;
/** Depths of a merged record beyond that are spread over at most this many values. */
const MAX_SPREAD = 64;

/** Time-weighted depths of a queue. */
export class DepthTime implements DepthSink {
  fullNs = 0;
  emptyNs = 0;
  /** Time since the queue's first record; before it the depth is not known. */
  knownNs = 0;
  /**
   * Time at depths as differences: the time at depth d is the sum of the entries up to d. So a record that went through a range
   * of depths costs two additions, however wide the range.
   */
  private steps = new Float64Array(FIRST_DEPTHS);
  private readonly deep = new LogHistogram();

  clone(): DepthTime {
    const copy = new DepthTime();
    copy.fullNs = this.fullNs;
    copy.emptyNs = this.emptyNs;
    copy.knownNs = this.knownNs;
    copy.steps = this.steps.slice();
    copy.deep.add(this.deep);
    return copy;
  }

  /** The queue spent `lengthNs` somewhere in the range, all depths in it being equally likely. */
  add(range: DepthRange, capacity: number | null, lengthNs: number): void {
    const { low, high } = range;
    this.knownNs += lengthNs;
    this.fullNs += lengthNs * fullShareOf(range, capacity);
    if (low === 0) this.emptyNs += lengthNs * emptyShareOf(range);
    if (high >= EXACT_DEPTHS) {
      this.addDeep(low, high, lengthNs);
      return;
    }
    if (high + 1 >= this.steps.length) this.grow(high + 2);
    const perDepthNs = low === high ? lengthNs : lengthNs / (high - low + 1);
    this.steps[low] = (this.steps[low] ?? 0) + perDepthNs;
    this.steps[high + 1] = (this.steps[high + 1] ?? 0) - perDepthNs;
  }

  /** All of it as a histogram, weighted with nanoseconds. */
  depths(): LogHistogram {
    const all = this.deep.clone();
    let timeNs = 0;
    for (let depth = 0; depth < this.steps.length; depth++) {
      timeNs += this.steps[depth] ?? 0;
      // Sums of differences may miss 0 by their rounding error.
      if (timeNs > this.knownNs * 1e-12) all.record(depth, timeNs);
    }
    return all;
  }

  private grow(depths: number): void {
    const larger = new Float64Array(Math.max(depths, this.steps.length * 2));
    larger.set(this.steps);
    this.steps = larger;
  }

  private addDeep(low: number, high: number, lengthNs: number): void {
    const count = high - low + 1;
    const parts = Math.min(count, MAX_SPREAD);
    for (let i = 0; i < parts; i++) {
      const depth = parts === 1 ? low : low + ((count - 1) * i) / (parts - 1);
      this.deep.record(depth, lengthNs / parts);
    }
  }
}

/** Folds a queue's records into time per depth; like `StageFold`, only what is not settled is read again. */
export class QueueFold {
  readonly queue: Queue;
  private readonly fromNs: number;
  private readonly epoch: number;
  private readonly settled = new DepthTime();
  private settledNs: number;

  constructor(queue: Queue, fromNs: number) {
    this.queue = queue;
    this.fromNs = fromNs;
    this.settledNs = fromNs;
    this.epoch = queue.series.epoch;
  }

  /** Records came late and were put before others: make a new fold. */
  isStale(toNs: number): boolean {
    return this.queue.series.epoch !== this.epoch || toNs < this.settledNs;
  }

  /** Time per depth in [from, toNs). Records older than `settledNs` are taken as complete. */
  read(settledNs: number, toNs: number): DepthTime {
    const untilNs = Math.max(Math.min(settledNs, toNs), this.fromNs, this.settledNs);
    foldDepths(this.queue, this.settledNs, untilNs, this.settled);
    this.settledNs = untilNs;
    this.queue.series.claim(untilNs);
    const upToNow = this.settled.clone();
    foldDepths(this.queue, untilNs, toNs, upToNow);
    return upToNow;
  }
}
