/**
 * What a lane did, at every level of detail.
 *
 * A lane's rows are closed off, 1,024 at a time, into segments. A segment is divided into buckets of equal time, a power of
 * two of nanoseconds that lies on multiples of itself for all lanes of a session, and each bucket holds sums: busy, starved,
 * blocked and limited time, executions that begin in it, how many of them failed, the longest. Coarser levels join four
 * buckets each:
 *
 *     level 0   |..|..|..|..|..|..|..|..|..|..|..|..|..|..|..|..|     2^k ns each, at most 256 of them
 *     level 1   |...........|...........|...........|...........|     2^(k+2) ns
 *     level 2   |...............................................|     2^(k+4) ns
 *     segment   [   its own sums, always in memory              ]
 *
 * A picture is made of columns that are powers of two as well. Where a column is at least as wide as a segment's buckets, it
 * is a sum of them; where it is narrower, the segment's rows are walked one by one, and there are never many of those: a
 * segment that covers more than 256 columns has 1,024 rows. So a picture is exact at every zoom, to the rounding of
 * additions, and costs O(pixels).
 *
 * Density decides about the size of buckets by itself: where executions are short, 1,024 of them take little time and
 * buckets are fine; an idle hour is one segment. With 4 to 8 executions in a bucket, all levels take about 5 bytes for each.
 */
import { Block, PageReader, type BlockPool, type Column } from '../model/blocks.js';
import type { Lane } from '../model/entities.js';
import type { IntervalTable } from '../model/intervals.js';
import type { FreeStateTimeline } from './freeState.js';
import {
  addSums,
  BucketSink,
  LaneSums,
  PackedSums,
  SUMS,
  type Buckets,
  type Level,
  type SegmentSums,
  type Share,
} from './laneSums.js';
import { isUsual, LaneFill } from './laneFill.js';
import { LaneWalk } from './laneWalk.js';

/** Rows of a segment, and how many of them share a bucket. */
const SEGMENT_ROWS = 1024;
const ROWS_PER_BUCKET = 4;
/** Levels grow by 2^2. */
const FAN_BITS = 2;
/** Levels with fewer buckets than this would not pay. */
const MIN_BUCKETS = 5;

/** Adds what a lane did to buckets that hold [fromNs, toNs). Tells which of its waits were recorded. */
type Fill = (
  buckets: Buckets,
  fromNs: number,
  toNs: number,
) => Pick<SegmentSums, 'recordedStarvedNs' | 'recordedBlockedNs'>;

const nothingRecorded = { recordedStarvedNs: 0, recordedBlockedNs: 0 };

/** Rows of a lane that are closed off. Its buckets may leave memory; what is a field here stays. */
class Segment extends Block {
  /** Width of the finest buckets, as a power of two of nanoseconds. */
  readonly finestBits: number;
  /** Sums over the whole of it. */
  readonly total = new Float64Array(SUMS);
  readonly recordedStarvedNs: number;
  readonly recordedBlockedNs: number;
  readonly isFull = true;
  private readonly packed: PackedSums;
  private floats: Float32Array | null;

  constructor(fromNs: number, toNs: number, rows: number, fill: Fill) {
    super();
    const levels = levelsOf(fromNs, toNs, Math.ceil(rows / ROWS_PER_BUCKET));
    const [finest] = levels;
    const sums = zeros(finest.count * SUMS);
    const recorded = fill({ ...finest, sums }, fromNs, toNs);
    this.finestBits = finest.bits;
    this.recordedStarvedNs = recorded.recordedStarvedNs;
    this.recordedBlockedNs = recorded.recordedBlockedNs;
    const { packed, floats } = PackedSums.of(sums, levels, this.total);
    this.packed = packed;
    this.floats = floats;
  }

  /** Adds buckets of a level to columns. Rows are read back if they had left. */
  addTo(into: Float64Array, level: Level, share: Share, pool: BlockPool): void {
    this.wasUsed = true;
    if (this.floats === null) pool.bringBack(this);
    if (this.floats === null) throw new Error('Sluice bug: a segment did not come back');
    this.packed.addTo(into, this.floats, level, share);
  }

  protected columns(): readonly Column[] | null {
    return this.floats === null ? null : [this.floats];
  }

  protected restore(page: Uint8Array): void {
    this.floats = new PageReader(page).f32(page.byteLength / 4);
  }

  protected drop(): void {
    this.floats = null;
  }
}

/** The sums that segments are filled in one after the other. Each is done with them before the next begins. */
let scratch = new Float64Array(0);

/** At least so many zeros; good until the next call. */
function zeros(count: number): Float64Array {
  if (scratch.length < count) scratch = new Float64Array(count);
  else scratch.fill(0, 0, count);
  return scratch;
}

const powersOfTwo = Array.from({ length: 64 }, (_, bits) => 2 ** bits);

/** 2^bits, looked up: it is asked for with every segment of every picture. */
const powerOfTwo = (bits: number): number => powersOfTwo[bits] ?? 2 ** bits;

function levelOf(fromNs: number, toNs: number, bits: number, offset: number): Level {
  const widthNs = powerOfTwo(bits);
  const first = Math.floor(fromNs / widthNs);
  return { bits, first, count: Math.ceil(toNs / widthNs) - first, offset };
}

/** The finest level of a stretch of time, with about so many buckets. */
function finestLevel(fromNs: number, toNs: number, wanted: number): Level {
  // A stretch that is not aligned touches one bucket more than fits into it.
  const most = Math.max(wanted, 2);
  let bits = Math.max(Math.floor(Math.log2((toNs - fromNs) / most)), 0);
  for (;;) {
    const level = levelOf(fromNs, toNs, bits, 0);
    if (level.count <= most) return level;
    bits++;
  }
}

/** The next coarser level; null: there is none. Levels follow from the finest, so they need not be kept. */
function coarserLevel(fromNs: number, toNs: number, { bits, count, offset }: Level): Level | null {
  if (count < MIN_BUCKETS) return null;
  return levelOf(fromNs, toNs, bits + FAN_BITS, offset + count);
}

/** The levels of a stretch of time, finest first. */
function levelsOf(fromNs: number, toNs: number, wanted: number): readonly [Level, ...Level[]] {
  const finest = finestLevel(fromNs, toNs, wanted);
  const coarser: Level[] = [];
  for (
    let level = coarserLevel(fromNs, toNs, finest);
    level !== null;
    level = coarserLevel(fromNs, toNs, level)
  ) {
    coarser.push(level);
  }
  return [finest, ...coarser];
}

/** The coarsest level whose buckets are not wider than 2^bits, of one whose finest are not. */
function levelFor(fromNs: number, toNs: number, finestBits: number, bits: number): Level {
  let level = levelOf(fromNs, toNs, finestBits, 0);
  while (level.bits + FAN_BITS <= bits) {
    const coarser = coarserLevel(fromNs, toNs, level);
    if (coarser === null) break;
    level = coarser;
  }
  return level;
}

/** The segments of one lane. Made anew when rows came late (`isStale`) or its stage's timeline did. */
export class LaneLevels {
  /** Behind this moment rows are not closed off yet. -Infinity: none are. */
  builtToNs = -Infinity;
  private readonly total = new LaneSums();
  private readonly lane: Lane;
  private readonly timeline: FreeStateTimeline | null;
  private readonly pool: BlockPool;
  private readonly walk: LaneWalk;
  private readonly segmentRows: number;
  private readonly segments: Segment[] = [];
  /** Where segments begin, and where the last one ends; and their finest widths: side by side, for pictures of all of them. */
  private readonly edgesNs: number[] = [];
  private readonly finestBits: number[] = [];
  private readonly executionEpoch: number;
  private readonly waitEpoch: number;
  private executions = 0;
  private waits = 0;

  /** `segmentRows`: for tests. */
  constructor(
    lane: Lane,
    timeline: FreeStateTimeline | null,
    pool: BlockPool,
    segmentRows = SEGMENT_ROWS,
  ) {
    this.lane = lane;
    this.timeline = timeline;
    this.pool = pool;
    this.segmentRows = segmentRows;
    this.walk = new LaneWalk(lane, { timeline, freeFromNs: -Infinity, freeToNs: Infinity });
    lane.executions.settle();
    lane.waits.settle();
    this.executionEpoch = lane.executions.epoch;
    this.waitEpoch = lane.waits.epoch;
  }

  /** Rows came late and lie in time that is closed off. */
  get isStale(): boolean {
    const { executions, waits } = this.lane;
    return (
      executions.epoch !== this.executionEpoch ||
      waits.epoch !== this.waitEpoch ||
      executions.startNs.at(this.executions) < this.builtToNs ||
      waits.startNs.at(this.waits) < this.builtToNs
    );
  }

  /** Lets go of all segments, when others take their place. */
  dispose(): void {
    for (const segment of this.segments.splice(0)) this.pool.discard(segment);
    this.edgesNs.length = this.finestBits.length = 0;
  }

  /** What the lane did in [fromNs, toNs), whatever of it is closed off. */
  sumsIn(fromNs: number, toNs: number): LaneSums {
    const sums = new LaneSums();
    const firstNs = this.edgesNs[0];
    if (firstNs !== undefined && fromNs <= firstNs && toNs >= this.builtToNs) {
      this.walk.walk(fromNs, firstNs, sums);
      sums.addAll(this.total);
      this.walk.walk(this.builtToNs, toNs, sums);
      return sums;
    }
    let atNs = fromNs;
    for (let i = this.segmentAt(fromNs); i < this.segments.length; i++) {
      const segment = this.segments[i];
      const [beginNs, endNs] = [this.edge(i), this.edge(i + 1)];
      if (segment === undefined || endNs > toNs) break;
      if (beginNs < fromNs) continue;
      this.walk.walk(atNs, beginNs, sums);
      sums.addSegment(segment);
      atNs = endNs;
    }
    this.walk.walk(atNs, toNs, sums);
    return sums;
  }

  /**
   * Closes off the rows before `settledNs`, as far as they make whole segments; `isFinal`: the rest as well, because no more
   * rows are expected. The timeline must reach there.
   */
  advance(settledNs: number, isFinal = false): void {
    const { executions, waits } = this.lane;
    executions.settle();
    waits.settle();
    for (;;) {
      const endNs = this.nextEndNs();
      if (!(endNs <= settledNs)) break;
      this.close(endNs);
    }
    if (isFinal && executions.length + waits.length > this.executions + this.waits) {
      this.close(Math.min(this.lastNs(), settledNs));
    }
    executions.claim(this.executions);
    waits.claim(this.waits);
  }

  /** When the next segment would begin: as soon as executions or waits fill one. NaN: not yet. */
  private nextEndNs(): number {
    const { executions, waits } = this.lane;
    const byExecutions = filledNs(executions.startNs, this.executions, this.segmentRows);
    const byWaits = filledNs(waits.startNs, this.waits, this.segmentRows);
    if (Number.isNaN(byExecutions)) return byWaits;
    return byWaits < byExecutions ? byWaits : byExecutions;
  }

  private firstNs(): number {
    const { executions, waits } = this.lane;
    const starts = [executions.startNs.at(0), waits.startNs.at(0)];
    return Math.min(...starts.filter((ns) => !Number.isNaN(ns)));
  }

  /** When everything of the lane is over. */
  private lastNs(): number {
    const { executions, waits } = this.lane;
    return Math.max(executions.lastEndNs, waits.lastEndNs);
  }

  private close(toNs: number): void {
    const { executions, waits } = this.lane;
    const fromNs = this.builtToNs === -Infinity ? this.firstNs() : this.builtToNs;
    const behind = executions.startNs.lowerBound(toNs, this.executions);
    const behindWaits = waits.startNs.lowerBound(toNs, this.waits);
    if (toNs > fromNs) {
      const rows = Math.max(behind - this.executions, behindWaits - this.waits);
      const fill: Fill = isUsual(this.lane)
        ? (buckets) => this.fillRows(buckets, { fromNs, toNs, behind })
        : (buckets) => this.fillWalking(buckets, fromNs, toNs);
      const segment = new Segment(fromNs, toNs, rows, fill);
      this.segments.push(segment);
      if (this.edgesNs.length === 0) this.edgesNs.push(fromNs);
      this.edgesNs.push(toNs);
      this.finestBits.push(segment.finestBits);
      this.pool.add(segment);
      this.total.addSegment(segment);
      this.builtToNs = toNs;
    }
    this.executions = behind;
    this.waits = behindWaits;
  }

  private fillRows(
    buckets: Buckets,
    {
      fromNs,
      toNs,
      behind,
    }: { readonly fromNs: number; readonly toNs: number; readonly behind: number },
  ): ReturnType<Fill> {
    new LaneFill(buckets, this.timeline, fromNs).fill(this.lane, this.executions, behind, toNs);
    return nothingRecorded;
  }

  private fillWalking(buckets: Buckets, fromNs: number, toNs: number): ReturnType<Fill> {
    const sink = new BucketSink(buckets);
    this.walk.walk(fromNs, toNs, sink);
    return sink;
  }

  /**
   * Adds what the lane did to columns, each 2^bits ns wide. Stretches that no level can tell so finely are handed to `rows`
   * instead, in order, together with all that is not closed off, from the beginning of the first column to the end of the last.
   */
  addTo(columns: Buckets, rows: (fromNs: number, toNs: number) => void): void {
    const widthNs = 2 ** columns.bits;
    const fromNs = columns.first * widthNs;
    const toNs = fromNs + columns.count * widthNs;
    let atNs = fromNs;
    for (let i = this.segmentAt(fromNs); i < this.segments.length; i++) {
      const beginNs = this.edge(i);
      const endNs = this.edge(i + 1);
      if (beginNs >= toNs) break;
      const isOne = isWithinOne(beginNs, endNs, widthNs);
      if (!isOne && (this.finestBits[i] ?? 0) > columns.bits) continue;
      if (beginNs > atNs) rows(atNs, beginNs);
      if (isOne) this.addWhole(i, Math.floor(beginNs / widthNs) - columns.first, columns);
      else this.addSegment(i, columns);
      atNs = Math.min(endNs, toNs);
    }
    if (atNs < toNs) rows(atNs, toNs);
  }

  private addWhole(index: number, column: number, columns: Buckets): void {
    const segment = this.segments[index];
    if (segment === undefined || column < 0 || column >= columns.count) return;
    addSums(columns.sums, column, segment.total, 0);
  }

  private addSegment(index: number, columns: Buckets): void {
    const segment = this.segments[index];
    const finestBits = this.finestBits[index] ?? 0;
    const level = levelFor(this.edge(index), this.edge(index + 1), finestBits, columns.bits);
    const ratio = powerOfTwo(columns.bits - level.bits);
    const from = Math.max(columns.first * ratio - level.first, 0);
    const to = Math.min((columns.first + columns.count) * ratio - level.first, level.count);
    if (to <= from || segment === undefined) return;
    const column = Math.floor((level.first + from) / ratio);
    const left = (column + 1) * ratio - (level.first + from);
    const share = { from, to, ratio, column: column - columns.first, left };
    segment.addTo(columns.sums, level, share, this.pool);
  }

  private edge(index: number): number {
    return this.edgesNs[index] ?? NaN;
  }

  /** The segment at a moment or the next one behind it. */
  private segmentAt(ns: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.edge(middle + 1) <= ns) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isWithinOne(fromNs: number, toNs: number, widthNs: number): boolean {
  return Math.floor(fromNs / widthNs) === Math.floor((toNs - 1) / widthNs);
}

/** The start of the row that is one too many for a segment from `first` on; rows that begin at once are not torn apart. */
function filledNs(startNs: IntervalTable['startNs'], first: number, rows: number): number {
  const filled = startNs.at(first + rows);
  return filled === startNs.at(first) ? startNs.at(startNs.upperBound(filled)) : filled;
}
