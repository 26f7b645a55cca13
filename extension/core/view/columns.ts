/**
 * The columns of a picture. They are not the pixels of the request: a column is a power of two of nanoseconds wide and stands
 * on a multiple of its width, as the buckets of lanes and queues do, so that every column is a sum of whole buckets and exact.
 * It comes out between 0.7 and 1.4 pixels wide; the panel draws it where it stands.
 */
import { SUMS, Sum, type Buckets } from '../analysis/laneSums.js';
import { packStrip, StripFlag } from '../panel/view.js';

/** Columns at most, whatever was asked for. */
const MAX_COLUMNS = 32_768;

/** Columns from `first` on (in widths since the session's anchor). */
export interface Columns {
  readonly bits: number;
  readonly widthNs: number;
  readonly first: number;
  readonly count: number;
}

/** The columns of [fromNs, toNs) where a pixel is `pxNs` wide. */
export function columnsFor(fromNs: number, toNs: number, pxNs: number): Columns {
  let bits = Math.max(Math.round(Math.log2(pxNs)), 0);
  for (;;) {
    const widthNs = 2 ** bits;
    const first = Math.floor(fromNs / widthNs);
    const count = Math.max(Math.ceil(toNs / widthNs) - first, 1);
    if (count <= MAX_COLUMNS) return { bits, widthNs, first, count };
    bits++;
  }
}

/** Sums of the columns of one row after the other. */
export class ColumnSums {
  readonly columns: Columns;
  readonly buckets: Buckets;

  constructor(columns: Columns) {
    this.columns = columns;
    const sums = new Float64Array(columns.count * SUMS);
    this.buckets = { bits: columns.bits, first: columns.first, count: columns.count, sums };
  }

  /** For the next row. */
  clear(): void {
    this.buckets.sums.fill(0);
  }

  /**
   * The columns as words, from the first to the last one that holds anything. `lanes`: how many lanes' time they hold, so that
   * shares are those of lane time.
   */
  pack(lanes: number): Strip {
    const { sums } = this.buckets;
    const { count, widthNs } = this.columns;
    let from = 0;
    let to = count;
    while (from < to && isEmpty(sums, from)) from++;
    while (to > from && isEmpty(sums, to - 1)) to--;
    const words = new Uint32Array(to - from);
    const scale = 1 / (widthNs * Math.max(lanes, 1));
    for (let i = 0; i < words.length; i++) {
      const at = (from + i) * SUMS;
      const shares = {
        busy: (sums[at + Sum.busy] ?? 0) * scale,
        starved: (sums[at + Sum.starved] ?? 0) * scale,
        blocked: (sums[at + Sum.blocked] ?? 0) * scale,
        limited: (sums[at + Sum.limited] ?? 0) * scale,
      };
      words[i] = packStrip(shares, flagsOf(sums, at));
    }
    return { first: from, words };
  }
}

/** Packed columns from `first` on (counted from the first column of the picture). */
export interface Strip {
  readonly first: number;
  readonly words: Uint32Array;
}

function flagsOf(sums: Float64Array, at: number): number {
  const isFailed = (sums[at + Sum.failed] ?? 0) > 0;
  const isMany = (sums[at + Sum.count] ?? 0) > 1;
  return (isFailed ? StripFlag.error : 0) | (isMany ? StripFlag.many : 0);
}

function isEmpty(sums: Float64Array, column: number): boolean {
  const at = column * SUMS;
  return (
    sums[at + Sum.busy] === 0 &&
    sums[at + Sum.starved] === 0 &&
    sums[at + Sum.blocked] === 0 &&
    sums[at + Sum.limited] === 0 &&
    sums[at + Sum.count] === 0
  );
}
