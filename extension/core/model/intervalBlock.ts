/** Up to 4,096 intervals of one lane, in columns that take no more room than their values need. */
import { Block, BLOCK_ROWS, PageReader, type Column } from './blocks.js';

/** Rows that a table's first block has room for, and the factor by which that grows. */
const FIRST_CAPACITY = 16;
const GROWTH = 8;
const U32_MAX = 0xffff_ffff;

/** The columns of a block. A column that is null has the same value in every row (`IntervalBlock.firstAll`, ...). */
export interface IntervalRows {
  startNs: Float64Array;
  /** 32 bits as long as no interval is longer than 4.29 s. */
  durationNs: Uint32Array | Float64Array;
  first: Uint32Array | null;
  second: Uint32Array | null;
  waited: Uint32Array | null;
}

/**
 * The values of a row, where a row is moved as a whole. A class: literals with the same names in the same order are of one kind to
 * V8, and those of `IntervalRows` hold columns, so each number that is stored would become an object.
 */
export class IntervalRow {
  startNs = NaN;
  durationNs = NaN;
  first = 0;
  second = 0;
  waited = 0;
}

/** Of a block with so many rows, at that version. */
export interface Extremes {
  readonly rows: number;
  readonly version: number;
  readonly lowestFirst: number;
  readonly highestFirst: number;
  /** Bits that any second word has: a flag that is not among them is in no row, and no number in it is larger. */
  readonly anySecond: number;
  readonly shortestNs: number;
  readonly longestNs: number;
}

const noExtremes: Extremes = {
  rows: 0,
  version: 0,
  lowestFirst: U32_MAX,
  highestFirst: 0,
  anySecond: 0,
  shortestNs: Infinity,
  longestNs: 0,
};

/** One block of an `IntervalTable`. What is a field here stays in memory when the rows leave. */
export class IntervalBlock extends Block {
  rows = 0;
  /** Start of the first row. */
  startNs = Infinity;
  /** Value of all rows where the column is null. */
  firstAll = 0;
  secondAll = 0;
  /** Grows when a row has changed after it was written. */
  version = 0;
  data: IntervalRows | null;
  // What the columns are while they are in the page file.
  private isWide = false;
  private hasFirst = false;
  private hasSecond = false;
  private hasWaited = false;
  private found: Extremes = noExtremes;

  /** `isFirst`: most tables never fill their first block, so that one begins small. */
  constructor(isFirst: boolean) {
    super();
    const capacity = isFirst ? FIRST_CAPACITY : BLOCK_ROWS;
    this.data = {
      startNs: new Float64Array(capacity),
      durationNs: new Uint32Array(capacity),
      first: null,
      second: null,
      waited: null,
    };
  }

  get isFull(): boolean {
    return this.rows === BLOCK_ROWS;
  }

  /** Adds a row behind the others; true: the columns have grown. */
  push(row: Readonly<IntervalRow>): boolean {
    const { data } = this;
    if (data === null) throw new Error('Sluice bug: a row is added to a block that left');
    const i = this.rows++;
    if (i > 0 && i < data.startNs.length && this.fits(data, row)) {
      data.startNs[i] = row.startNs;
      data.durationNs[i] = row.durationNs;
      if (data.first !== null) data.first[i] = row.first;
      else if (row.first !== this.firstAll) return this.spreadFirst(data, i, row.first);
      return false;
    }
    return this.put(data, i, row);
  }

  /** Whether a row needs nothing of the columns that are left out. */
  private fits(data: IntervalRows, row: Readonly<IntervalRow>): boolean {
    return (
      data.second === null &&
      row.second === this.secondAll &&
      data.waited === null &&
      row.waited === 0 &&
      (row.durationNs <= U32_MAX || this.isWide)
    );
  }

  private put(data: IntervalRows, i: number, row: Readonly<IntervalRow>): boolean {
    let hasGrown = false;
    if (i === data.startNs.length) {
      grow(data);
      hasGrown = true;
    }
    if (i === 0) {
      this.startNs = row.startNs;
      this.firstAll = row.first;
      this.secondAll = row.second;
    }
    data.startNs[i] = row.startNs;
    if (row.durationNs > U32_MAX && !this.isWide) hasGrown = this.widen(data);
    data.durationNs[i] = row.durationNs;
    return this.putWords(data, i, row) || hasGrown;
  }

  private putWords(data: IntervalRows, i: number, row: Readonly<IntervalRow>): boolean {
    let hasGrown = false;
    if (data.first !== null) data.first[i] = row.first;
    else if (row.first !== this.firstAll) hasGrown = this.spreadFirst(data, i, row.first);
    if (data.second !== null) data.second[i] = row.second;
    else if (row.second !== this.secondAll) hasGrown = this.spreadSecond(data, i, row.second);
    if (data.waited !== null) data.waited[i] = row.waited;
    else if (row.waited !== 0) hasGrown = this.spreadWaited(data, i, row.waited);
    return hasGrown;
  }

  /** What a search must know to pass the block by; of a block that left, as it was then. */
  get extremes(): Extremes {
    const { data, rows, version } = this;
    if (data === null || (this.found.rows === rows && this.found.version === version)) {
      return this.found;
    }
    this.found = { rows, version, ...this.firsts(data), ...this.durations(data) };
    return this.found;
  }

  /** Replaces row `i`. */
  write(i: number, row: IntervalRow): void {
    const { data } = this;
    if (data === null) throw new Error('Sluice bug: a row of a block that left is written');
    if (i === 0) this.startNs = row.startNs;
    data.startNs[i] = row.startNs;
    if (row.durationNs > U32_MAX && !this.isWide) this.widen(data);
    data.durationNs[i] = row.durationNs;
    this.putWords(data, i, row);
    this.version++;
    this.changed();
  }

  setSecond(i: number, second: number): void {
    const { data } = this;
    if (data === null) throw new Error('Sluice bug: a row of a block that left is written');
    if (data.second !== null) data.second[i] = second;
    else if (second !== this.secondAll) this.spreadSecond(data, i, second);
    this.version++;
    this.changed();
  }

  protected columns(): readonly Column[] | null {
    const { data } = this;
    if (data === null) return null;
    const columns: Column[] = [data.startNs, data.durationNs];
    for (const column of [data.first, data.second, data.waited]) {
      if (column !== null) columns.push(column);
    }
    return columns;
  }

  protected restore(page: Uint8Array): void {
    const from = new PageReader(page);
    this.data = {
      startNs: from.f64(BLOCK_ROWS),
      durationNs: this.isWide ? from.f64(BLOCK_ROWS) : from.u32(BLOCK_ROWS),
      first: this.hasFirst ? from.u32(BLOCK_ROWS) : null,
      second: this.hasSecond ? from.u32(BLOCK_ROWS) : null,
      waited: this.hasWaited ? from.u32(BLOCK_ROWS) : null,
    };
  }

  protected drop(): void {
    this.found = this.extremes;
    this.data = null;
  }

  private firsts({
    first,
    second,
  }: IntervalRows): Pick<Extremes, 'lowestFirst' | 'highestFirst' | 'anySecond'> {
    let [lowestFirst, highestFirst, anySecond] = [this.firstAll, this.firstAll, this.secondAll];
    for (let i = 0; first !== null && i < this.rows; i++) {
      const word = first[i] ?? 0;
      if (word < lowestFirst) lowestFirst = word;
      if (word > highestFirst) highestFirst = word;
    }
    for (let i = 0; second !== null && i < this.rows; i++) anySecond |= second[i] ?? 0;
    return { lowestFirst, highestFirst, anySecond: anySecond >>> 0 };
  }

  private durations({ durationNs }: IntervalRows): Pick<Extremes, 'shortestNs' | 'longestNs'> {
    let [shortestNs, longestNs] = [Infinity, 0];
    for (let i = 0; i < this.rows; i++) {
      const ns = durationNs[i] ?? 0;
      if (ns < shortestNs) shortestNs = ns;
      if (ns > longestNs) longestNs = ns;
    }
    return { shortestNs, longestNs };
  }

  private widen(data: IntervalRows): true {
    data.durationNs = Float64Array.from(data.durationNs);
    this.isWide = true;
    return true;
  }

  private spreadFirst(data: IntervalRows, i: number, first: number): true {
    data.first = new Uint32Array(data.startNs.length).fill(this.firstAll);
    data.first[i] = first;
    this.hasFirst = true;
    return true;
  }

  private spreadWaited(data: IntervalRows, i: number, waited: number): true {
    data.waited = new Uint32Array(data.startNs.length);
    data.waited[i] = waited;
    this.hasWaited = true;
    return true;
  }

  private spreadSecond(data: IntervalRows, i: number, second: number): true {
    data.second = new Uint32Array(data.startNs.length).fill(this.secondAll);
    data.second[i] = second;
    this.hasSecond = true;
    return true;
  }
}

function grow(data: IntervalRows): void {
  const capacity = Math.min(data.startNs.length * GROWTH, BLOCK_ROWS);
  data.startNs = copied(new Float64Array(capacity), data.startNs);
  const { durationNs } = data;
  data.durationNs =
    durationNs instanceof Uint32Array
      ? copied(new Uint32Array(capacity), durationNs)
      : copied(new Float64Array(capacity), durationNs);
  if (data.first !== null) data.first = copied(new Uint32Array(capacity), data.first);
  if (data.second !== null) data.second = copied(new Uint32Array(capacity), data.second);
  if (data.waited !== null) data.waited = copied(new Uint32Array(capacity), data.waited);
}

function copied<T extends Column>(larger: T, column: T): T {
  larger.set(column);
  return larger;
}
