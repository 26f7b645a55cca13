/**
 * The ring between a thread of the program and the drain thread.
 *
 * The program must never wait for its profiler, so the producer never looks at the consumer: it writes, and when it has gone
 * round it overwrites what is oldest. All the work of finding out what was lost is the consumer's, and it must find out
 * exactly, because a count that is a little wrong is worse than none.
 *
 * The ring is cut into blocks of 512 words (4 KiB). Records never straddle two blocks:
 *
 *     block  | records before | executions before | record | record | ... | record | 0 ...
 *              float64          float64             FXT words                        a zero header ends it early
 *
 * Positions count words since the ring was made, modulo 2^32. The producer publishes two of them:
 *
 *     head     behind the last whole record; stored after each record
 *     entered  start of the block it writes in; stored before it touches the block
 *
 * A consumer that has fallen behind by more than the ring finds the oldest block that is whole and reads in its first two
 * words how many records and executions were made before it. The difference to what it has seen is the loss.
 *
 * Torn reads: the consumer copies a piece first and then looks at `entered`. As long as the producer has not entered a block
 * that shares the slot of the copied one, the copy is what was written. (A seqlock with one counter for all blocks.) For
 * that the stores into a block must not become visible before `entered`, and the loads of the copy must not be done after
 * the load of `entered`. Plain accesses may move past an atomic store and before an atomic load, but not the other way
 * round, and atomics keep their order among each other: so both sides put an atomic store and an atomic load, in this
 * order, between the two. On x86 this costs the producer one locked instruction more per block, that is per 100 records.
 *
 * The head must not become visible before the record, which is what an atomic store is for. On x86 the processor keeps all
 * stores in order and V8 keeps those to typed arrays in order, so there a plain store publishes as well, and saves the 8 ns
 * that the locked instruction takes: half of what a record costs. Everywhere else the store is atomic.
 *
 * 2^32 words are 32 GiB. A consumer that sleeps while exactly a multiple of that is written cannot notice from the positions
 * alone, but it does from the record counts, which never wrap: they are compared whenever a block is entered.
 *
 * Cost of an execution of three words: its stores and the head's, 8 ns (16 with the atomic store); no allocation.
 */
import { assert } from '../wire/result.js';
import { categoryRefOf, isDurationComplete, recordWords } from '../wire/eventWords.js';
import { Ref } from './names.js';

const WORD_BYTES = 8;
const BLOCK_WORDS = 512;
/** Records and executions made before the block. */
const BLOCK_HEADER_WORDS = 2;
const CONTROL_BYTES = 128;
/** Indexes into the control part. */
const HEAD = 0;
const ENTERED = 1;
const CLOSED = 2;
/** Written by the consumer as one half of its fence, read by nobody; on a cache line of its own. */
const FENCE = 16;

/** Bytes of a ring when nothing else is asked for. */
export const DEFAULT_RING_BYTES = 1024 * 1024;
/** The longest record that a ring takes, in words. */
export const MAX_RING_RECORD_WORDS = BLOCK_WORDS - BLOCK_HEADER_WORDS;

/** Makes the shared memory of a ring that holds `bytes`, a power of two of at least 16 KiB, of blocks. */
export function createRing(bytes = DEFAULT_RING_BYTES): SharedArrayBuffer {
  assert(
    Number.isInteger(Math.log2(bytes)) && bytes >= 4 * BLOCK_WORDS * WORD_BYTES,
    `ring of ${bytes} bytes`,
  );
  return new SharedArrayBuffer(CONTROL_BYTES + bytes);
}

/** What takes a word's value to its high half; the low half is its value modulo 2^32, which `| 0` takes. */
export const HIGH = 1 / 4_294_967_296;

function storePlain(control: Int32Array, head: number): void {
  control[HEAD] = head;
}

function storeAtomic(control: Int32Array, head: number): void {
  Atomics.store(control, HEAD, head);
}

/** Publishes the head; the essay above says why there are two ways. */
const storeHead = process.arch === 'x64' || process.arch === 'ia32' ? storePlain : storeAtomic;

const EXECUTION_SHIFT = 16;
const RECORDS_MASK = 0xffff;

/** What a record counts as; both counts of a block fit one number, so that counting is one addition. */
export const COUNT_RECORD = 1;
export const COUNT_EXECUTION = 65_537;
export type Count = typeof COUNT_RECORD | typeof COUNT_EXECUTION;

/** The one producer of a ring. (`private` where `stageProbe.ts` says why.) */
export class RingWriter {
  /** Halves of the ring's words: word w is `words[2w]` (low) and `words[2w + 1]` (high). */
  readonly words: Int32Array;
  /** The same memory as doubles, one per word. */
  readonly doubles: Float64Array;
  private readonly control: Int32Array;
  readonly #ringWords: number;
  /** Where the next record goes and where the block ends, as indexes of `words`. */
  private at = 0;
  private end = 0;
  /** Position of `words[0]` in this lap. */
  private lapStart = 0;
  #recordsBefore = 0;
  #executionsBefore = 0;
  /** `Count`s of this block. */
  private blockCounts = 0;

  /** `buffer` comes fresh from `createRing`. */
  constructor(buffer: SharedArrayBuffer) {
    this.control = new Int32Array(buffer, 0, CONTROL_BYTES / 4);
    this.words = new Int32Array(buffer, CONTROL_BYTES);
    this.doubles = new Float64Array(buffer, CONTROL_BYTES);
    this.#ringWords = this.doubles.length;
    this.#enter(0);
  }

  /**
   * Makes room for a record of `words` (at most `MAX_RING_RECORD_WORDS`) and returns where it starts, as an index of `words`.
   * Fill it in, then `publish` the same size.
   */
  claim(words: number): number {
    if (this.at + (words << 1) > this.end) this.#nextBlock();
    return this.at;
  }

  /** Shows the claimed record to the consumer. */
  publish(words: number, count: Count): void {
    const at = this.at + (words << 1);
    this.at = at;
    this.blockCounts += count;
    storeHead(this.control, (this.lapStart + (at >> 1)) | 0);
  }

  /**
   * Claims, fills and publishes an execution of three words: header, start, end. The same could be said with `claim` and
   * `publish`; as one short function it fits into what the compiler inlines, and that is a fifth of a recorded call.
   */

  execution(headerLo: number, headerHi: number, startNs: number, endNs: number): void {
    if (this.at + 6 > this.end) this.#nextBlock();
    const at = this.at;
    const w = this.words;
    w[at] = headerLo;
    w[at + 1] = headerHi;
    w[at + 2] = startNs | 0;
    w[at + 3] = (startNs * HIGH) | 0;
    w[at + 4] = endNs | 0;
    w[at + 5] = (endNs * HIGH) | 0;
    this.at = at + 6;
    this.blockCounts += COUNT_EXECUTION;
    storeHead(this.control, (this.lapStart + (at >> 1) + 3) | 0);
  }

  /** Says that nothing more will come; the consumer may then forget the ring. */
  close(): void {
    Atomics.store(this.control, CLOSED, 1);
  }

  #nextBlock(): void {
    if (this.at < this.end) this.words[this.at] = 0;
    this.#enter((this.lapStart + (this.end >> 1)) | 0);
  }

  #enter(start: number): void {
    this.#recordsBefore += this.blockCounts & RECORDS_MASK;
    this.#executionsBefore += this.blockCounts >> EXECUTION_SHIFT;
    this.blockCounts = 0;
    Atomics.store(this.control, ENTERED, start);
    Atomics.load(this.control, ENTERED);
    const word = (start >>> 0) & (this.#ringWords - 1);
    this.doubles[word] = this.#recordsBefore;
    this.doubles[word + 1] = this.#executionsBefore;
    this.lapStart = (start - word) | 0;
    this.at = (word + BLOCK_HEADER_WORDS) << 1;
    this.end = (word + BLOCK_WORDS) << 1;
  }
}

/** Records that were made and overwritten before they were read. */
export interface RingLoss {
  readonly records: number;
  readonly executions: number;
}

function blockOf(position: number): number {
  return position & ~(BLOCK_WORDS - 1);
}

/** The one consumer of a ring. */
export class RingReader {
  /** Room that `read` needs at the offset it is given, in bytes. */
  static readonly maxReadBytes = BLOCK_WORDS * WORD_BYTES;

  readonly #control: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #doubles: Float64Array;
  readonly #ringWords: number;
  #tail = 0;
  /** Read or known to be lost, from the start. */
  #records = 0;
  #executions = 0;
  #lostRecords = 0;
  #lostExecutions = 0;

  /** `buffer` comes from the producer, who made it with `createRing`. */
  constructor(buffer: SharedArrayBuffer) {
    this.#control = new Int32Array(buffer, 0, CONTROL_BYTES / 4);
    this.#bytes = new Uint8Array(buffer, CONTROL_BYTES);
    this.#doubles = new Float64Array(buffer, CONTROL_BYTES);
    this.#ringWords = this.#doubles.length;
  }

  /** The position up to which records are whole now. */
  get head(): number {
    return Atomics.load(this.#control, HEAD);
  }

  /** True when the producer has said that it is done. Read it before `head` to know that `head` is final. */
  get closed(): boolean {
    return Atomics.load(this.#control, CLOSED) === 1;
  }

  /** Share of the ring between what was read and `head`; above 1 when records are being lost. */
  backlog(head: number): number {
    return ((head - this.#tail) >>> 0) / this.#ringWords;
  }

  /** What was lost since the last call. */
  takeLoss(): RingLoss {
    const loss = { records: this.#lostRecords, executions: this.#lostExecutions };
    this.#lostRecords = 0;
    this.#lostExecutions = 0;
    return loss;
  }

  /**
   * Copies the next whole records before `head` (at most a block) to `target` at `offset` and returns how many bytes they
   * are; 0 when there are no more. `target` is 8-byte aligned at `offset` and has `maxReadBytes` left.
   */
  read(head: number, target: DataView, offset: number): number {
    if (head !== this.#tail && !this.#isWhole(blockOf(this.#tail))) this.#resynchronise();
    while (((head - this.#tail) | 0) > 0) {
      const block = blockOf(this.#tail);
      if (block === this.#tail && !this.#beginBlock(block)) continue;
      const blockEnd = (block + BLOCK_WORDS) | 0;
      const end = ((head - blockEnd) | 0) >= 0 ? blockEnd : head;
      const bytes = ((end - this.#tail) >>> 0) * WORD_BYTES;
      const at = this.#slot(this.#tail) * WORD_BYTES;
      const copy = new Uint8Array(target.buffer, target.byteOffset + offset, bytes);
      copy.set(this.#bytes.subarray(at, at + bytes));
      if (!this.#isWhole(block)) {
        this.#resynchronise();
        continue;
      }
      this.#tail = end;
      const recordBytes = this.#count(target, offset, bytes);
      if (recordBytes > 0) return recordBytes;
    }
    return 0;
  }

  #slot(position: number): number {
    return (position >>> 0) & (this.#ringWords - 1);
  }

  /** The producer has not come round to the block's slot, and all reads before this call were done before it did. */
  #isWhole(block: number): boolean {
    Atomics.store(this.#control, FENCE, 0);
    const entered = Atomics.load(this.#control, ENTERED);
    return (entered - block) >>> 0 < this.#ringWords;
  }

  /** Steps over a block's header. False when the block was lost meanwhile; the tail has then moved on. */
  #beginBlock(block: number): boolean {
    const at = this.#slot(block);
    const records = this.#doubles[at] ?? 0;
    const executions = this.#doubles[at + 1] ?? 0;
    if (!this.#isWhole(block)) {
      this.#resynchronise();
      return false;
    }
    this.#lostRecords += records - this.#records;
    this.#lostExecutions += executions - this.#executions;
    this.#records = records;
    this.#executions = executions;
    this.#tail = (block + BLOCK_HEADER_WORDS) | 0;
    return true;
  }

  /** Moves the tail to the start of the oldest block that is whole; `#beginBlock` will then count what was skipped. */
  #resynchronise(): void {
    const entered = Atomics.load(this.#control, ENTERED);
    this.#tail = (entered - this.#ringWords + BLOCK_WORDS) | 0;
  }

  /** Counts the copied records; returns their size in bytes, which leaves out the unused rest of a block. */
  #count(target: DataView, offset: number, bytes: number): number {
    let at = 0;
    while (at < bytes) {
      const lo = target.getInt32(offset + at, true);
      const words = recordWords(lo);
      if (words === 0) break;
      this.#records++;
      const category = categoryRefOf(target.getInt32(offset + at + 4, true));
      if (category === Ref.stage && isDurationComplete(lo)) this.#executions++;
      at += words * WORD_BYTES;
    }
    return at;
  }
}
