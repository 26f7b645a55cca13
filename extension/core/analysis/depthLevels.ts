/**
 * How long a queue was how deep, at every level of detail: what heatmaps are made of.
 *
 * Time is divided as for lanes (`laneLevels.ts`): 4,096 records of a queue make a segment with buckets of time that are a
 * power of two of nanoseconds wide, up to 128 of them, and coarser levels that join eight each. A bucket of time holds the
 * time at each bucket of depth. A column of the picture is a sum of such buckets where it is at least as wide as they are, and
 * of single records where it is narrower, so every cell is exact at every zoom, and time is only ever divided, never lost:
 *
 *     depth 12..15  |  .  |  .  |  3  |  .  |        columns of one segment (ms spent at each depth)
 *     depth  8..11  |  .  |  1  |  5  |  .  |        add up to the width of the column
 *     depth  4..7   |  2  |  6  |  .  |  1  |
 *     depth  0..3   |  6  |  1  |  .  |  7  |
 *
 * Depths per bucket are a power of two, so that segments made while a queue was shallow can be joined into coarser buckets
 * once it is deeper.
 */
import { Block, PageReader, type BlockPool, type Column } from '../model/blocks.js';
import type { DepthSeries } from '../model/series.js';
import { DepthFill, type DepthTimes } from './depthFill.js';

/** Buckets of depth at most; the depth per bucket is the power of two that makes do with them. */
const MAX_DEPTH_BUCKETS = 24;
const MAX_TIME_BUCKETS = 128;
/** Levels grow by 2^3. */
const FAN_BITS = 3;

/** Depth per bucket and number of buckets that hold depths 0..`highest`. */
export function bucketsFor(highest: number): {
  readonly buckets: number;
  readonly depthPerBucket: number;
} {
  let depthPerBucket = 1;
  while (Math.floor(highest / depthPerBucket) >= MAX_DEPTH_BUCKETS) depthPerBucket *= 2;
  return { buckets: Math.floor(highest / depthPerBucket) + 1, depthPerBucket };
}

interface Level {
  readonly bits: number;
  readonly first: number;
  readonly count: number;
  /** Where its buckets begin among those of the segment. */
  readonly offset: number;
}

/** Records of a queue that are closed off. Its buckets may leave memory; what is a field here stays. */
class DepthSegment extends Block {
  readonly fromNs: number;
  readonly toNs: number;
  readonly depths: number;
  readonly depthPerBucket: number;
  readonly levels: readonly Level[];
  /** Time at each depth over the whole of it. */
  readonly total: Float64Array;
  readonly isFull = true;
  private time: Float32Array | null;

  constructor(series: DepthSeries, index: number, toNs: number) {
    super();
    this.fromNs = series.summary(index).atNs;
    this.toNs = toNs;
    const { buckets, depthPerBucket } = bucketsFor(series.maxDepth);
    this.depths = buckets;
    this.depthPerBucket = depthPerBucket;
    this.levels = levelsOf(this.fromNs, toNs);
    const all = this.levels.reduce((sum, { count }) => sum + count, 0);
    // Added up in doubles and kept in floats: a ten-millionth of a column is not to be seen.
    const time = new Float64Array(all * buckets);
    const [finest] = this.levels;
    if (finest !== undefined) {
      const into = { ...finest, depths: buckets, depthPerBucket, time };
      new DepthFill(into).fill(series, this.fromNs, toNs);
    }
    this.joinLevels(time);
    this.total = new Float64Array(buckets);
    for (let i = 0; i < (finest?.count ?? 0) * buckets; i++) {
      const depth = i % buckets;
      this.total[depth] = (this.total[depth] ?? 0) + (time[i] ?? 0);
    }
    this.time = Float32Array.from(time);
  }

  /** The coarsest level whose buckets are not wider than 2^bits. */
  levelFor(bits: number): Level | undefined {
    return this.levels.findLast((level) => level.bits <= bits);
  }

  /** The segment as one bucket of that width, which it must lie in. */
  whole(bits: number): Level {
    return { bits, first: Math.floor(this.fromNs / 2 ** bits), count: 1, offset: 0 };
  }

  resident(pool: BlockPool): Float32Array {
    this.wasUsed = true;
    if (this.time === null) pool.bringBack(this);
    if (this.time === null) throw new Error('Sluice bug: a segment did not come back');
    return this.time;
  }

  protected columns(): readonly Column[] | null {
    return this.time === null ? null : [this.time];
  }

  protected restore(page: Uint8Array): void {
    this.time = new PageReader(page).f32(page.byteLength / 4);
  }

  protected drop(): void {
    this.time = null;
  }

  private joinLevels(time: Float64Array): void {
    for (const [i, level] of this.levels.entries()) {
      const finer = this.levels[i - 1];
      if (finer === undefined) continue;
      const ratio = 2 ** (level.bits - finer.bits);
      for (let bucket = 0; bucket < finer.count; bucket++) {
        const joined = Math.floor((finer.first + bucket) / ratio) - level.first;
        const to = (level.offset + joined) * this.depths;
        const from = (finer.offset + bucket) * this.depths;
        for (let d = 0; d < this.depths; d++)
          time[to + d] = (time[to + d] ?? 0) + (time[from + d] ?? 0);
      }
    }
  }
}

function levelsOf(fromNs: number, toNs: number): readonly Level[] {
  const levels: Level[] = [];
  let bits = Math.max(Math.floor(Math.log2((toNs - fromNs) / MAX_TIME_BUCKETS)), 0);
  let offset = 0;
  for (;;) {
    const first = Math.floor(fromNs / 2 ** bits);
    const count = Math.ceil(toNs / 2 ** bits) - first;
    if (count > MAX_TIME_BUCKETS) {
      bits++;
      continue;
    }
    levels.push({ bits, first, count, offset });
    if (count <= 2) return levels;
    offset += count;
    bits += FAN_BITS;
  }
}

/** Time per depth of one queue at every level of detail. Made again when records came late. */
export class DepthLevels {
  private readonly series: DepthSeries;
  private readonly pool: BlockPool;
  private readonly segments: DepthSegment[] = [];
  private epoch: number;

  constructor(series: DepthSeries, pool: BlockPool) {
    this.series = series;
    this.pool = pool;
    this.epoch = series.epoch;
  }

  /** Lets go of all segments. */
  dispose(): void {
    for (const segment of this.segments.splice(0)) this.pool.discard(segment);
  }

  /** Closes off the full blocks of records before `settledNs`. */
  advance(settledNs: number): void {
    const { series } = this;
    if (this.epoch !== series.epoch) {
      this.epoch = series.epoch;
      this.dispose();
    }
    for (let next = this.segments.length; next + 1 < series.blockCount; next++) {
      const toNs = series.summary(next + 1).atNs;
      if (!(toNs <= settledNs)) break;
      const segment = new DepthSegment(series, next, toNs);
      this.segments.push(segment);
      this.pool.add(segment);
      series.claim(toNs);
    }
  }

  /** Adds the time at each depth to the columns `into`; the last depth holds up to `horizonNs`. */
  addTo(into: DepthTimes, horizonNs: number): void {
    const widthNs = 2 ** into.bits;
    const fromNs = Math.max(into.first * widthNs, this.series.atNs.at(0));
    const toNs = Math.min((into.first + into.count) * widthNs, horizonNs);
    let atNs = fromNs;
    for (let i = this.segmentAt(fromNs); i < this.segments.length; i++) {
      const segment = this.segments[i];
      if (segment === undefined || segment.fromNs >= toNs) break;
      const isOneColumn =
        Math.floor(segment.fromNs / widthNs) === Math.floor((segment.toNs - 1) / widthNs);
      const level = isOneColumn ? segment.whole(into.bits) : segment.levelFor(into.bits);
      if (level === undefined) continue;
      this.addRecords(into, atNs, segment.fromNs);
      const time = isOneColumn ? segment.total : segment.resident(this.pool);
      addLevel(into, segment, level, time);
      atNs = Math.max(segment.toNs, atNs);
    }
    this.addRecords(into, atNs, toNs);
  }

  private addRecords(into: DepthTimes, fromNs: number, toNs: number): void {
    if (!(toNs > fromNs)) return;
    new DepthFill(into).fill(this.series, fromNs, toNs);
  }

  private segmentAt(ns: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.segments[middle]?.toNs ?? Infinity) <= ns) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function addLevel(
  into: DepthTimes,
  segment: DepthSegment,
  level: Level,
  time: Float32Array | Float64Array,
): void {
  const ratio = 2 ** (into.bits - level.bits);
  const join = into.depthPerBucket / segment.depthPerBucket;
  const from = Math.max(into.first * ratio - level.first, 0);
  const to = Math.min((into.first + into.count) * ratio - level.first, level.count);
  for (let bucket = from; bucket < to; bucket++) {
    const column = Math.floor((level.first + bucket) / ratio) - into.first;
    const source = (level.offset + bucket) * segment.depths;
    const target = column * into.depths;
    for (let d = 0; d < segment.depths; d++) {
      const ns = time[source + d] ?? 0;
      if (ns === 0) continue;
      const at = target + (join === 1 ? d : Math.floor(d / join));
      into.time[at] = (into.time[at] ?? 0) + ns;
    }
  }
}
