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
 *     head     behind the last whole record; stored after each record, and read back by the producer as its own position
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
 * Most records are executions without arguments. In the ring they are two words, not three, and of a type that FXT does not
 * have; `RingReader` makes FXT of them while it counts, and nobody else sees that form:
 *
 *     type, name and thread | duration (uint32, ns) | start (float64, ns)
 *
 * The ring is larger than what is left of a cache when the program comes back from its own work, so a third of the memory is
 * a third of the misses, and the conversion of times is the drain's work, not the program's. The producer does not count
 * these records either: they are all of one size, so their number in a block follows from the words that no other takes.
 *
 * Cost of such an execution: its stores and the head's, 6 ns with warm memory (14 with the atomic store); no allocation.
 * What counts is how many of its steps wait for each other, because reading the clock waits for all of them.
 */
import {
  categoryRefOf,
  eventHeaderHi,
  eventHeaderLo,
  isDurationComplete,
  recordWords,
} from '../wire/eventWords.js';
import { EventType } from '../wire/format.js';
import { assert } from '../wire/result.js';
import type { LaneTotals } from './laneTotals.js';
import { Ref } from './names.js';

const WORD_BYTES = 8;
const BLOCK_WORDS = 512;
/** Records and executions made before the block. */
const BLOCK_HEADER_WORDS = 2;
const CONTROL_BYTES = 128;
const CONTROL_WORDS = CONTROL_BYTES / WORD_BYTES;
/** Indexes into the control part, as 32-bit words. */
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

function storePlain(words: Int32Array, head: number): void {
  words[HEAD] = head;
}

function storeAtomic(words: Int32Array, head: number): void {
  Atomics.store(words, HEAD, head);
  // What the thread counts behind the record (`laneTotals.ts`) must not be seen before it: see "Torn reads".
  Atomics.load(words, HEAD);
}

/** Publishes the head; the essay above says why there are two ways. */
const storeHead = process.arch === 'x64' || process.arch === 'ia32' ? storePlain : storeAtomic;

/** Words of an execution without arguments, and of the FXT record that it becomes. */
const PLAIN_WORDS = 2;
const FXT_PLAIN_WORDS = 3;
/** Type of that record; FXT has no such type. The name stands in 16 bits from bit 8 on, the thread above. */
const PLAIN_TYPE = 13;
const TYPE_MASK = 0xf;
/** An execution that takes longer does not fit the short record. */
export const MAX_PLAIN_NS = 4e9;

/** First half-word of an execution without arguments; 0 for a lane that is not in the thread table. */
export function plainHeader(threadRef: number, nameRef: number): number {
  return threadRef === 0 ? 0 : PLAIN_TYPE | (nameRef << 8) | (threadRef << 24);
}

/** What is the same for all executions without arguments on one lane. */
export interface PlainRow {
  /** From `plainHeader`. */
  readonly plain: number;
  /** Its lane's. */
  readonly totals: LaneTotals;
}

type ControlledWords = Int32Array & Record<typeof HEAD, number>;

/** What a record counts as. */
export const COUNT_RECORD = 0;
export const COUNT_EXECUTION = 1;
export type Count = typeof COUNT_RECORD | typeof COUNT_EXECUTION;

/** A position modulo the size of a block is at most this. */
const LAST_WORD = BLOCK_WORDS - 1;

/** The one producer of a ring. (`private` where `stageProbe.ts` says why.) */
export class RingWriter {
  /** Halves of the memory's words: word w is `words[2w]` (low) and `words[2w + 1]` (high). */
  readonly words: ControlledWords;
  /** The same memory as doubles, one per word. */
  readonly doubles: Float64Array;
  /** The size of the ring in words, less one. */
  private readonly mask: number;
  /** Made in the blocks before this one. */
  #recordsBefore = 0;
  #executionsBefore = 0;
  /** Of this block, without plain executions: words, records, executions. */
  private otherWords = 0;
  private otherRecords = 0;
  private otherExecutions = 0;

  /** `buffer` comes fresh from `createRing`. */
  constructor(buffer: SharedArrayBuffer) {
    // A ring has a head: the compiler only knows that of arrays with a fixed length.
    this.words = new Int32Array(buffer) as ControlledWords;
    this.doubles = new Float64Array(buffer);
    this.mask = this.doubles.length - CONTROL_WORDS - 1;
    this.#enter(0);
  }

  /**
   * Makes room for a record of `words` (at most `MAX_RING_RECORD_WORDS`) and returns where it starts, as an index of `words`.
   * Fill it in, then `publish` the same size.
   */
  claim(words: number): number {
    // At the start of a block, too, there is no room: its header comes first.
    let head = this.words[HEAD];
    if (((head - 1) & LAST_WORD) + words > LAST_WORD) head = this.nextBlock(head);
    return ((head & this.mask) + CONTROL_WORDS) << 1;
  }

  /** Shows the claimed record to the consumer. */
  publish(words: number, count: Count): void {
    this.otherWords += words;
    this.otherRecords++;
    this.otherExecutions += count;
    storeHead(this.words, (this.words[HEAD] + words) | 0);
  }

  /**
   * Claims, fills and publishes an execution without arguments, and counts it. As one short function it fits into what the
   * compiler inlines, and that is a fifth of a recorded call. Hence also the bare numbers: each name of a constant takes
   * three bytes of bytecode more. 0 is `HEAD`, 511 `LAST_WORD`, 2 `PLAIN_WORDS`, 16 `CONTROL_WORDS`. `durationNs` is at most
   * `MAX_PLAIN_NS`.
   */
  execution(row: PlainRow, startNs: number, durationNs: number): void {
    const w = this.words;
    let head = w[0];
    if (((head - 1) & 511) > 509) head = this.nextBlock(head);
    const at = (head & this.mask) + 16;
    this.doubles[at + 1] = startNs;
    const low = at << 1;
    w[low] = row.plain;
    // Readings are whole nanoseconds apart, but for the rounding of doubles.
    w[low + 1] = durationNs + 0.5;
    storeHead(w, (head + 2) | 0);
    // `addTo`, as short as possible; behind the record, which `laneTotals.ts` gives the reason for.
    const { totals } = row;
    totals[0]++;
    totals[1] += durationNs;
  }

  /** Says that nothing more will come; the consumer may then forget the ring. */
  close(): void {
    Atomics.store(this.words, CLOSED, 1);
  }

  /** Ends the block that `head` stands in, or stands behind; returns the head in the next one. */
  private nextBlock(head: number): number {
    const last = (head - 1) & LAST_WORD;
    // A zero header ends a block that is not full.
    if (last < LAST_WORD) this.words[((head & this.mask) + CONTROL_WORDS) << 1] = 0;
    const plain = (last + 1 - BLOCK_HEADER_WORDS - this.otherWords) / PLAIN_WORDS;
    this.#recordsBefore += this.otherRecords + plain;
    this.#executionsBefore += this.otherExecutions + plain;
    this.otherWords = 0;
    this.otherRecords = 0;
    this.otherExecutions = 0;
    return this.#enter((head + LAST_WORD - last) | 0);
  }

  #enter(start: number): number {
    Atomics.store(this.words, ENTERED, start);
    Atomics.load(this.words, ENTERED);
    const at = (start & this.mask) + CONTROL_WORDS;
    this.doubles[at] = this.#recordsBefore;
    this.doubles[at + 1] = this.#executionsBefore;
    const head = (start + BLOCK_HEADER_WORDS) | 0;
    storeHead(this.words, head);
    return head;
  }
}

/** Records that were made and overwritten before they were read. */
export interface RingLoss {
  readonly records: number;
  readonly executions: number;
}

/** Writes the FXT record of an execution that stands in its short form at `from`. */
function toFxt(view: DataView, from: number, to: number): void {
  const header = view.getInt32(from, true);
  const durationNs = view.getUint32(from + 4, true);
  // Whole, so that the end is exactly the duration later.
  const startNs = Math.floor(view.getFloat64(from + 8, true));
  const threadRef = header >>> 24;
  view.setInt32(to, eventHeaderLo(EventType.durationComplete, FXT_PLAIN_WORDS, 0, threadRef), true);
  view.setInt32(to + 4, eventHeaderHi(Ref.stage, (header >>> 8) & 0xffff), true);
  setTicks(view, to + 8, startNs);
  setTicks(view, to + 16, startNs + durationNs);
}

function setTicks(view: DataView, at: number, ns: number): void {
  view.setInt32(at, ns | 0, true);
  view.setInt32(at + 4, (ns * HIGH) | 0, true);
}

function blockOf(position: number): number {
  return position & ~(BLOCK_WORDS - 1);
}

/** The one consumer of a ring. */
export class RingReader {
  /** Room that `read` needs at the offset it is given, in bytes: a block, and what executions grow by. */
  static readonly maxReadBytes = (BLOCK_WORDS * WORD_BYTES * FXT_PLAIN_WORDS) / PLAIN_WORDS;

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

  /**
   * The head, from after `look` was called: what that saw of the thread's other memory, written behind a record, is not newer
   * than the records before this head.
   */
  headAfter(look: () => void): number {
    look();
    Atomics.store(this.#control, FENCE, 0);
    return this.head;
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
      // At the end of the room, so that what is made of it does not run over what is still to be read.
      const from = offset + RingReader.maxReadBytes - bytes;
      const copy = new Uint8Array(target.buffer, target.byteOffset + from, bytes);
      copy.set(this.#bytes.subarray(at, at + bytes));
      if (!this.#isWhole(block)) {
        this.#resynchronise();
        continue;
      }
      this.#tail = end;
      const recordBytes = this.#convert(target, from, offset);
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

  /**
   * Counts the records that were copied to the end of the room, and moves them to `to`, its start, as FXT. Returns their size
   * in bytes, which leaves out the unused rest of a block.
   */
  #convert(target: DataView, from: number, to: number): number {
    const end = to + RingReader.maxReadBytes;
    let read = from;
    let written = to;
    while (read < end) {
      const lo = target.getInt32(read, true);
      if (lo === 0) break;
      this.#records++;
      if ((lo & TYPE_MASK) === PLAIN_TYPE) {
        this.#executions++;
        toFxt(target, read, written);
        read += PLAIN_WORDS * WORD_BYTES;
        written += FXT_PLAIN_WORDS * WORD_BYTES;
        continue;
      }
      const isStage = categoryRefOf(target.getInt32(read + 4, true)) === Ref.stage;
      if (isStage && isDurationComplete(lo)) this.#executions++;
      const recordEnd = read + recordWords(lo) * WORD_BYTES;
      for (; read < recordEnd; read += 4, written += 4) {
        target.setInt32(written, target.getInt32(read, true), true);
      }
    }
    return written - to;
  }
}
