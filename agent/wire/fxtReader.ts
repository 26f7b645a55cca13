/**
 * Reads the Fuchsia trace format from chunks that may be cut anywhere.
 *
 * The input is not trusted. It may be a capture whose program was killed in the middle of a write, a file that is no
 * trace at all, or the stream of an agent with a bug. So a length is a claim that is checked against what is really there,
 * and every buffer and table has a bound. Reading stops at the first record that cannot be right, and never comes back:
 * records have no sync mark, so whatever follows a wrong length would be guesswork, and a table entry that was missed
 * would give later records a wrong meaning. What came before is kept, and `problem` says at which byte it ended and why.
 *
 * Broken, so reading stops:
 *   - a size of 0, or a record that is too short for the fields that its type must have;
 *   - an argument of size 0, or one that reaches beyond its record; a string or blob that reaches beyond its record or
 *     argument;
 *   - a string or thread index that was never registered in the provider's section;
 *   - a wrong magic number, the other byte order, a clock of 0 ticks per second;
 *   - a large record, or tables, over the reader's bounds;
 *   - the input ends inside a record (`end`).
 *
 * Tolerated, because the specification wants old readers to survive new writers:
 *   - records of unknown type, and unknown kinds of metadata, event, scheduling and large record: stepped over by their
 *     size and handed on as `unknown`; arguments of unknown type are left out of their event;
 *   - words behind the last field of a record or argument; reserved bits and padding that are not 0;
 *   - string and thread records for index 0 (ignored); an index that is registered again (replaced);
 *   - text that is not UTF-8 (U+FFFD in place of what is wrong); a trace without a magic number.
 *
 * Nearly all input is events with one or two 32-bit arguments, and they take the short way: decoded where they lie in the
 * caller's chunk, into one event object that is used again and again. Only a record cut by the end of a chunk is copied.
 */
import { blankEvent, decodeEvent, decodePlainEvent } from './decodeEvent.js';
import { decodeRecord } from './decodeRecord.js';
import { MAGIC_HI, MAGIC_LO, MAX_RECORD_WORDS, RecordType } from './format.js';
import { FxtTables, MalformedRecord } from './fxtTables.js';
import { RecordCursor, WORD_BYTES } from './recordCursor.js';
import type { FxtReadEnd, FxtSink } from './records.js';

export { cloneEvent } from './decodeEvent.js';

/** Settings of a reader. */
export interface FxtReaderOptions {
  /** Provider of the records before the first provider metadata. 0 when left out. */
  readonly provider?: number;
  /** Largest large record in bytes, header included; it is held in memory as a whole. 64 MiB when left out. */
  readonly maxLargeRecordBytes?: number;
}

const DEFAULT_MAX_LARGE_RECORD_BYTES = 64 * 1024 * 1024;
const SMALL_CARRY_BYTES = 4096;
const TWO_28 = 268_435_456;

/** Low half of the magic number in the other byte order. */
const SWAPPED_MAGIC_LO = 0x78541600;

const recordNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(RecordType).map(([name, type]) => [type, name]),
);

/** Do these first bytes of an input carry the magic number of a little-endian trace? */
export function startsWithMagic(bytes: Uint8Array): boolean {
  if (bytes.length < WORD_BYTES) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, WORD_BYTES);
  return view.getUint32(0, true) === MAGIC_LO && view.getUint32(4, true) === MAGIC_HI;
}

/** Incremental reader: `push` chunks, then `end`. One reader reads one input. */
export class FxtReader {
  readonly #sink: FxtSink;
  readonly #maxLargeRecordBytes: number;
  readonly #cursor: RecordCursor;
  readonly #event = blankEvent();
  /** The start of a record whose rest has not come yet: the first `#carried` bytes. */
  #carry = new Uint8Array(SMALL_CARRY_BYTES);
  #carryView = new DataView(this.#carry.buffer);
  #carried = 0;
  #validBytes = 0;
  #unknownRecords = 0;
  #problem: FxtReadEnd['problem'] = null;
  #ended = false;

  constructor(sink: FxtSink, options: FxtReaderOptions = {}) {
    this.#sink = sink;
    this.#maxLargeRecordBytes = options.maxLargeRecordBytes ?? DEFAULT_MAX_LARGE_RECORD_BYTES;
    this.#cursor = new RecordCursor(new FxtTables(options.provider ?? 0));
  }

  /** Bytes of whole, well-formed records so far. */
  get validBytes(): number {
    return this.#validBytes;
  }

  /** Where and why reading stopped; null while it has not. */
  get problem(): FxtReadEnd['problem'] {
    return this.#problem;
  }

  /**
   * Decodes what the chunk completes. The chunk is not kept. Returns false once reading has stopped: the input is broken
   * (`problem`) or was ended. What the sink throws comes through; the reader is of no use afterwards.
   */
  push(chunk: Uint8Array): boolean {
    if (this.#problem !== null || this.#ended) return false;
    try {
      const at = this.#completeCarried(chunk);
      if (at < chunk.length) this.#append(chunk.subarray(this.#decodeWhole(chunk, at)));
      return true;
    } catch (error) {
      if (!(error instanceof MalformedRecord)) throw error;
      const type = this.#cursor.headerLo & 0xf;
      this.#stop(`${recordNames[type] ?? `type ${type}`} record: ${error.message}`);
      return false;
    } finally {
      this.#cursor.detach();
    }
  }

  /** Says how far reading came. Nothing can be pushed afterwards. */
  end(): FxtReadEnd {
    if (this.#carried > 0) {
      this.#stop(`the input ends inside a record, ${this.#carried} bytes after its start`);
    }
    this.#ended = true;
    return {
      validBytes: this.#validBytes,
      problem: this.#problem,
      unknownRecords: this.#unknownRecords,
    };
  }

  #stop(reason: string): void {
    this.#problem = { atByte: this.#validBytes, reason };
    this.#carry = new Uint8Array(0);
    this.#carried = 0;
  }

  /** Feeds the carried record from the chunk; returns how much of the chunk that took. */
  #completeCarried(chunk: Uint8Array): number {
    let at = 0;
    while (this.#carried > 0) {
      const size = this.#carried < WORD_BYTES ? WORD_BYTES : this.#carriedRecordBytes();
      if (this.#carried >= WORD_BYTES && this.#carried === size) {
        this.#decode(0, size);
        this.#forgetCarried();
      } else {
        const part = chunk.subarray(at, at + size - this.#carried);
        if (part.length === 0) break;
        this.#append(part);
        at += part.length;
      }
    }
    return at;
  }

  #carriedRecordBytes(): number {
    this.#cursor.attach(this.#carry, this.#carryView);
    this.#cursor.readHeader(0);
    return this.#recordBytes();
  }

  /** Decodes the records that lie in the chunk as a whole; returns where the first one that does not begins. */
  #decodeWhole(chunk: Uint8Array, from: number): number {
    const cursor = this.#cursor;
    cursor.attach(chunk, new DataView(chunk.buffer, chunk.byteOffset, chunk.length));
    let at = from;
    while (at + WORD_BYTES <= chunk.length) {
      cursor.readHeader(at);
      const plain = this.#decodePlain(at, chunk.length - at);
      if (plain > 0) {
        at += plain;
        continue;
      }
      const size = this.#recordBytes();
      if (size > chunk.length - at) break;
      this.#decode(at, at + size);
      at += size;
    }
    return at;
  }

  /**
   * Hands on the record at `at` if it is an event of the usual kind and stands there as a whole; returns its size, else 0. `left`:
   * bytes from there to the end.
   */
  #decodePlain(at: number, left: number): number {
    const cursor = this.#cursor;
    const lo = cursor.headerLo;
    const words = (lo >>> 4) & 0xfff;
    const size = words * WORD_BYTES;
    if ((lo & 0xf) !== RecordType.event || size > left) return 0;
    if (!decodePlainEvent(cursor, this.#event, at, words)) return 0;
    this.#validBytes += size;
    this.#sink.event(this.#event);
    return size;
  }

  #append(part: Uint8Array): void {
    const wanted = this.#carried + part.length;
    if (wanted > this.#carry.length) {
      // Doubling with what really came: a header that claims 64 MiB does not get them for its word alone.
      const grown = new Uint8Array(Math.max(wanted, 2 * this.#carry.length));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
      this.#carryView = new DataView(grown.buffer);
    }
    this.#carry.set(part, this.#carried);
    this.#carried = wanted;
  }

  #forgetCarried(): void {
    this.#carried = 0;
    if (this.#carry.length > MAX_RECORD_WORDS * WORD_BYTES * 2) {
      this.#carry = new Uint8Array(SMALL_CARRY_BYTES);
      this.#carryView = new DataView(this.#carry.buffer);
    }
  }

  /** Size in bytes that the header claims. */
  #recordBytes(): number {
    const lo = this.#cursor.headerLo;
    if (this.#validBytes === 0 && lo === SWAPPED_MAGIC_LO) {
      throw new MalformedRecord('the trace was written on a big-endian machine; not supported');
    }
    const size =
      (lo & 0xf) === RecordType.large
        ? this.#largeRecordBytes()
        : ((lo >>> 4) & 0xfff) * WORD_BYTES;
    if (size === 0) throw new MalformedRecord('its size is 0');
    return size;
  }

  #largeRecordBytes(): number {
    const { headerLo, headerHi } = this.#cursor;
    const size = ((headerLo >>> 4) + (headerHi & 0xf) * TWO_28) * WORD_BYTES;
    if (size > this.#maxLargeRecordBytes) {
      throw new MalformedRecord(
        `it claims ${size} bytes and this reader takes up to ${this.#maxLargeRecordBytes}`,
      );
    }
    return size;
  }

  /** Decodes the whole record at [at, end) of the cursor's buffer and hands it on. */
  #decode(at: number, end: number): void {
    const cursor = this.#cursor;
    if (this.#decodePlain(at, end - at) > 0) return;
    cursor.open(at, end);
    const isEvent = (cursor.headerLo & 0xf) === RecordType.event;
    if (isEvent && decodeEvent(cursor, this.#event)) {
      this.#validBytes += end - at;
      this.#sink.event(this.#event);
    } else {
      this.#decodeOther(end - at);
    }
  }

  #decodeOther(size: number): void {
    const decoded = decodeRecord(this.#cursor);
    this.#validBytes += size;
    if (decoded === 'unknown') {
      this.#unknownRecords++;
      const recordType = this.#cursor.headerLo & 0xf;
      this.#sink.record({ kind: 'unknown', recordType, words: size / WORD_BYTES });
    } else if (decoded !== 'ignored') {
      this.#sink.record(decoded);
    }
  }
}
