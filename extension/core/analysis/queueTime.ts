/** How long a queue was how deep. */
import type { Queue } from '../model/entities.js';
import { LogHistogram } from '../model/histogram.js';
import type { DepthRange } from '../model/series.js';
import { emptyShareOf, fullShareOf } from './freeState.js';

/** Depths of a merged record are spread over at most this many values. */
const MAX_SPREAD = 64;

/** Time-weighted depths of a queue. */
export class DepthTime {
  /** Weight: nanoseconds. */
  depths = new LogHistogram();
  fullNs = 0;
  emptyNs = 0;
  /** Time since the queue's first record; before it the depth is not known. */
  knownNs = 0;

  clone(): DepthTime {
    const copy = new DepthTime();
    copy.depths = this.depths.clone();
    copy.fullNs = this.fullNs;
    copy.emptyNs = this.emptyNs;
    copy.knownNs = this.knownNs;
    return copy;
  }

  /** The queue spent `lengthNs` somewhere in the range. */
  add(range: DepthRange, capacity: number | null, lengthNs: number): void {
    this.knownNs += lengthNs;
    this.fullNs += lengthNs * fullShareOf(range, capacity);
    this.emptyNs += lengthNs * emptyShareOf(range);
    const count = range.high - range.low + 1;
    const parts = Math.min(count, MAX_SPREAD);
    for (let i = 0; i < parts; i++) {
      const depth = parts === 1 ? range.low : range.low + ((count - 1) * i) / (parts - 1);
      this.depths.record(depth, lengthNs / parts);
    }
  }
}

/** Folds a queue's records into time per depth; like `StageFold`, only what is not settled is read again. */
export class QueueFold {
  readonly queue: Queue;
  private readonly fromNs: number;
  private readonly epoch: number;
  private readonly range: DepthRange = { low: 0, high: 0 };
  private settled = new DepthTime();
  private settledNs: number;
  private index = -1;

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
    this.index = this.fold(this.settled, this.index, this.settledNs, untilNs);
    this.settledNs = untilNs;
    this.queue.series.claim(untilNs);
    const upToNow = this.settled.clone();
    this.fold(upToNow, this.index, untilNs, toNs);
    return upToNow;
  }

  /** Adds [fromNs, toNs); `index` is the record that holds at `fromNs` or an earlier one. Returns the one that holds at `toNs`. */
  private fold(sums: DepthTime, index: number, fromNs: number, toNs: number): number {
    const { series, capacity } = this.queue;
    let at = index;
    let atNs = fromNs;
    while (atNs < toNs) {
      while (series.atNs.at(at + 1) <= atNs) at++;
      let nextNs = toNs;
      const record = series.atNs.at(at + 1);
      if (record < nextNs) nextNs = record;
      for (const step of capacity.steps) {
        if (step.fromNs > atNs && step.fromNs < nextNs) nextNs = step.fromNs;
      }
      if (at >= 0) {
        series.rangeAt(at, this.range);
        sums.add(this.range, capacity.at(atNs), nextNs - atNs);
      }
      atNs = nextNs;
    }
    return at;
  }
}
