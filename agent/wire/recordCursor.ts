/** Reads the atoms of one record: words, strings, threads, arguments. Every read is checked against the record's end. */
import { ArgType, INLINE_STRING } from './format.js';
import { MalformedRecord, type FxtTables } from './fxtTables.js';
import type { FxtArg, FxtArgValue, FxtThread } from './records.js';
import { decodeUtf8 } from './utf8.js';

/** Bytes of a word. */
export const WORD_BYTES = 8;

/** Length of a stream of `bytes` bytes with its padding. */
export function paddedBytes(bytes: number): number {
  return Math.ceil(bytes / WORD_BYTES) * WORD_BYTES;
}

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/** A fresh argument; its content means nothing until it is decoded into. */
export function blankArg(): FxtArg {
  return { type: ArgType.null, name: '', value: null };
}

/**
 * A position in a record. `readHeader` and `open` point it at a record whose bytes are all there; the reads then go from the first word
 * behind the header to the end, and throw MalformedRecord instead of leaving it.
 */
export class RecordCursor {
  readonly tables: FxtTables;
  /** Halves of the header word. */
  headerLo = 0;
  headerHi = 0;
  #view: DataView = NO_VIEW;
  #bytes: Uint8Array = NO_BYTES;
  #at = 0;
  #end = 0;

  constructor(tables: FxtTables) {
    this.tables = tables;
  }

  /** The buffer that the records to come stand in; `view` covers the same bytes. */
  attach(bytes: Uint8Array, view: DataView): void {
    this.#bytes = bytes;
    this.#view = view;
  }

  /** Drops the buffer, which belongs to the caller. */
  detach(): void {
    this.attach(NO_BYTES, NO_VIEW);
  }

  /** Reads the header word at `at`. */
  readHeader(at: number): void {
    this.headerLo = this.#view.getUint32(at, true);
    this.headerHi = this.#view.getUint32(at + 4, true);
  }

  /** Starts on the record at [at, end), whose header has been read. */
  open(at: number, end: number): void {
    this.#at = at + WORD_BYTES;
    this.#end = end;
  }

  /** Steps over the next word and returns where it starts, for `low` and `high`. */
  next(what: string): number {
    const at = this.#at;
    if (at + WORD_BYTES > this.#end) {
      throw new MalformedRecord(`the record ends before its ${what}`);
    }
    this.#at = at + WORD_BYTES;
    return at;
  }

  low(at: number): number {
    return this.#view.getUint32(at, true);
  }

  high(at: number): number {
    return this.#view.getUint32(at + 4, true);
  }

  /** The next word as an exact unsigned value. */
  word(what: string): bigint {
    return this.#view.getBigUint64(this.next(what), true);
  }

  /** The next `bytes` bytes, a view into the input; steps over the padding too. */
  stream(bytes: number, what: string): Uint8Array {
    const at = this.#at;
    const left = this.#end - at;
    if (bytes > left) {
      throw new MalformedRecord(`${what} of ${bytes} bytes is longer than the ${left} left`);
    }
    this.#at = at + paddedBytes(bytes);
    return this.#bytes.subarray(at, at + bytes);
  }

  /** The next `bytes` bytes as text. */
  text(bytes: number, what: string): string {
    return decodeUtf8(this.stream(bytes, what));
  }

  /** The string that a 16-bit string ref means: from the table, or inline at the current position. */
  string(ref: number, what: string): string {
    if (ref >= INLINE_STRING) return this.text(ref - INLINE_STRING, what);
    const found = this.tables.current.strings[ref];
    if (found === undefined) {
      throw new MalformedRecord(`${what} refers to string ${ref}, which was never registered`);
    }
    return found;
  }

  /** The thread that an 8-bit thread ref means: from the table, or two words inline. */
  thread(ref: number, what: string): FxtThread {
    if (ref === 0) return this.tables.intern(this.word('process id'), this.word('thread id'));
    const found = this.tables.current.threads[ref];
    if (found === undefined) {
      throw new MalformedRecord(`${what} refers to thread ${ref}, which was never registered`);
    }
    return found;
  }

  /** Decodes the next argument into `out`. Returns false, and leaves `out` alone, when its type is unknown. */
  argument(out: FxtArg): boolean {
    const at = this.next('arguments');
    const lo = this.low(at);
    const size = ((lo >>> 4) & 0xfff) * WORD_BYTES;
    const recordEnd = this.#end;
    if (size === 0 || size > recordEnd - at) {
      throw new MalformedRecord(`argument of ${size} bytes where ${recordEnd - at} are left`);
    }
    const type = lo & 0xf;
    const known = type <= ArgType.boolean;
    if (known) {
      // Strings of an argument must end inside of it, not just inside of the record.
      this.#end = at + size;
      out.name = this.string(lo >>> 16, 'argument name');
      out.type = type as ArgType;
      out.value =
        type === ArgType.uint32 ? this.high(at) : this.#value(type as ArgType, this.high(at));
      this.#end = recordEnd;
    }
    this.#at = at + size;
    return known;
  }

  /** Decodes `count` arguments as fresh objects; those of unknown types are left out. */
  arguments(count: number): FxtArg[] {
    const args: FxtArg[] = [];
    for (let i = 0; i < count; i++) {
      const arg = blankArg();
      if (this.argument(arg)) args.push(arg);
    }
    return args;
  }

  /** `upper` is the upper half of the argument's header. */
  #value(type: ArgType, upper: number): FxtArgValue {
    switch (type) {
      case ArgType.null:
        return null;
      case ArgType.int32:
        return upper | 0;
      case ArgType.uint32:
        return upper;
      case ArgType.int64:
        return BigInt.asIntN(64, this.word('argument value'));
      case ArgType.uint64:
      case ArgType.pointer:
      case ArgType.koid:
        return this.word('argument value');
      case ArgType.double:
        return this.#view.getFloat64(this.next('argument value'), true);
      case ArgType.string:
        return this.string(upper & 0xffff, 'argument value');
      case ArgType.boolean:
        return (upper & 1) === 1;
    }
  }
}
