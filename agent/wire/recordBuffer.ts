/** A growing buffer that records are appended to, atom by atom. */
import {
  ArgType,
  INLINE_STRING,
  MAX_RECORD_WORDS,
  MAX_STRING_BYTES,
  RecordType,
} from './format.js';
import { assert } from './result.js';
import { paddedBytes, WORD_BYTES } from './recordCursor.js';
import type { FxtArgValue, FxtThread } from './records.js';
import { highHalf, highOfNs, lowHalf } from './ticks.js';
import { encodeUtf8Into } from './utf8.js';

/** A string in a record: a number is an index of the string table, a text stands inline ('' needs neither). */
export type StringRef = number | string;
/** A thread in a record: a number is an index of the thread table, a pair stands inline. */
export type ThreadRef = number | FxtThread;
/** A 64-bit word: exact as bigint, or a whole number below 2^53. Negative bigints are written as two's complement. */
export type Word = bigint | number;

/** An argument to write. The value of a string argument is a `StringRef`: a number there is an index, not a number. */
export interface WireArg {
  readonly type: ArgType;
  readonly name: StringRef;
  readonly value: FxtArgValue;
}

const INITIAL_BYTES = 4096;

/**
 * Bytes of whole records, and at most one record under construction: `begin`, atoms, `finish`. Strings write their stream
 * and return the 16 bits that go into a header, which is why headers are filled in last.
 */
export class RecordBuffer {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** Where the record under construction starts. */
  #start = 0;
  /** An argument of it is over the format's limit. */
  #overflow = false;

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Returns a copy of the bytes written and starts over. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Starts a record and leaves room for its header. */
  begin(): void {
    this.#start = this.#length;
    this.#overflow = false;
    this.#reserve(WORD_BYTES);
  }

  /**
   * Fills in the header: `lo` and `hi` without the size, which is added here. Returns false, and takes the record back,
   * when it, or an argument, is over the format's 4095 words. Large records have a size of their own and their own limit, 2^32 - 1 words.
   */
  finish(lo: number, hi: number): boolean {
    const words = (this.#length - this.#start) / WORD_BYTES;
    const isLarge = (lo & 0xf) === RecordType.large;
    if (this.#overflow || (!isLarge && words > MAX_RECORD_WORDS)) {
      this.#length = this.#start;
      return false;
    }
    this.#setWord(this.#start, lo | (words << 4), hi | (isLarge ? words >>> 28 : 0));
    return true;
  }

  /** Appends a word in two halves and returns where it stands, for `patch`. */
  halves(lo: number, hi: number): number {
    const at = this.#reserve(WORD_BYTES);
    this.#setWord(at, lo, hi);
    return at;
  }

  /** Replaces the word at `at`. */
  patch(at: number, lo: number, hi: number): void {
    this.#setWord(at, lo, hi);
  }

  word(value: Word): void {
    if (typeof value === 'bigint') {
      this.halves(lowHalf(value), highHalf(value));
      return;
    }
    assert(
      Number.isSafeInteger(value) && value >= 0,
      `a word of ${value} is not exact as a number`,
    );
    this.halves(value, highOfNs(value));
  }

  double(value: number): void {
    const at = this.#reserve(WORD_BYTES);
    this.#view.setFloat64(at, value, true);
  }

  /** Appends bytes and their padding. */
  stream(bytes: Uint8Array): void {
    const at = this.#reserve(paddedBytes(bytes.length));
    this.#bytes.set(bytes, at);
    this.#bytes.fill(0, at + bytes.length, this.#length);
  }

  /** Appends text of at most `maxBytes`, cut behind a whole character, with its padding; returns its bytes. */
  text(value: string, maxBytes = MAX_STRING_BYTES): number {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    const room = Math.min(value.length * 3, maxBytes);
    const at = this.#reserve(paddedBytes(room));
    const written = encodeUtf8Into(value, this.#bytes.subarray(at, at + room));
    this.#length = at + paddedBytes(written);
    this.#bytes.fill(0, at + written, this.#length);
    return written;
  }

  /** Writes what the ref needs inline, and returns its 16 bits. */
  string(ref: StringRef): number {
    if (typeof ref === 'number') {
      assert(ref >= 0 && ref < INLINE_STRING, `string index ${ref} is out of range`);
      return ref;
    }
    return ref === '' ? 0 : INLINE_STRING | this.text(ref);
  }

  /** Writes what the ref needs inline, and returns its 8 bits. */
  thread(ref: ThreadRef): number {
    if (typeof ref === 'number') {
      assert(ref > 0 && ref <= 0xff, `thread index ${ref} is out of range`);
      return ref;
    }
    this.word(ref.process);
    this.word(ref.thread);
    return 0;
  }

  argument(arg: WireArg): void {
    const at = this.halves(0, 0);
    const name = this.string(arg.name);
    const upper = this.#value(arg);
    const words = (this.#length - at) / WORD_BYTES;
    if (words > MAX_RECORD_WORDS) this.#overflow = true;
    this.patch(at, arg.type | (words << 4) | (name << 16), upper);
  }

  /** Writes the value's own words, if it has any, and returns the upper half of the argument's header. */
  #value({ type, value }: WireArg): number {
    switch (typeof value) {
      case 'boolean':
        assert(type === ArgType.boolean, `argument type ${type} with a boolean`);
        return value ? 1 : 0;
      case 'bigint':
        assert(isWide(type), `argument type ${type} with a bigint`);
        this.word(value);
        return 0;
      case 'number':
        return this.#number(type, value);
      case 'string':
        assert(type === ArgType.string, `argument type ${type} with a text`);
        return this.string(value);
      default:
        assert(type === ArgType.null, `argument type ${type} with null`);
        return 0;
    }
  }

  #number(type: ArgType, value: number): number {
    if (type === ArgType.double) {
      this.double(value);
      return 0;
    }
    if (type === ArgType.string) return this.string(value);
    const fits =
      type === ArgType.int32
        ? value === (value | 0)
        : type === ArgType.uint32 && value === value >>> 0;
    assert(fits, `argument type ${type} cannot hold the number ${value}`);
    return value;
  }

  #setWord(at: number, lo: number, hi: number): void {
    this.#view.setUint32(at, lo, true);
    this.#view.setUint32(at + 4, hi, true);
  }

  /** Grows the content by `bytes` of unknown value and returns where they start. */
  #reserve(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

function isWide(type: ArgType): boolean {
  return (
    type === ArgType.int64 ||
    type === ArgType.uint64 ||
    type === ArgType.pointer ||
    type === ArgType.koid
  );
}
