/**
 * Takes JSON apart while it streams in, without building it: traces are larger than the longest string that V8 can hold, and
 * nearly everything in them is one long array.
 *
 *     {"displayTimeUnit":"ms","traceEvents":[ {...},{...},{...},{..  <- the chunk ends here
 *                             \_ a value _/   \_____ a run ____/ \__ held until the rest comes
 *
 * For each value below the root the handler says what it wants: the value's text, the elements of an array in runs of whole
 * elements, to be asked again about each member, or nothing. Only the structure around what is handed over is checked here;
 * whoever gets a text parses it. Chunks may be cut anywhere, also within a character: texts begin and end at brackets,
 * quotes and commas, whose bytes are never part of a longer UTF-8 character.
 *
 * Forgiven, because tools write it: a comma before a closing bracket, a byte order mark, further documents behind the first
 * one (NDJSON), and a root array without its closing bracket, which the trace event format allows and programs that were
 * killed leave behind.
 */
import { decodeUtf8 } from '../../../agent/wire/utf8.js';
import { GOES_ON, HeldBytes, kindOf, TOO_DEEP, ValueScan, type JsonKind } from './jsonScan.js';

export type { JsonKind } from './jsonScan.js';

/** `skip`: nothing. `value`: its text. `elements`: an array's elements in runs. `enter`: the handler is asked of each member. */
export type Treatment = 'skip' | 'value' | 'elements' | 'enter';

/** The keys that lead to a value; `*` for the elements of an entered array. */
export type JsonPath = readonly string[];

/** Who takes the parts. Paths and bytes are valid during the call only. */
export interface JsonHandler {
  /** Whether further documents may follow behind the first one. */
  readonly hasManyDocuments: boolean;
  /** A value begins. */
  treat(path: JsonPath, kind: JsonKind): Treatment;
  /** The text of a whole value. */
  value(path: JsonPath, bytes: Uint8Array, atByte: number): void;
  /** Whole elements, with commas between them. */
  elements(path: JsonPath, bytes: Uint8Array, atByte: number): void;
  /** What was entered, or an array of elements, has ended. */
  leave(path: JsonPath): void;
  /** A value or an element is longer than what may be held, and was left out. */
  tooLong(path: JsonPath, atByte: number): void;
}

/** Where and why splitting stopped. */
export interface JsonProblem {
  readonly atByte: number;
  readonly reason: string;
}

const MAX_HELD_BYTES = 64 * 1024 * 1024;
const MAX_KEY_BYTES = 4096;
/** Nesting of what is entered. */
const MAX_FRAMES = 16;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;
const BOM: readonly number[] = [0xef, 0xbb, 0xbf];

/** What comes next. `body`: the rest of a value. `after`: a comma or a closing bracket. `done`: nothing more is needed. */
type State = 'value' | 'valueOrEnd' | 'keyOrEnd' | 'colon' | 'body' | 'after' | 'done';

/** What was entered. `run`: an array whose elements are handed over in runs. */
type Frame = 'object' | 'array' | 'run';

/** Splits one input: `push` chunks, then `end`. */
export class JsonSplitter {
  readonly #handler: JsonHandler;
  readonly #path: string[] = [];
  readonly #frames: Frame[] = [];
  readonly #scan = new ValueScan();
  readonly #held = new HeldBytes(MAX_HELD_BYTES);
  #state: State = 'value';
  #chunk: Uint8Array = new Uint8Array(0);
  #bytesBefore = 0;
  #documents = 0;
  #problem: JsonProblem | null = null;
  #isKey = false;
  #isKept = false;
  #isTooLong = false;
  /** Where the value at hand starts: in the chunk (0: before it), and in the input. */
  #start = 0;
  #startByte = 0;
  /** The run of whole elements in the chunk: [#runFrom, #runTo), empty without any. */
  #runFrom = 0;
  #runTo = 0;

  constructor(handler: JsonHandler) {
    this.#handler = handler;
  }

  /** null while all is well. */
  get problem(): JsonProblem | null {
    return this.#problem;
  }

  /** Hands on what the chunk completes. Returns false once splitting has stopped. */
  push(chunk: Uint8Array): boolean {
    if (this.#isStopped()) return false;
    this.#chunk = chunk;
    this.#start = this.#runFrom = this.#runTo = 0;
    let at = 0;
    while (at < chunk.length) {
      at = this.#state === 'body' ? this.#body(at) : this.#between(at, chunk[at] ?? 0);
      if (this.#isStopped()) break;
    }
    this.#flushRun();
    if (this.#state === 'body') this.#hold(chunk.subarray(this.#start));
    this.#bytesBefore += chunk.length;
    this.#chunk = new Uint8Array(0);
    return !this.#isStopped();
  }

  /** How it ended; null: with a whole document. Nothing can be pushed afterwards. */
  end(): JsonProblem | null {
    if (this.problem !== null) return this.problem;
    // A lone number or word has no end of its own.
    const isLoneScalar = this.#frames.length === 0 && this.#scan.kind === 'scalar';
    if (this.#state === 'body' && isLoneScalar) this.#finish(0);
    if (!this.#isWhole) this.#failAtEnd();
    return this.problem;
  }

  get #isWhole(): boolean {
    const isRootArray = this.#frames.length === 1 && this.#frames[0] !== 'object';
    return this.#state === 'done' || (isRootArray && this.#state !== 'body');
  }

  #failAtEnd(): void {
    const isEmpty = this.#frames.length === 0 && this.#state === 'value';
    const path = this.#path.filter((key) => key !== '*').join('.');
    const where = path === '' ? 'the JSON text' : `"${path}"`;
    if (this.#state === 'body') this.#bytesBefore = this.#startByte;
    this.#fail(0, isEmpty ? 'there is nothing in it' : `the file ends inside of ${where}`);
  }

  #isStopped(): boolean {
    return this.#problem !== null;
  }

  /** One byte between values. */
  #between(at: number, byte: number): number {
    if (byte <= 0x20 || this.#isBom(at, byte)) return at + 1;
    switch (this.#state) {
      case 'valueOrEnd':
        if (byte === CLOSE_ARRAY) return this.#close(at);
        return this.#begin(at, byte);
      case 'keyOrEnd':
        if (byte === CLOSE_OBJECT) return this.#close(at);
        return this.#beginKey(at, byte);
      case 'colon':
        if (byte !== COLON) return this.#unexpected(at, 'a colon');
        this.#state = 'value';
        return at + 1;
      case 'after':
        return this.#afterValue(at, byte);
      default:
        return this.#begin(at, byte);
    }
  }

  #isBom(at: number, byte: number): boolean {
    return this.#documents === 0 && BOM[this.#bytesBefore + at] === byte;
  }

  #afterValue(at: number, byte: number): number {
    const isArray = this.#frames.at(-1) !== 'object';
    if (byte === (isArray ? CLOSE_ARRAY : CLOSE_OBJECT)) return this.#close(at);
    if (byte !== COMMA) return this.#unexpected(at, 'a comma');
    this.#state = isArray ? 'valueOrEnd' : 'keyOrEnd';
    return at + 1;
  }

  #beginKey(at: number, byte: number): number {
    if (byte !== QUOTE) return this.#unexpected(at, 'a key in quotes');
    this.#isKey = true;
    return this.#beginBody(at, 'string', true);
  }

  #begin(at: number, byte: number): number {
    const kind = kindOf(byte);
    if (kind === null) return this.#unexpected(at, 'a value');
    if (this.#state === 'done' && !this.#handler.hasManyDocuments) {
      return this.#fail(at, 'something follows behind the end of the JSON text');
    }
    if (this.#frames.at(-1) === 'run') return this.#beginBody(at, kind, true);
    const treatment = this.#handler.treat(this.#path, kind);
    const isEntered = treatment === 'enter' && (kind === 'object' || kind === 'array');
    if (isEntered) return this.#enter(at, kind);
    if (treatment === 'elements' && kind === 'array') return this.#enter(at, 'run');
    return this.#beginBody(at, kind, treatment === 'value');
  }

  #beginBody(at: number, kind: JsonKind, isKept: boolean): number {
    this.#scan.begin(kind);
    this.#isKept = isKept;
    this.#isTooLong = false;
    this.#start = at;
    this.#startByte = this.#bytesBefore + at;
    this.#state = 'body';
    return this.#body(at);
  }

  #enter(at: number, frame: Frame): number {
    if (this.#frames.length === MAX_FRAMES) return this.#fail(at, 'it is nested too deeply');
    this.#frames.push(frame);
    if (frame === 'array') this.#path.push('*');
    this.#state = frame === 'object' ? 'keyOrEnd' : 'valueOrEnd';
    return at + 1;
  }

  #close(at: number): number {
    if (this.#frames.at(-1) === 'run') this.#flushRun();
    if (this.#frames.pop() === 'array') this.#path.pop();
    this.#handler.leave(this.#path);
    this.#valueEnded();
    return at + 1;
  }

  #valueEnded(): void {
    const frame = this.#frames.at(-1);
    if (frame === 'object') this.#path.pop();
    this.#state = frame === undefined ? 'done' : 'after';
    if (frame === undefined) this.#documents++;
  }

  #body(at: number): number {
    const end = this.#scan.advance(this.#chunk, at);
    if (end === GOES_ON) return this.#chunk.length;
    if (end === TOO_DEEP) return this.#fail(at, 'it is nested too deeply');
    this.#finish(end);
    return end;
  }

  /** The value at hand ends at `end`. */
  #finish(end: number): void {
    if (this.#frames.at(-1) === 'run') {
      this.#finishElement(end);
      return;
    }
    const bytes = this.#isKept ? this.#takeWhole(end) : null;
    if (this.#isKey) {
      this.#isKey = false;
      this.#path.push(keyOf(bytes));
      this.#state = 'colon';
      return;
    }
    if (bytes !== null) this.#handler.value(this.#path, bytes, this.#startByte);
    this.#valueEnded();
  }

  #finishElement(end: number): void {
    this.#state = 'after';
    const isHeld = this.#held.length > 0 || this.#isTooLong;
    if (!isHeld) {
      if (this.#runTo === 0) this.#runFrom = this.#start;
      this.#runTo = end;
      return;
    }
    const bytes = this.#takeWhole(end);
    if (bytes !== null) this.#handler.elements(this.#path, bytes, this.#startByte);
  }

  #flushRun(): void {
    if (this.#runTo > this.#runFrom) {
      const bytes = this.#chunk.subarray(this.#runFrom, this.#runTo);
      this.#handler.elements(this.#path, bytes, this.#bytesBefore + this.#runFrom);
    }
    this.#runFrom = this.#runTo = 0;
  }

  #hold(part: Uint8Array): void {
    if (!this.#isKept || this.#isTooLong) return;
    if (!this.#held.add(part)) this.#isTooLong = true;
  }

  /** The bytes of the value at hand; null, and told, when it is too long. */
  #takeWhole(end: number): Uint8Array | null {
    if (!this.#isTooLong && this.#held.length === 0) return this.#chunk.subarray(this.#start, end);
    this.#hold(this.#chunk.subarray(0, end));
    if (!this.#isTooLong) return this.#held.take();
    this.#handler.tooLong(this.#path, this.#startByte);
    return null;
  }

  #unexpected(at: number, wanted: string): number {
    const rest = decodeUtf8(this.#chunk.subarray(at, at + 12));
    const found = JSON.stringify(rest.slice(0, 8));
    return this.#fail(at, `${found} stands where ${wanted} should be`);
  }

  #fail(at: number, reason: string): number {
    this.#problem = { atByte: this.#bytesBefore + at, reason };
    return at;
  }
}

function keyOf(bytes: Uint8Array | null): string {
  if (bytes === null || bytes.length > MAX_KEY_BYTES) return '(a long key)';
  try {
    return String(JSON.parse(decodeUtf8(bytes)));
  } catch {
    return '(a broken key)';
  }
}
