/** Positions in a queue's records that move forward. */
import { BLOCK_MASK, BLOCK_ROWS, BLOCK_SHIFT } from '../model/blocks.js';
import type { DepthBlock, DepthRows } from '../model/depthBlock.js';
import type { DepthRange, DepthSeries } from '../model/series.js';
import type { StepHistory } from '../model/steps.js';

/** A block of records that is kept while a cursor is in it, and asked for again when its rows have left meanwhile. */
class BlockAt {
  private readonly series: DepthSeries;
  private block: DepthBlock | null = null;
  private index = -1;

  constructor(series: DepthSeries) {
    this.series = series;
  }

  rows(index: number): DepthRows {
    if (this.index !== index || this.block === null) {
      this.block = this.series.block(index);
      this.index = index;
    }
    return this.block.data ?? this.series.block(index).data;
  }
}

/**
 * Records of one series, one after the other: what the queue held in the stretch at hand, and when that ends. Position -1 is
 * before the first: the queue counts as empty there.
 */
export class QueueCursor implements DepthRange {
  /** The depths in the stretch from this record to the next. */
  low = 0;
  high = 0;
  /** When the next record comes; Infinity: none is known. */
  nextNs = Infinity;
  private index: number;
  private readonly series: DepthSeries;
  private readonly block: BlockAt;

  constructor(series: DepthSeries, index = -1) {
    this.series = series;
    this.index = index;
    this.block = new BlockAt(series);
    this.look();
  }

  /** Goes on to the next record. */
  advance(): void {
    this.index++;
    this.look();
  }

  private look(): void {
    const { index, series } = this;
    const next = index + 1;
    if (next >= series.length) {
      this.nextNs = Infinity;
      this.low = this.high = this.depthBefore();
      return;
    }
    const row = next & BLOCK_MASK;
    const { atNs, depth, low, high } = this.block.rows(next >>> BLOCK_SHIFT);
    this.nextNs = atNs[row] ?? Infinity;
    if (index >= 0 && low !== null && high !== null) {
      const lowest = low[row] ?? 1;
      const highest = high[row] ?? 0;
      // The next record has merged changes: then only the range of this stretch is known.
      if (lowest <= highest) {
        this.low = lowest;
        this.high = highest;
        return;
      }
    }
    this.low = this.high = row > 0 ? (depth[row - 1] ?? 0) : this.depthBefore();
  }

  /** At the record that it stands on; before the first record a queue is empty. */
  private depthBefore(): number {
    return this.index < 0 ? 0 : this.series.depth.at(this.index);
  }
}

/**
 * Share of the depths in the range that are at or over the capacity. A queue without room (capacity 0) hands over directly:
 * its depth is always 0 and says nothing about who waits for whom, so it never counts as full.
 */
export function fullShareOf({ low, high }: DepthRange, capacity: number | null): number {
  if (capacity === null || capacity <= 0) return 0;
  return shareFrom(low, high, Math.ceil(capacity));
}

/** Share of the depths in the range that are 0. */
export function emptyShareOf({ low, high }: DepthRange): number {
  return 1 - shareFrom(low, high, 1);
}

/** Share of the depths low..high that are not below `least`. */
function shareFrom(low: number, high: number, least: number): number {
  if (high < least) return 0;
  return low >= least ? 1 : (high - least + 1) / (high - low + 1);
}

/**
 * How much of a queue is at or above some depth: not empty (`least` 1), or full (`least` is the capacity, which may change).
 * Goes from one change of that share to the next and passes the records between, which do not change it: most do not, since a
 * busy queue is neither empty nor full.
 */
export class ShareCursor {
  /** Share of the stretch at hand. */
  share = 0;
  /** When the share changes next; Infinity: no change is known. */
  nextNs = Infinity;
  readonly series: DepthSeries;
  private least = 1;
  /** Until when `least` holds. */
  private leastUntilNs = Infinity;
  private nextRecord = 0;
  private nextShare = 0;
  private readonly capacity: StepHistory | null;
  private readonly block: BlockAt;
  private readonly range: DepthRange = { low: 0, high: 0 };

  /** `capacity`: of a queue that may be full; null: whether it holds anything is asked. */
  constructor(series: DepthSeries, capacity: StepHistory | null) {
    this.series = series;
    this.capacity = capacity;
    this.block = new BlockAt(series);
    this.seek(-Infinity);
  }

  /** Goes to the stretch that holds at a moment. */
  seek(atNs: number): void {
    this.readCapacity(atNs);
    const record = this.series.atNs.upperBound(atNs) - 1;
    this.share = this.shareAt(record);
    this.look(record + 1);
  }

  /** Goes to the stretch that begins at `nextNs`. */
  advance(): void {
    if (this.nextNs === this.leastUntilNs) {
      this.seek(this.nextNs);
      return;
    }
    this.share = this.nextShare;
    this.look(this.nextRecord + 1);
  }

  /** Finds the first record from `from` on that changes the share. */
  private look(from: number): void {
    const { series, share, least, block } = this;
    for (let next = from; next < series.length;) {
      const base = next - (next & BLOCK_MASK);
      const data = block.rows(next >>> BLOCK_SHIFT);
      const end = Math.min(series.length - base, BLOCK_ROWS);
      for (let row = next - base; row < end; row++) {
        // What follows on the last record of a block is told by the first of the next one.
        const found = row + 1 < end ? shareBehind(data, row, least) : this.shareAt(base + row);
        if (found === share) continue;
        this.nextRecord = base + row;
        this.nextShare = found;
        this.nextNs = Math.min(data.atNs[row] ?? Infinity, this.leastUntilNs);
        return;
      }
      next = base + end;
    }
    this.nextNs = this.leastUntilNs;
  }

  /** Share in the stretch from a record to the next one. */
  private shareAt(record: number): number {
    const { range, least } = this;
    this.series.rangeAt(record, range);
    return shareFrom(range.low, range.high, least);
  }

  private readCapacity(atNs: number): void {
    const { capacity } = this;
    if (capacity === null) return;
    const value = capacity.at(atNs);
    this.least = value === null || value <= 0 ? Infinity : Math.ceil(value);
    this.leastUntilNs = capacity.nextChange(atNs);
  }
}

/** Share of the stretch between a record and the next one in the same block. */
function shareBehind({ depth, low, high }: DepthRows, row: number, least: number): number {
  if (low !== null && high !== null) {
    const lowest = low[row + 1] ?? 1;
    const highest = high[row + 1] ?? 0;
    if (lowest <= highest) return shareFrom(lowest, highest, least);
  }
  return (depth[row] ?? 0) >= least ? 1 : 0;
}
