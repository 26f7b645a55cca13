/**
 * Rows of large tables live in blocks, and blocks that nobody has looked at for a while leave memory.
 *
 *     table   [ block 0 | block 1 | block 2 | ... | last ]     4,096 rows each; the last one still fills
 *                  |         |                                  start of its first row, sums: always in memory
 *                  v         v
 *     rows      in memory   in the page file, read back by the next look at them
 *
 * So a session's memory has a bound, however long it runs, and no row of the picture is lost. Three rules keep this simple:
 * reading back is synchronous, because whoever asks for a row needs it now; blocks leave only in `trim`, which is called
 * between requests, so a loop may hold on to a block's arrays for as long as it runs; and a block that is full changes only
 * when a record comes late, and then it is written again.
 */

/** Rows per block, as a power of two: 4,096 rows of an execution table are 64 KiB. */
export const BLOCK_SHIFT = 12;
export const BLOCK_ROWS = 1 << BLOCK_SHIFT;
export const BLOCK_MASK = BLOCK_ROWS - 1;

/** Where blocks go that memory has no room for. Both calls throw with a reason when the file fails. */
export interface PageFile {
  /** Writes a page and returns its position. `former` is where an older version of the same size stands; it is replaced. */
  write(page: Uint8Array, former: number | null): number;
  /** Fills `into` with the page that stands at the position. */
  read(position: number, into: Uint8Array): void;
}

export type Column = Float64Array | Uint32Array | Uint16Array | Float32Array;

/** Rows that stay or leave together. The owner says what it consists of. */
export abstract class Block {
  /** Since the last round of `trim`. */
  wasUsed = true;
  /** Bytes counted by the pool. */
  countedBytes = 0;
  /** Nobody will ask for it again. */
  isDiscarded = false;
  /** The pool looks at it when it needs room. */
  isListed = false;
  private page: { readonly position: number; readonly byteLength: number } | null = null;
  private isSaved = false;

  /** The columns in memory, always in the same order; null: not in memory. */
  protected abstract columns(): readonly Column[] | null;
  /** Takes the columns back out of a page. */
  protected abstract restore(page: Uint8Array): void;
  /** Lets go of the columns. */
  protected abstract drop(): void;
  /** Whether nothing is added to it any more. */
  abstract get isFull(): boolean;

  /** Bytes of the columns in memory. */
  get byteLength(): number {
    let bytes = 0;
    for (const column of this.columns() ?? []) bytes += column.byteLength;
    return bytes;
  }

  get isInMemory(): boolean {
    return this.columns() !== null;
  }

  /** What is in the page file is no longer what is in memory. */
  changed(): void {
    this.isSaved = false;
  }

  /** Moves the rows to the file. Throws, and keeps them, when that fails. */
  leave(file: PageFile): void {
    const columns = this.columns();
    if (columns === null) return;
    if (!this.isSaved) {
      const page = joined(columns);
      const former = this.page?.byteLength === page.byteLength ? this.page.position : null;
      this.page = { position: file.write(page, former), byteLength: page.byteLength };
      this.isSaved = true;
    }
    this.drop();
  }

  /** Forgets the rows for good. */
  discard(): void {
    this.isDiscarded = true;
    if (this.isInMemory) this.drop();
  }

  /** Reads the rows back. */
  comeBack(file: PageFile): void {
    if (this.page === null) throw new Error('Sluice bug: a block that never left is missing');
    const page = new Uint8Array(this.page.byteLength);
    file.read(this.page.position, page);
    this.restore(page);
  }
}

function joined(columns: readonly Column[]): Uint8Array {
  const page = new Uint8Array(columns.reduce((sum, column) => sum + column.byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of columns) {
    page.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return page;
}

/** Takes columns out of a page in the order in which they went in. */
export class PageReader {
  private readonly page: Uint8Array;
  private at = 0;

  constructor(page: Uint8Array) {
    this.page = page;
  }

  f64(length: number): Float64Array {
    return new Float64Array(this.page.buffer, this.take(length * 8), length);
  }

  f32(length: number): Float32Array {
    return new Float32Array(this.page.buffer, this.take(length * 4), length);
  }

  u32(length: number): Uint32Array {
    return new Uint32Array(this.page.buffer, this.take(length * 4), length);
  }

  u16(length: number): Uint16Array {
    return new Uint16Array(this.page.buffer, this.take(length * 2), length);
  }

  private take(bytes: number): number {
    const at = this.at;
    this.at += bytes;
    return this.page.byteOffset + at;
  }
}

/** Knows all blocks of a session and keeps them within a budget. One per trace store. */
export class BlockPool {
  /** Bytes of all blocks in memory. */
  bytes = 0;
  /** Why blocks no longer leave; null as long as they do. */
  problem: string | null = null;
  private readonly budgetBytes: number;
  private readonly file: PageFile | null;
  /** Those in memory, in the order in which they came there; and some that left since the list was last tidied. */
  private listed: Block[] = [];
  /** How many of the list have left, or are discarded. */
  private gone = 0;
  private hand = 0;

  /** Without a file nothing leaves. */
  constructor(budgetBytes = Infinity, file: PageFile | null = null) {
    this.budgetBytes = budgetBytes;
    this.file = file;
  }

  /** Memory is over the budget and nothing can leave. */
  get isOver(): boolean {
    return this.bytes > this.budgetBytes && (this.file === null || this.problem !== null);
  }

  add(block: Block): void {
    this.list(block);
    this.resized(block);
  }

  /** Nobody will ask for the block again. */
  discard(block: Block): void {
    if (block.isDiscarded) return;
    if (block.isListed && block.isInMemory) this.gone++;
    block.discard();
    this.resized(block);
    this.tidy();
  }

  /** The block's columns have become more or less. */
  resized(block: Block): void {
    const { byteLength } = block;
    this.bytes += byteLength - block.countedBytes;
    block.countedBytes = byteLength;
  }

  /** Brings the rows of a block back to memory. */
  bringBack(block: Block): void {
    if (this.file === null) throw new Error('Sluice bug: a block left without a page file');
    block.comeBack(this.file);
    block.wasUsed = true;
    if (block.isListed) this.gone--;
    else this.list(block);
    this.resized(block);
  }

  /** Lets blocks go that were not used lately, until the rest fits into the budget (clock algorithm). */
  trim(): void {
    // Two rounds: the first may only find that all of them were used.
    for (let left = 2 * this.listed.length; left > 0 && this.bytes > this.budgetBytes; left--) {
      const block = this.listed[this.hand];
      this.hand = this.hand + 1 < this.listed.length ? this.hand + 1 : 0;
      if (block === undefined || this.file === null || this.problem !== null) return;
      if (!block.isFull || block.isDiscarded || !block.isInMemory) continue;
      if (block.wasUsed) block.wasUsed = false;
      else this.letGo(block, this.file);
    }
    this.tidy();
  }

  private list(block: Block): void {
    block.isListed = true;
    this.listed.push(block);
  }

  /** Takes off the list what is not in memory, or walking over it would take longer with each block that ever was. */
  private tidy(): void {
    if (this.gone <= this.listed.length / 2) return;
    const kept: Block[] = [];
    let hand = 0;
    for (const [i, block] of this.listed.entries()) {
      if (i === this.hand) hand = kept.length;
      block.isListed = !block.isDiscarded && block.isInMemory;
      if (block.isListed) kept.push(block);
    }
    this.listed = kept;
    this.hand = hand < kept.length ? hand : 0;
    this.gone = 0;
  }

  private letGo(block: Block, file: PageFile): void {
    try {
      block.leave(file);
      this.gone++;
      this.resized(block);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }
}
