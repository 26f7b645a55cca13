/** Values over time: the depth of a queue, a gauge. */
import { F64Column, U32Column } from './columns.js';

/** Range of depths a queue went through in a stretch of time: one depth, or (merged records) everything from low to high. */
export interface DepthRange {
  low: number;
  high: number;
}

/**
 * The depth of one queue. Between records the depth is constant, except before a record that merged several changes: then
 * only the lowest and the highest depth of that stretch are known, and everything that is computed from it takes all depths
 * in between as equally likely.
 */
export class DepthSeries {
  readonly atNs = new F64Column();
  readonly depth = new U32Column();
  /** Range since the previous record; low > high: nothing was merged. */
  readonly low = new U32Column();
  readonly high = new U32Column();
  maxDepth = 0;
  /** Grows when a record changed what was known of a time that somebody has already read (see `claim`). */
  epoch = 0;
  private claimedNs = -Infinity;

  get length(): number {
    return this.atNs.length;
  }

  /** Adds a record; `low` and `high` only when changes were merged. */
  add(atNs: number, depth: number, low = 1, high = 0): void {
    const isMerged = low <= high;
    this.maxDepth = Math.max(this.maxDepth, depth, isMerged ? high : 0);
    let i = this.length;
    this.atNs.push(atNs);
    this.depth.push(depth);
    this.low.push(low);
    this.high.push(high);
    // Threads are drained one after the other, so a record may come a little late: walk it to its place.
    for (; i > 0 && this.atNs.at(i - 1) > atNs; i--) this.swap(i - 1, i);
    // A merged record speaks about the time since the one before it; a record in front of a merged one shortens that time.
    const changesBefore = isMerged || i < this.length - 1;
    const changedFromNs = changesBefore && i > 0 ? this.atNs.at(i - 1) : atNs;
    if (changedFromNs < this.claimedNs) this.epoch++;
  }

  /** Somebody has read the depths before `ns` and keeps what it learned for as long as `epoch` stays. */
  claim(ns: number): void {
    if (ns > this.claimedNs) this.claimedNs = ns;
  }

  /** The depths in [atNs[index], atNs[index + 1]); index -1, before the first record, counts as empty. */
  rangeAt(index: number, into: DepthRange): void {
    const next = index + 1;
    if (index >= 0 && next < this.length && this.low.at(next) <= this.high.at(next)) {
      into.low = this.low.at(next);
      into.high = this.high.at(next);
    } else {
      into.low = into.high = index < 0 ? 0 : this.depth.at(index);
    }
  }

  private swap(a: number, b: number): void {
    const at = this.atNs.at(a);
    this.atNs.set(a, this.atNs.at(b));
    this.atNs.set(b, at);
    for (const column of [this.depth, this.low, this.high]) {
      const value = column.at(a);
      column.set(a, column.at(b));
      column.set(b, value);
    }
  }
}

/** A gauge: samples of a number, by time. */
export class GaugeSeries {
  readonly atNs = new F64Column();
  readonly value = new F64Column();
  /** Grows when a sample was put in front of others. */
  epoch = 0;

  add(atNs: number, value: number): void {
    let i = this.atNs.length;
    this.atNs.push(atNs);
    this.value.push(value);
    // Samples of a gauge are in order but for foreign files: walk a late one to its place.
    for (; i > 0 && this.atNs.at(i - 1) > atNs; i--) {
      this.atNs.set(i, this.atNs.at(i - 1));
      this.value.set(i, this.value.at(i - 1));
    }
    if (i === this.atNs.length - 1) return;
    this.epoch++;
    this.atNs.set(i, atNs);
    this.value.set(i, value);
  }

  /** Mean of the samples taken in [fromNs, toNs]; null without any. Samples come at a steady pace, so they weigh the same. */
  mean(fromNs: number, toNs: number): number | null {
    let sum = 0;
    let count = 0;
    for (let i = this.atNs.length - 1; i >= 0; i--) {
      const at = this.atNs.at(i);
      if (at < fromNs || at > toNs) continue;
      sum += this.value.at(i);
      count++;
    }
    return count === 0 ? null : sum / count;
  }
}
