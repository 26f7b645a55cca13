/** Intervals of one lane (executions, waits or nested spans), in blocks of columns sorted by start. */
import { BLOCK_MASK, BLOCK_ROWS, BLOCK_SHIFT, BlockPool } from './blocks.js';
import { IntervalBlock, IntervalRow, type IntervalRows } from './intervalBlock.js';

/** Intervals per sum: `durationBefore` scans fewer than this many. */
const SUMMED = 32;

/** A block with its rows in memory. */
export type ResidentBlock = IntervalBlock & { readonly data: IntervalRows };

/**
 * Sorted by start, and by longest first where starts are equal (so an outer span comes before those inside it).
 *
 * Records come almost sorted: a lane writes an execution when it ends, and executions of a lane do not overlap. Only nested
 * spans (inner ones end first) and foreign files come out of order. So a late interval only marks where the order breaks,
 * and `settle` sorts the tail from there before the next read.
 */
export class IntervalTable {
  length = 0;
  readonly startNs: StartColumn;
  readonly durationNs: DurationColumn;
  /** First payload word: the item of an execution, the kind of a wait, the name of a span. */
  readonly first: FirstColumn;
  /** Second payload word: packed size and flags of an execution, the level of a span. */
  readonly second: SecondColumn;
  /** How long the item of an execution had waited when it began: microseconds + 1, 0 where that is not known. */
  readonly waited: WaitedColumn;
  /** Grows when an interval was put in front of one that a fold has already read (see `claim`). */
  epoch = 0;
  /** Longest duration ever added. */
  longestNs = 0;
  /** End of the last interval to end; -Infinity without any. */
  lastEndNs = -Infinity;
  /** Some interval may have begun before another one had ended. */
  mayOverlap = false;
  private readonly pool: BlockPool;
  private readonly beforeSort: (() => void) | null;
  private readonly blocks: IntervalBlock[] = [];
  private last: IntervalBlock | null = null;
  /** Latest start of all rows: one that comes late does not put it back. */
  private latestStartNs = -Infinity;
  private claimed = 0;
  private unsortedFrom = Infinity;
  private readonly sums: number[] = [];
  private readonly row = new IntervalRow();

  /** `beforeSort` is called while the rows still stand in the order in which they came. */
  constructor(pool: BlockPool = new BlockPool(), beforeSort: (() => void) | null = null) {
    this.pool = pool;
    this.beforeSort = beforeSort;
    this.startNs = new StartColumn(this);
    this.durationNs = new DurationColumn(this);
    this.first = new FirstColumn(this);
    this.second = new SecondColumn(this);
    this.waited = new WaitedColumn(this);
  }

  add(startNs: number, durationNs: number, first: number, second: number): void {
    const { row } = this;
    row.startNs = startNs;
    row.durationNs = durationNs;
    row.first = first;
    row.second = second;
    this.addRow(row);
  }

  /** The same with the row as an object, which is not kept: numbers handed from call to call would cost an object each. */
  addRow(row: Readonly<IntervalRow>): void {
    // The usual one begins when all others have ended, and together with none.
    if (row.startNs >= this.lastEndNs && row.startNs > this.latestStartNs) {
      this.lastEndNs = row.startNs + row.durationNs;
    } else this.place(row.startNs, row.durationNs);
    if (row.startNs > this.latestStartNs) this.latestStartNs = row.startNs;
    if (row.durationNs > this.longestNs) this.longestNs = row.durationNs;
    const { last } = this;
    const block = last === null || last.rows === BLOCK_ROWS ? this.newBlock() : last;
    if (block.push(row)) this.pool.resized(block);
    this.length++;
  }

  /** Replaces the second word of interval `index`. */
  setSecond(index: number, second: number): void {
    const block = this.block(index >>> BLOCK_SHIFT);
    block.setSecond(index & BLOCK_MASK, second);
    this.pool.resized(block);
  }

  /** End of interval `index`. */
  endNs(index: number): number {
    return this.startNs.at(index) + this.durationNs.at(index);
  }

  get blockCount(): number {
    return this.blocks.length;
  }

  /** What is known of a block without its rows. */
  summary(block: number): Readonly<IntervalBlock> {
    return this.existing(block);
  }

  /** A block with its rows, read back if they had left. */
  block(index: number): ResidentBlock {
    const block = this.existing(index);
    block.wasUsed = true;
    if (block.data === null) this.pool.bringBack(block);
    return block as ResidentBlock;
  }

  /** A fold has read the intervals before `index` and keeps what it learned for as long as `epoch` stays. */
  claim(index: number): void {
    if (index > this.claimed) this.claimed = index;
  }

  /** Index of the first interval that may end after `ns`; all before it have ended by then. The table must be settled. */
  firstReaching(ns: number): number {
    return this.reaching(ns, this.startNs.upperBound(ns));
  }

  /** Index of the first interval that may end at `ns` or later; all before it have ended earlier. The table must be settled. */
  firstEndingFrom(ns: number): number {
    return this.reaching(ns, this.startNs.lowerBound(ns));
  }

  /** Forgets everything for good. Nobody may read the table any more. */
  dispose(): void {
    for (const block of this.blocks) this.pool.discard(block);
  }

  private reaching(ns: number, behind: number): number {
    // Intervals may lie inside of others: as far back as the longest of them reaches, any may still go on.
    if (this.mayOverlap) return this.startNs.lowerBound(ns - this.longestNs);
    const index = Math.max(behind - 1, 0);
    // Those that took no time stand behind one that began with them.
    return index > 0 && this.startNs.at(index) === this.startNs.at(index - 1)
      ? this.startNs.lowerBound(this.startNs.at(index))
      : index;
  }

  /** Makes the order good again; call it before reading. Returns the first index that may have moved, else `length`. */
  settle(): number {
    const from = this.unsortedFrom;
    if (from === Infinity) return this.length;
    this.unsortedFrom = Infinity;
    this.beforeSort?.();
    this.sortFrom(from);
    this.sums.length = Math.min(this.sums.length, Math.floor(from / SUMMED));
    return from;
  }

  /** Sum of the durations of the intervals before `index`. */
  durationBefore(index: number): number {
    const wanted = Math.floor(index / SUMMED);
    for (let n = this.sums.length; n < wanted; n++) {
      this.sums.push((this.sums[n - 1] ?? 0) + this.durationIn(n * SUMMED, (n + 1) * SUMMED));
    }
    return (this.sums[wanted - 1] ?? 0) + this.durationIn(wanted * SUMMED, index);
  }

  /** Bytes held in memory. */
  get byteLength(): number {
    return this.blocks.reduce((sum, block) => sum + block.byteLength, 0);
  }

  /** Index of the block that holds the last row of [from, to) that starts before `ns` (`orAt`: at it or before); -1: none. */
  blockBefore(ns: number, from: number, to: number, orAt: boolean): number {
    let low = from >>> BLOCK_SHIFT;
    let high = to > from ? ((to - 1) >>> BLOCK_SHIFT) + 1 : low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { startNs } = this.existing(middle);
      if (startNs < ns || (orAt && startNs === ns)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  private existing(index: number): IntervalBlock {
    const block = this.blocks[index];
    if (block === undefined) throw new Error(`Sluice bug: there is no block ${index}`);
    return block;
  }

  private newBlock(): IntervalBlock {
    const block = new IntervalBlock(this.blocks.length === 0);
    this.blocks.push(block);
    this.pool.add(block);
    this.last = block;
    return block;
  }

  private durationIn(from: number, to: number): number {
    let sum = 0;
    for (let i = from; i < to; i++) sum += this.durationNs.at(i);
    return sum;
  }

  /** Where an interval stands that does not begin behind the end of all others. */
  private place(startNs: number, durationNs: number): void {
    const before = this.length - 1;
    const lastStartNs = before < 0 ? -Infinity : this.startNs.at(before);
    if (startNs < this.lastEndNs) this.mayOverlap = true;
    if (startNs < lastStartNs) this.markUnsorted(this.length, startNs);
    else if (startNs === lastStartNs && durationNs > this.durationNs.at(before)) {
      // The longer one comes to stand first, and the other begins within it.
      this.mayOverlap = true;
      this.markUnsorted(this.length, startNs);
    }
    if (startNs + durationNs > this.lastEndNs) this.lastEndNs = startNs + durationNs;
  }

  private markUnsorted(n: number, startNs: number): void {
    const position = this.startNs.lowerBound(startNs, 0, Math.min(n, this.unsortedFrom));
    this.unsortedFrom = Math.min(this.unsortedFrom, position);
    if (position < this.claimed) {
      this.epoch++;
      this.claimed = position;
    }
  }

  /** Sorts the rows from `from` on, by copies of their columns: 32 bytes a row for the time that it takes. */
  private sortFrom(from: number): void {
    const count = this.length - from;
    const startNs = new Float64Array(count);
    const durationNs = new Float64Array(count);
    const words = new Uint32Array(3 * count);
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      startNs[i] = this.startNs.at(from + i);
      durationNs[i] = this.durationNs.at(from + i);
      words[3 * i] = this.first.at(from + i);
      words[3 * i + 1] = this.second.at(from + i);
      words[3 * i + 2] = this.waited.at(from + i);
      order[i] = i;
    }
    order.sort(
      (a, b) =>
        (startNs[a] ?? 0) - (startNs[b] ?? 0) ||
        (durationNs[b] ?? 0) - (durationNs[a] ?? 0) ||
        a - b,
    );
    const row = new IntervalRow();
    for (let i = 0; i < count; i++) {
      const source = order[i] ?? 0;
      row.startNs = startNs[source] ?? 0;
      row.durationNs = durationNs[source] ?? 0;
      row.first = words[3 * source] ?? 0;
      row.second = words[3 * source + 1] ?? 0;
      row.waited = words[3 * source + 2] ?? 0;
      const block = this.block((from + i) >>> BLOCK_SHIFT);
      block.write((from + i) & BLOCK_MASK, row);
      this.pool.resized(block);
    }
  }
}

/** Starts. Reads behind the end give NaN. */
class StartColumn {
  private readonly table: IntervalTable;

  constructor(table: IntervalTable) {
    this.table = table;
  }

  at(index: number): number {
    const { table } = this;
    if (!(index >= 0 && index < table.length)) return NaN;
    return table.block(index >>> BLOCK_SHIFT).data.startNs[index & BLOCK_MASK] ?? NaN;
  }

  /** Index of the first start greater than `ns`, searching [from, to). The table must be sorted there. */
  upperBound(ns: number, from = 0, to = this.table.length): number {
    return this.bound(ns, { from, to, orAt: true });
  }

  /** Index of the first start not less than `ns`, searching [from, to). The table must be sorted there. */
  lowerBound(ns: number, from = 0, to = this.table.length): number {
    return this.bound(ns, { from, to, orAt: false });
  }

  private bound(
    ns: number,
    { from, to, orAt }: { readonly from: number; readonly to: number; readonly orAt: boolean },
  ): number {
    const index = this.table.blockBefore(ns, from, to, orAt);
    const base = index * BLOCK_ROWS;
    // Not even the first of the rows in question starts early enough.
    if (index < from >>> BLOCK_SHIFT || to <= from) return from;
    const { startNs } = this.table.block(index).data;
    let low = Math.max(from - base, 0);
    let high = Math.min(to - base, BLOCK_ROWS);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = startNs[middle] ?? NaN;
      if (at < ns || (orAt && at === ns)) low = middle + 1;
      else high = middle;
    }
    return base + low;
  }
}

/** Durations. Reads behind the end give NaN. */
class DurationColumn {
  private readonly table: IntervalTable;

  constructor(table: IntervalTable) {
    this.table = table;
  }

  at(index: number): number {
    const { table } = this;
    if (!(index >= 0 && index < table.length)) return NaN;
    return table.block(index >>> BLOCK_SHIFT).data.durationNs[index & BLOCK_MASK] ?? NaN;
  }
}

/** First words. Reads behind the end give 0. */
class FirstColumn {
  private readonly table: IntervalTable;

  constructor(table: IntervalTable) {
    this.table = table;
  }

  at(index: number): number {
    const { table } = this;
    if (!(index >= 0 && index < table.length)) return 0;
    const block = table.block(index >>> BLOCK_SHIFT);
    return block.data.first === null ? block.firstAll : (block.data.first[index & BLOCK_MASK] ?? 0);
  }
}

/** Second words. Reads behind the end give 0. */
class SecondColumn {
  private readonly table: IntervalTable;

  constructor(table: IntervalTable) {
    this.table = table;
  }

  at(index: number): number {
    const { table } = this;
    if (!(index >= 0 && index < table.length)) return 0;
    const block = table.block(index >>> BLOCK_SHIFT);
    return block.data.second === null
      ? block.secondAll
      : (block.data.second[index & BLOCK_MASK] ?? 0);
  }
}

/** Waits before executions. 0 where nothing is known. */
class WaitedColumn {
  private readonly table: IntervalTable;

  constructor(table: IntervalTable) {
    this.table = table;
  }

  at(index: number): number {
    const { table } = this;
    if (!(index >= 0 && index < table.length)) return 0;
    return table.block(index >>> BLOCK_SHIFT).data.waited?.[index & BLOCK_MASK] ?? 0;
  }
}
