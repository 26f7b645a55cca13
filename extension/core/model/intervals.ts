/** Intervals of one lane (executions, waits or nested spans), in columns sorted by start. */
import { F64Column, U32Column } from './columns.js';

/** Intervals per summary entry: `durationBefore` scans fewer than this many, the summary costs 16 bytes per block. */
const BLOCK = 32;

/**
 * Sorted by start, and by longest first where starts are equal (so an outer span comes before those inside it).
 *
 * Records come almost sorted: a lane writes an execution when it ends, and executions of a lane do not overlap. Only nested
 * spans (inner ones end first) and foreign files come out of order. So a late interval only marks where the order breaks,
 * and `settle` sorts the tail from there before the next read.
 */
export class IntervalTable {
  readonly startNs = new F64Column();
  readonly durationNs = new F64Column();
  /** First payload word: the item of an execution, the kind of a wait, the name of a span. */
  readonly first = new U32Column();
  /** Second payload word: packed size and flags of an execution, the level of a span. */
  readonly second = new U32Column();
  /**
   * How long the item of an execution had waited when it began: microseconds + 1, 0 where that is not known. null as long
   * as nobody knows: most lanes never do.
   */
  waited: U32Column | null = null;
  /** Grows when an interval was put in front of one that a fold has already read (see `claim`). */
  epoch = 0;
  private claimed = 0;
  private unsortedFrom = Infinity;
  private readonly blockDurationNs = new F64Column();
  private readonly blockFlagged = new F64Column();

  private readonly flag: number;

  /** `flag` is the bit of the second word that `flaggedBefore` counts. */
  constructor(flag: number) {
    this.flag = flag;
  }

  get length(): number {
    return this.startNs.length;
  }

  add(startNs: number, durationNs: number, first: number, second: number): void {
    const n = this.length;
    if (n > 0 && this.breaksOrder(n, startNs, durationNs)) this.markUnsorted(n, startNs);
    this.startNs.push(startNs);
    this.durationNs.push(durationNs);
    this.first.push(first);
    this.second.push(second);
    this.waited?.push(0);
  }

  /** Says how long the item of the interval added last had waited; `waited` as in the column. */
  setWaited(waited: number): void {
    this.waited ??= zeros(this.length);
    this.waited.set(this.length - 1, waited);
  }

  /** End of interval `index`. */
  endNs(index: number): number {
    return this.startNs.at(index) + this.durationNs.at(index);
  }

  /** A fold has read the intervals before `index` and keeps what it learned for as long as `epoch` stays. */
  claim(index: number): void {
    this.claimed = Math.max(this.claimed, index);
  }

  /** Makes the order good again; call it before reading. Returns the first index that may have moved, else `length`. */
  settle(): number {
    const from = this.unsortedFrom;
    if (from === Infinity) return this.length;
    this.unsortedFrom = Infinity;
    this.sortFrom(from);
    this.blockDurationNs.truncate(Math.floor(from / BLOCK));
    this.blockFlagged.truncate(Math.floor(from / BLOCK));
    return from;
  }

  /** Sum of the durations of the intervals before `index`. */
  durationBefore(index: number): number {
    this.buildBlocks(index);
    const block = Math.floor(index / BLOCK);
    let sum = block === 0 ? 0 : this.blockDurationNs.at(block - 1);
    for (let i = block * BLOCK; i < index; i++) sum += this.durationNs.at(i);
    return sum;
  }

  /** How many intervals before `index` carry the flag. */
  flaggedBefore(index: number): number {
    this.buildBlocks(index);
    const block = Math.floor(index / BLOCK);
    let count = block === 0 ? 0 : this.blockFlagged.at(block - 1);
    for (let i = block * BLOCK; i < index; i++) if (this.isFlagged(i)) count++;
    return count;
  }

  /** Bytes held. */
  get byteLength(): number {
    return (
      this.startNs.byteLength +
      this.durationNs.byteLength +
      this.first.byteLength +
      this.second.byteLength +
      (this.waited?.byteLength ?? 0)
    );
  }

  private isFlagged(index: number): boolean {
    return (this.second.at(index) & this.flag) !== 0;
  }

  private breaksOrder(n: number, startNs: number, durationNs: number): boolean {
    const last = this.startNs.at(n - 1);
    return startNs < last || (startNs === last && durationNs > this.durationNs.at(n - 1));
  }

  private markUnsorted(n: number, startNs: number): void {
    const position = this.startNs.lowerBound(startNs, 0, Math.min(n, this.unsortedFrom));
    this.unsortedFrom = Math.min(this.unsortedFrom, position);
    if (position < this.claimed) {
      this.epoch++;
      this.claimed = position;
    }
  }

  private sortFrom(from: number): void {
    const { startNs, durationNs, first, second, waited } = this;
    const order = Array.from({ length: this.length - from }, (_, i) => from + i);
    order.sort((a, b) => startNs.at(a) - startNs.at(b) || durationNs.at(b) - durationNs.at(a));
    const rows = order.map((i) => [
      startNs.at(i),
      durationNs.at(i),
      first.at(i),
      second.at(i),
      waited?.at(i),
    ]);
    for (const [i, [start = 0, duration = 0, a = 0, b = 0, w = 0]] of rows.entries()) {
      startNs.set(from + i, start);
      durationNs.set(from + i, duration);
      first.set(from + i, a);
      second.set(from + i, b);
      waited?.set(from + i, w);
    }
  }

  private buildBlocks(index: number): void {
    const wanted = Math.floor(index / BLOCK);
    for (let block = this.blockDurationNs.length; block < wanted; block++) {
      let sum = block === 0 ? 0 : this.blockDurationNs.at(block - 1);
      let flagged = block === 0 ? 0 : this.blockFlagged.at(block - 1);
      for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) {
        sum += this.durationNs.at(i);
        if (this.isFlagged(i)) flagged++;
      }
      this.blockDurationNs.push(sum);
      this.blockFlagged.push(flagged);
    }
  }
}

function zeros(length: number): U32Column {
  const column = new U32Column();
  for (let i = 0; i < length; i++) column.push(0);
  return column;
}
