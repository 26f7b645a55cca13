/** Values over time: the depth of a queue, a gauge. */
import { BLOCK_MASK, BLOCK_ROWS, BLOCK_SHIFT, BlockPool } from './blocks.js';
import { F64Column } from './columns.js';
import { DepthBlock, DepthRow, type DepthRows } from './depthBlock.js';

/** Range of depths a queue went through in a stretch of time: one depth, or (merged records) everything from low to high. */
export interface DepthRange {
  low: number;
  high: number;
}

/** A block with its rows in memory. */
export type ResidentDepths = DepthBlock & { readonly data: DepthRows };

/**
 * The depth of one queue. Between records the depth is constant, except before a record that merged several changes: then
 * only the lowest and the highest depth of that stretch are known, and everything that is computed from it takes all depths
 * in between as equally likely.
 */
export class DepthSeries {
  length = 0;
  readonly atNs: TimeColumn;
  readonly depth: DepthColumn;
  /** Range since the previous record; low > high: nothing was merged. */
  readonly low: LowColumn;
  readonly high: HighColumn;
  maxDepth = 0;
  /** Grows when a record changed what was known of a time that somebody has already read (see `claim`). */
  epoch = 0;
  private readonly pool: BlockPool;
  private readonly blocks: DepthBlock[] = [];
  private last: DepthBlock | null = null;
  private lastNs = -Infinity;
  private claimedNs = -Infinity;
  private readonly row = new DepthRow();
  private readonly other = new DepthRow();

  constructor(pool: BlockPool = new BlockPool()) {
    this.pool = pool;
    this.atNs = new TimeColumn(this);
    this.depth = new DepthColumn(this);
    this.low = new LowColumn(this);
    this.high = new HighColumn(this);
  }

  /** Adds a record; `low` and `high` only when changes were merged. */
  add(atNs: number, depth: number, low = 1, high = 0): void {
    const { row } = this;
    row.atNs = atNs;
    row.depth = depth;
    row.low = low;
    row.high = high;
    this.addRow(row);
  }

  /** The same with the record as an object, which is not kept: numbers handed from call to call would cost an object each. */
  addRow(row: Readonly<DepthRow>): void {
    const isLate = row.atNs < this.lastNs;
    const isMerged = row.low <= row.high;
    const highest = isMerged && row.high > row.depth ? row.high : row.depth;
    if (highest > this.maxDepth) this.maxDepth = highest;
    if (!isLate) this.comesNext(row.atNs, isMerged);
    const { last } = this;
    const block = last === null || last.rows === BLOCK_ROWS ? this.newBlock() : last;
    if (block.push(row)) this.pool.resized(block);
    this.length++;
    if (isLate) this.walkBack(this.length - 1, row);
  }

  private comesNext(atNs: number, isMerged: boolean): void {
    // A merged record speaks about the time since the one before it.
    if (atNs < this.claimedNs || (isMerged && this.lastNs < this.claimedNs)) this.epoch++;
    this.lastNs = atNs;
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

  get blockCount(): number {
    return this.blocks.length;
  }

  /** What is known of a block without its rows. */
  summary(block: number): Readonly<DepthBlock> {
    return this.existing(block);
  }

  /** A block with its rows, read back if they had left. */
  block(index: number): ResidentDepths {
    const block = this.existing(index);
    block.wasUsed = true;
    if (block.data === null) this.pool.bringBack(block);
    return block as ResidentDepths;
  }

  /** Threads are drained one after the other, so a record may come a little late: it is walked to its place. */
  private walkBack(from: number, row: Readonly<DepthRow>): void {
    const { other } = this;
    let i = from;
    while (i > 0 && this.atNs.at(i - 1) > row.atNs) {
      this.block((i - 1) >>> BLOCK_SHIFT).read((i - 1) & BLOCK_MASK, other);
      this.write(i, other);
      i--;
    }
    this.write(i, row);
    // A merged record speaks about the time since the one before it; a record in front of a merged one shortens that time.
    if ((i > 0 ? this.atNs.at(i - 1) : row.atNs) < this.claimedNs) this.epoch++;
  }

  private newBlock(): DepthBlock {
    const block = new DepthBlock(this.blocks.length === 0);
    this.blocks.push(block);
    this.pool.add(block);
    this.last = block;
    return block;
  }

  private write(index: number, row: Readonly<DepthRow>): void {
    const block = this.block(index >>> BLOCK_SHIFT);
    if (block.write(index & BLOCK_MASK, row)) this.pool.resized(block);
  }

  private existing(index: number): DepthBlock {
    const block = this.blocks[index];
    if (block === undefined) throw new Error(`Sluice bug: there is no block ${index}`);
    return block;
  }
}

/** Times of records. Reads behind the end give NaN. */
class TimeColumn {
  private readonly series: DepthSeries;

  constructor(series: DepthSeries) {
    this.series = series;
  }

  get length(): number {
    return this.series.length;
  }

  at(index: number): number {
    const { series } = this;
    if (!(index >= 0 && index < series.length)) return NaN;
    return series.block(index >>> BLOCK_SHIFT).data.atNs[index & BLOCK_MASK] ?? NaN;
  }

  /** Index of the first record later than `ns`. */
  upperBound(ns: number): number {
    const { series } = this;
    let low = 0;
    let high = series.blockCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (series.summary(middle).atNs <= ns) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const { data, rows } = series.block(low - 1);
    let [from, to] = [0, rows];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((data.atNs[middle] ?? NaN) <= ns) from = middle + 1;
      else to = middle;
    }
    return (low - 1) * BLOCK_ROWS + from;
  }
}

/** Depths. Reads behind the end give 0. */
class DepthColumn {
  private readonly series: DepthSeries;

  constructor(series: DepthSeries) {
    this.series = series;
  }

  at(index: number): number {
    const { series } = this;
    if (!(index >= 0 && index < series.length)) return 0;
    return series.block(index >>> BLOCK_SHIFT).data.depth[index & BLOCK_MASK] ?? 0;
  }
}

/** Lowest depths of merged records; 1 where nothing was merged. */
class LowColumn {
  private readonly series: DepthSeries;

  constructor(series: DepthSeries) {
    this.series = series;
  }

  at(index: number): number {
    const { series } = this;
    if (!(index >= 0 && index < series.length)) return 1;
    return series.block(index >>> BLOCK_SHIFT).data.low?.[index & BLOCK_MASK] ?? 1;
  }
}

/** Highest depths of merged records; 0 where nothing was merged. */
class HighColumn {
  private readonly series: DepthSeries;

  constructor(series: DepthSeries) {
    this.series = series;
  }

  at(index: number): number {
    const { series } = this;
    if (!(index >= 0 && index < series.length)) return 0;
    return series.block(index >>> BLOCK_SHIFT).data.high?.[index & BLOCK_MASK] ?? 0;
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
