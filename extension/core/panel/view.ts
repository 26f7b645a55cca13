/**
 * Pictures: what the panel asks for and how the pixels come back. A reply is one tight ArrayBuffer with a list of what stands
 * where in it; words and floats are packed and unpacked here and nowhere else.
 */
import { integerIn, listOf, object, type Checked } from '../../../agent/wire/validate.js';
import { rowId, seq, timeNs } from './checks.js';

/** A picture is wanted: the rows in [fromNs, toNs), drawn `widthPx` pixels wide. */
export const checkViewRequest = object({
  seq,
  fromNs: timeNs,
  toNs: timeNs,
  widthPx: integerIn(1, 16_384),
  /** Row ids of lanes, queues and gauges that are on screen. */
  rows: listOf(rowId, 4096),
});
export type ViewRequest = Checked<typeof checkViewRequest>;

/** Kinds of box on a lane, as stored in a box's meta word. */
export const BoxKind = {
  busy: 0,
  starved: 1,
  blocked: 2,
  limited: 3,
  span: 4,
  gpu: 5,
  /** A function by CPU samples. */
  cpu: 6,
  /** The thread did nothing while the execution was open. */
  cpuIdle: 7,
} as const;

/** Flags in a box's meta word. */
export const BoxFlag = {
  /** The execution failed, or one of the merged ones did. */
  error: 1,
  /** Stands for several neighbours that are too narrow to tell apart. */
  merged: 2,
  /** CPU samples that are not counted to this stage: executions of another one were open too. */
  shared: 4,
} as const;

/** Bytes of one box: x and width as float32 pixels, meta as uint32, name index as uint32 (into `names`). */
export const BOX_BYTES = 16;

/** Packs a box's meta word: kind | level << 8 | busy share 0..255 << 16 | flags << 24. */
export function packMeta(kind: number, level: number, share: number, flags: number): number {
  return (kind | (level << 8) | (share << 16) | (flags << 24)) >>> 0;
}

export const metaKind = (meta: number): number => meta & 0xff;
export const metaLevel = (meta: number): number => (meta >>> 8) & 0xff;
export const metaShare = (meta: number): number => (meta >>> 16) & 0xff;
export const metaFlags = (meta: number): number => meta >>> 24;

/** Shares of a column's time, 0..1, that add up to at most 1. */
export interface ColumnShares {
  readonly busy: number;
  readonly starved: number;
  readonly blocked: number;
  readonly limited: number;
}

/** Flags of a column. */
export const StripFlag = {
  /** One of the executions that begin in it failed. */
  error: 1,
  /** More than one execution begins in it. */
  many: 2,
} as const;

const SHARE_STEPS = 127;

function shareStep(share: number): number {
  if (share <= 0) return 0;
  const step = (share * SHARE_STEPS + 0.5) | 0;
  return step < 1 ? 1 : step > SHARE_STEPS ? SHARE_STEPS : step;
}

/**
 * A column as one word: busy | blocked << 7 | starved << 14 | limited << 21 | flags << 28, shares in steps of 1/127, never 0
 * when there was any.
 */
export function packStrip(shares: ColumnShares, flags: number): number {
  return (
    (shareStep(shares.busy) |
      (shareStep(shares.blocked) << 7) |
      (shareStep(shares.starved) << 14) |
      (shareStep(shares.limited) << 21) |
      (flags << 28)) >>>
    0
  );
}

export const stripBusy = (word: number): number => (word & 0x7f) / SHARE_STEPS;
export const stripBlocked = (word: number): number => ((word >>> 7) & 0x7f) / SHARE_STEPS;
export const stripStarved = (word: number): number => ((word >>> 14) & 0x7f) / SHARE_STEPS;
export const stripLimited = (word: number): number => ((word >>> 21) & 0x7f) / SHARE_STEPS;
export const stripFlags = (word: number): number => word >>> 28;

/** Columns of a row: `count` uint32 at `offset`, from column `first` of the reply on; columns outside of it are empty. */
export interface StripPlace {
  readonly offset: number;
  readonly first: number;
  readonly count: number;
}

/** Where a row's pixels stand in the reply's buffer. Offsets are multiples of 4. */
export type ViewSection =
  /**
   * `count` boxes of BOX_BYTES, by level and then by x: what is wide enough to be told apart. The rest of level 0 is in the
   * strip, which never repeats what a box shows.
   */
  | {
      readonly kind: 'lane';
      readonly row: number;
      readonly offset: number;
      readonly count: number;
      readonly strip: StripPlace;
    }
  /** All lanes of a row together, as shares of their time. */
  | { readonly kind: 'strip'; readonly row: number; readonly strip: StripPlace }
  /**
   * Heatmap cells, uint8, column-major: cell [column * buckets + bucket] is the share of the column's time that the queue
   * spent at depths [bucket * depthPerBucket, (bucket + 1) * depthPerBucket), 255 = all of it, never 0 when any of it.
   * `columns` of them from column `first` of the reply on. Outside of them, and where a column is all 0, nothing is known.
   */
  | {
      readonly kind: 'queue';
      readonly row: number;
      readonly offset: number;
      readonly first: number;
      readonly columns: number;
      readonly buckets: number;
      readonly depthPerBucket: number;
    }
  /**
   * Values of a gauge, float32, in `columns` equal columns of its own over the whole request: the longest delay, the most
   * memory, else the mean over the column's time. NaN before the first and behind the last sample, -1 where nothing is known
   * in between.
   */
  | {
      readonly kind: 'gauge';
      readonly row: number;
      readonly offset: number;
      readonly columns: number;
    };

export interface ViewReply {
  readonly seq: number;
  readonly fromNs: number;
  readonly toNs: number;
  readonly widthPx: number;
  /** Columns of lanes and queues: width, a power of two of nanoseconds, and the start of column 0, a multiple of it. */
  readonly columnNs: number;
  readonly originNs: number;
  readonly sections: readonly ViewSection[];
  /** Names of nested spans that occur in the boxes; index 0 is the stage itself. */
  readonly names: readonly string[];
  readonly buffer: ArrayBuffer;
}
