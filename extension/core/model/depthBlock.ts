/** Up to 4,096 depths of one queue, in columns that take no more room than their values need. */
import { Block, BLOCK_ROWS, PageReader, type Column } from './blocks.js';

/** Rows that a series' first block has room for, and the factor by which that grows. */
const FIRST_CAPACITY = 16;
const GROWTH = 8;
const U16_MAX = 0xffff;

type DepthColumn = Uint16Array | Uint32Array;

/** The columns of a block. */
export interface DepthRows {
  atNs: Float64Array;
  /** 16 bits as long as no depth needs more. */
  depth: DepthColumn;
  /** Range since the record before; low > high: nothing was merged. null: in no row. */
  low: DepthColumn | null;
  high: DepthColumn | null;
}

/** One record. A class for the reason that `IntervalRow` is one. */
export class DepthRow {
  atNs = NaN;
  depth = 0;
  low = 1;
  high = 0;
}

/** Of a block with so many rows, at that version: no depth in it, nor in its ranges, is lower or higher. */
export interface DepthExtremes {
  readonly rows: number;
  readonly version: number;
  readonly lowest: number;
  readonly highest: number;
}

const noExtremes: DepthExtremes = { rows: 0, version: 0, lowest: Infinity, highest: 0 };

/** `low` > `high` is a record that merged nothing. */
function widen(found: { lowest: number; highest: number }, low: number, high: number): void {
  if (low > high) return;
  if (low < found.lowest) found.lowest = low;
  if (high > found.highest) found.highest = high;
}

/** One block of a `DepthSeries`. What is a field here stays in memory when the rows leave. */
export class DepthBlock extends Block {
  rows = 0;
  /** Time of the first row. */
  atNs = Infinity;
  /** Grows when a row has changed after it was written. */
  version = 0;
  data: DepthRows | null;
  private isWide = false;
  private hasRanges = false;
  private found: DepthExtremes = noExtremes;

  /** `isFirst`: most series never fill their first block, so that one begins small. */
  constructor(isFirst: boolean) {
    super();
    const capacity = isFirst ? FIRST_CAPACITY : BLOCK_ROWS;
    this.data = {
      atNs: new Float64Array(capacity),
      depth: new Uint16Array(capacity),
      low: null,
      high: null,
    };
  }

  get isFull(): boolean {
    return this.rows === BLOCK_ROWS;
  }

  /** Adds a row behind the others; true: the columns have grown. */
  push(row: Readonly<DepthRow>): boolean {
    const data = this.resident();
    const i = this.rows++;
    if (i > 0 && i < data.atNs.length && this.fits(row)) {
      data.atNs[i] = row.atNs;
      data.depth[i] = row.depth;
      if (data.low !== null) data.low[i] = row.low;
      if (data.high !== null) data.high[i] = row.high;
      return false;
    }
    let hasGrown = false;
    if (i === data.atNs.length) {
      this.resize(data, Math.min(i * GROWTH, BLOCK_ROWS));
      hasGrown = true;
    }
    return this.put(data, i, row) || hasGrown;
  }

  /** Replaces row `i`; true: the columns have grown. */
  write(i: number, row: Readonly<DepthRow>): boolean {
    this.version++;
    this.changed();
    return this.put(this.resident(), i, row);
  }

  /** What a search must know to pass the block by; of a block that left, as it was then. */
  get extremes(): DepthExtremes {
    const { data, rows, version } = this;
    if (data === null || (this.found.rows === rows && this.found.version === version)) {
      return this.found;
    }
    const { depth, low, high } = data;
    const found = { rows, version, lowest: Infinity, highest: 0 };
    for (let i = 0; i < rows; i++) {
      widen(found, depth[i] ?? 0, depth[i] ?? 0);
      if (low !== null && high !== null) widen(found, low[i] ?? 1, high[i] ?? 0);
    }
    this.found = found;
    return found;
  }

  read(i: number, into: DepthRow): void {
    const data = this.resident();
    into.atNs = data.atNs[i] ?? NaN;
    into.depth = data.depth[i] ?? 0;
    into.low = data.low?.[i] ?? 1;
    into.high = data.high?.[i] ?? 0;
  }

  protected columns(): readonly Column[] | null {
    const { data } = this;
    if (data === null) return null;
    const columns: Column[] = [data.atNs, data.depth];
    if (data.low !== null && data.high !== null) columns.push(data.low, data.high);
    return columns;
  }

  protected restore(page: Uint8Array): void {
    const from = new PageReader(page);
    const atNs = from.f64(BLOCK_ROWS);
    const next = (): DepthColumn => (this.isWide ? from.u32(BLOCK_ROWS) : from.u16(BLOCK_ROWS));
    const depth = next();
    const low = this.hasRanges ? next() : null;
    this.data = { atNs, depth, low, high: this.hasRanges ? next() : null };
  }

  protected drop(): void {
    this.found = this.extremes;
    this.data = null;
  }

  /** Whether the columns can take a row as they are. */
  private fits({ depth, low, high }: Readonly<DepthRow>): boolean {
    if (depth > U16_MAX && !this.isWide) return false;
    return low > high ? low === 1 : this.hasRanges && (high <= U16_MAX || this.isWide);
  }

  private resident(): DepthRows {
    if (this.data === null) throw new Error('Sluice bug: a block that left is written');
    return this.data;
  }

  private put(data: DepthRows, i: number, { atNs, depth, low, high }: Readonly<DepthRow>): boolean {
    let hasGrown = false;
    const isMerged = low <= high;
    if (!this.isWide && Math.max(depth, isMerged ? high : 0) > U16_MAX) {
      this.isWide = true;
      this.resize(data, data.atNs.length);
      hasGrown = true;
    }
    if (isMerged && !this.hasRanges) {
      this.hasRanges = true;
      data.low = this.column(data.atNs.length).fill(1);
      data.high = this.column(data.atNs.length);
      hasGrown = true;
    }
    if (i === 0) this.atNs = atNs;
    data.atNs[i] = atNs;
    data.depth[i] = depth;
    if (data.low !== null) data.low[i] = isMerged ? low : 1;
    if (data.high !== null) data.high[i] = isMerged ? high : 0;
    return hasGrown;
  }

  private resize(data: DepthRows, capacity: number): void {
    const atNs = new Float64Array(capacity);
    atNs.set(data.atNs);
    data.atNs = atNs;
    const larger = (column: DepthColumn): DepthColumn => {
      const copy = this.column(capacity);
      copy.set(column);
      return copy;
    };
    data.depth = larger(data.depth);
    if (data.low !== null) data.low = larger(data.low);
    if (data.high !== null) data.high = larger(data.high);
  }

  private column(capacity: number): DepthColumn {
    return this.isWide ? new Uint32Array(capacity) : new Uint16Array(capacity);
  }
}
