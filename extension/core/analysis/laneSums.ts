/** What levels of detail add up, and how stretches of time are added to it. */
import { ExecutionFlag, WaitKind } from '../model/entities.js';
import type { LaneSink } from './laneWalk.js';

/** Where each sum of a bucket stands. Times are nanoseconds. */
export const Sum = {
  busy: 0,
  starved: 1,
  blocked: 2,
  limited: 3,
  /** Executions that begin in the bucket, those of them that failed, and the longest of them. */
  count: 4,
  failed: 5,
  longest: 6,
} as const;
/** Numbers per bucket. */
export const SUMS = 7;

/** Sums of buckets that stand side by side, from bucket `first` of width 2^bits on. */
export interface Buckets {
  readonly bits: number;
  readonly first: number;
  readonly count: number;
  readonly sums: Float64Array;
}

/** Adds stretches to equal buckets of time, each stretch divided over the buckets that it touches. */
export class BucketSink implements LaneSink {
  /** Of the starved and blocked time, what was recorded and not concluded. */
  recordedStarvedNs = 0;
  recordedBlockedNs = 0;
  private readonly sums: Float64Array;
  private readonly count: number;
  private readonly originNs: number;
  private readonly widthNs: number;
  /** 1 / width, exact because the width is a power of two. */
  private readonly perNs: number;

  constructor({ bits, first, count, sums }: Buckets) {
    this.sums = sums;
    this.count = count;
    this.widthNs = 2 ** bits;
    this.perNs = 2 ** -bits;
    this.originNs = first * this.widthNs;
  }

  started(startNs: number, durationNs: number, word: number): void {
    const { sums } = this;
    const place = (startNs - this.originNs) * this.perNs;
    if (place < 0 || place >= this.count) return;
    const at = (place | 0) * SUMS;
    sums[at + Sum.count] = (sums[at + Sum.count] ?? 0) + 1;
    if ((word & ExecutionFlag.failed) !== 0) {
      sums[at + Sum.failed] = (sums[at + Sum.failed] ?? 0) + 1;
    }
    if (durationNs > (sums[at + Sum.longest] ?? 0)) sums[at + Sum.longest] = durationNs;
  }

  execution(startNs: number, durationNs: number, word: number): void {
    const { sums, originNs } = this;
    const place = (startNs - originNs) * this.perNs;
    const bucket = place | 0;
    const toNs = startNs + durationNs;
    // The usual one lies within one bucket and did not fail.
    if (
      place >= 0 &&
      place < this.count &&
      toNs <= originNs + (bucket + 1) * this.widthNs &&
      (word & ExecutionFlag.failed) === 0
    ) {
      const at = bucket * SUMS;
      sums[at + Sum.busy] = (sums[at + Sum.busy] ?? 0) + durationNs;
      sums[at + Sum.count] = (sums[at + Sum.count] ?? 0) + 1;
      if (durationNs > (sums[at + Sum.longest] ?? 0)) sums[at + Sum.longest] = durationNs;
      return;
    }
    this.started(startNs, durationNs, word);
    this.busy(startNs, toNs);
  }

  busy(fromNs: number, toNs: number): void {
    this.spend(fromNs, toNs, Sum.busy, 1);
  }

  waited(fromNs: number, toNs: number, kind: number): void {
    const sum = sumOfWait(kind);
    if (sum === Sum.starved) this.recordedStarvedNs += toNs - fromNs;
    else if (sum === Sum.blocked) this.recordedBlockedNs += toNs - fromNs;
    this.spend(fromNs, toNs, sum, 1);
  }

  free(fromNs: number, toNs: number, blocked: number, starved: number): void {
    if (blocked > 0) this.spend(fromNs, toNs, Sum.blocked, blocked);
    if (starved > 0) this.spend(fromNs, toNs, Sum.starved, starved);
  }

  /** Adds a stretch of time to one of the sums, `weight` of each nanosecond. */
  spend(fromNs: number, toNs: number, sum: number, weight: number): void {
    const { sums, originNs, widthNs, count } = this;
    const place = (fromNs - originNs) * this.perNs;
    let bucket = place < 0 ? 0 : place < count ? place | 0 : count;
    let atNs = place < 0 ? originNs : fromNs;
    for (; bucket < count && atNs < toNs; bucket++) {
      const endNs = originNs + (bucket + 1) * widthNs;
      const untilNs = endNs < toNs ? endNs : toNs;
      const at = bucket * SUMS + sum;
      sums[at] = (sums[at] ?? 0) + weight * (untilNs - atNs);
      atNs = untilNs;
    }
  }
}

/** The sum that a recorded wait adds to. */
export function sumOfWait(kind: number): number {
  if (kind === WaitKind.blocked) return Sum.blocked;
  return kind === WaitKind.limited ? Sum.limited : Sum.starved;
}

/** Adds the sums of one bucket to another; of longest executions the longer counts. */
export function addSums(
  into: Float64Array,
  intoBucket: number,
  from: Float64Array,
  fromBucket: number,
): void {
  const to = intoBucket * SUMS;
  const at = fromBucket * SUMS;
  for (let i = 0; i < Sum.longest; i++) into[to + i] = (into[to + i] ?? 0) + (from[at + i] ?? 0);
  const longest = from[at + Sum.longest] ?? 0;
  if (longest > (into[to + Sum.longest] ?? 0)) into[to + Sum.longest] = longest;
}

/** Sums of a stretch, and what of its starved and blocked time was recorded and not concluded. */
export interface SegmentSums {
  readonly total: Float64Array;
  readonly recordedStarvedNs: number;
  readonly recordedBlockedNs: number;
}

/** What a lane did in some stretch of time, in nanoseconds. */
export class LaneSums implements LaneSink {
  busyNs = 0;
  limitedNs = 0;
  /** As recorded. */
  recordedStarvedNs = 0;
  recordedBlockedNs = 0;
  /** While free, as the stage's timeline says. */
  freeStarvedNs = 0;
  freeBlockedNs = 0;

  execution(_startNs: number, durationNs: number): void {
    this.busyNs += durationNs;
  }

  started(): void {
    // Counts come from the stage.
  }

  busy(fromNs: number, toNs: number): void {
    this.busyNs += toNs - fromNs;
  }

  waited(fromNs: number, toNs: number, kind: number): void {
    const sum = sumOfWait(kind);
    if (sum === Sum.blocked) this.recordedBlockedNs += toNs - fromNs;
    else if (sum === Sum.limited) this.limitedNs += toNs - fromNs;
    else this.recordedStarvedNs += toNs - fromNs;
  }

  free(fromNs: number, toNs: number, blocked: number, starved: number): void {
    this.freeBlockedNs += blocked * (toNs - fromNs);
    this.freeStarvedNs += starved * (toNs - fromNs);
  }

  addAll(other: LaneSums): void {
    this.busyNs += other.busyNs;
    this.limitedNs += other.limitedNs;
    this.recordedStarvedNs += other.recordedStarvedNs;
    this.recordedBlockedNs += other.recordedBlockedNs;
    this.freeStarvedNs += other.freeStarvedNs;
    this.freeBlockedNs += other.freeBlockedNs;
  }

  addSegment({ total, recordedStarvedNs, recordedBlockedNs }: SegmentSums): void {
    this.busyNs += total[Sum.busy] ?? 0;
    this.limitedNs += total[Sum.limited] ?? 0;
    this.recordedStarvedNs += recordedStarvedNs;
    this.recordedBlockedNs += recordedBlockedNs;
    this.freeStarvedNs += (total[Sum.starved] ?? 0) - recordedStarvedNs;
    this.freeBlockedNs += (total[Sum.blocked] ?? 0) - recordedBlockedNs;
  }
}
