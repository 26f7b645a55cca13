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

/** Buckets of one width that stand side by side among those of a segment. */
export interface Level {
  readonly bits: number;
  readonly first: number;
  readonly count: number;
  /** Where its buckets begin among those of the segment. */
  readonly offset: number;
}

/** Buckets [from, to) of a level, of which `ratio` share a column. */
export interface Share {
  readonly from: number;
  readonly to: number;
  readonly ratio: number;
  /** That of the first bucket, and how many buckets from it on are in it. */
  readonly column: number;
  readonly left: number;
}

/** The sums that are in a set, by its bits. */
const sumsIn: readonly (readonly number[])[] = Array.from({ length: 1 << SUMS }, (_, mask) =>
  Array.from({ length: SUMS }, (_unused, sum) => sum).filter((sum) => (mask & (1 << sum)) !== 0),
);

/**
 * Sums of buckets as they are kept: level by level, in each of them sum by sum, so that what a picture needs stands together;
 * without the sums that are 0 in all buckets. Added up in doubles and kept in floats: a ten-millionth of a column is not to be
 * seen.
 */
export class PackedSums {
  private readonly kinds: readonly number[];

  private constructor(kinds: readonly number[]) {
    this.kinds = kinds;
  }

  /**
   * Takes over the sums of the finest level and joins them to the coarser ones; `total` gets the sums over all of it, in doubles
   * like everything before it is kept.
   */
  static of(
    finest: Float64Array,
    levels: readonly Level[],
    total: Float64Array,
  ): { readonly packed: PackedSums; readonly floats: Float32Array } {
    const count = levels[0]?.count ?? 0;
    const kinds = kindsIn(finest, count);
    const buckets = levels.reduce((all, level) => all + level.count, 0);
    const floats = new Float32Array(buckets * kinds.length);
    const values = new Float64Array(count);
    for (const [k, sum] of kinds.entries()) {
      for (let i = 0; i < count; i++) values[i] = finest[i * SUMS + sum] ?? 0;
      for (const [n, level] of levels.entries()) {
        const finer = levels[n - 1];
        if (finer !== undefined) joinBuckets(values, finer, level, sum);
        const base = level.offset * kinds.length + k * level.count;
        for (let i = 0; i < level.count; i++) floats[base + i] = values[i] ?? 0;
      }
      total[sum] = joined(values, 0, levels.at(-1)?.count ?? 0, sum);
    }
    return { packed: new PackedSums(kinds), floats };
  }

  /** Adds buckets to columns; of longest executions the longer counts. */
  addTo(into: Float64Array, floats: Float32Array, level: Level, share: Share): void {
    const { kinds } = this;
    const { from, to, ratio, column, left } = share;
    let base = level.offset * kinds.length;
    for (const sum of kinds) {
      let at = column * SUMS + sum;
      let inColumn = left;
      for (let i = base + from; i < base + to; i++) {
        const value = floats[i] ?? 0;
        const there = into[at] ?? 0;
        into[at] = sum !== Sum.longest ? there + value : value > there ? value : there;
        if (--inColumn > 0) continue;
        inColumn = ratio;
        at += SUMS;
      }
      base += level.count;
    }
  }
}

/** The sums that are not 0 in all buckets. */
function kindsIn(sums: Float64Array, count: number): readonly number[] {
  let mask = 0;
  for (let sum = 0; sum < SUMS; sum++) if (hasAny(sums, sum, count)) mask |= 1 << sum;
  return sumsIn[mask] ?? [];
}

function hasAny(sums: Float64Array, sum: number, count: number): boolean {
  for (let at = sum; at < count * SUMS; at += SUMS) if (sums[at] !== 0) return true;
  return false;
}

/** Joins the values of a level's buckets to those of the next one, in place. */
function joinBuckets(values: Float64Array, finer: Level, level: Level, sum: number): void {
  const ratio = 2 ** (level.bits - finer.bits);
  let from = 0;
  let to = (level.first + 1) * ratio - finer.first;
  for (let i = 0; i < level.count; i++) {
    values[i] = joined(values, from, Math.min(to, finer.count), sum);
    from = to;
    to += ratio;
  }
}

/** Of longest executions the longest counts. */
function joined(values: Float64Array, from: number, to: number, sum: number): number {
  let all = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    if (sum !== Sum.longest) all += value;
    else if (value > all) all = value;
  }
  return all;
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
