/** Finds the end of a JSON value in chunks of bytes, and holds what came before the chunk at hand. */

/** What a value is, by its first byte. */
export type JsonKind = 'object' | 'array' | 'string' | 'scalar';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Nesting within one value. */
const MAX_DEPTH = 2000;

/** In place of an end: the value goes on behind the chunk, or is nested too deeply. */
export const GOES_ON = -1;
export const TOO_DEEP = -2;

/** The kind of value that begins with this byte; null: none does. */
export function kindOf(byte: number): JsonKind | null {
  if (byte === OPEN_OBJECT) return 'object';
  if (byte === OPEN_ARRAY) return 'array';
  if (byte === QUOTE) return 'string';
  // Numbers, true, false, null, and the NaN and Infinity that some tools write.
  const isWord = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
  return isWord || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d ? 'scalar' : null;
}

/** A walk through one value that can be interrupted at any byte. Brackets are counted, not matched. */
export class ValueScan {
  #kind: JsonKind = 'scalar';
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  get kind(): JsonKind {
    return this.#kind;
  }

  /** A value of that kind begins; its first byte is the next to come. */
  begin(kind: JsonKind): void {
    this.#kind = kind;
    this.#depth = 0;
    this.#isInString = this.#isEscaped = false;
  }

  /** Index behind the value, GOES_ON or TOO_DEEP. */
  advance(chunk: Uint8Array, from: number): number {
    if (this.#kind === 'scalar') return scalarEnd(chunk, from);
    let at = from;
    if (this.#isInString) {
      at = this.#string(chunk, at);
      if (at < 0 || this.#depth === 0) return at;
    }
    return this.#brackets(chunk, at);
  }

  #brackets(chunk: Uint8Array, from: number): number {
    let depth = this.#depth;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === QUOTE) {
        at = this.#string(chunk, at + 1) - 1;
        if (at < 0) break;
        if (depth === 0) return at + 1;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (++depth > MAX_DEPTH) return TOO_DEEP;
      } else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) {
        return at + 1;
      }
    }
    this.#depth = depth;
    return GOES_ON;
  }

  /** Index behind the closing quote; GOES_ON when that is not in the chunk. */
  #string(chunk: Uint8Array, from: number): number {
    let at = from + (this.#isEscaped ? 1 : 0);
    this.#isEscaped = false;
    for (; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === QUOTE) {
        this.#isInString = false;
        return at + 1;
      }
      if (byte === BACKSLASH) at++;
    }
    this.#isInString = true;
    // What the last backslash stands before is in the next chunk.
    this.#isEscaped = at > chunk.length;
    return GOES_ON;
  }
}

function scalarEnd(chunk: Uint8Array, from: number): number {
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at] ?? 0;
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) return at;
  }
  return GOES_ON;
}

/** The beginning of something whose end is in a later chunk. Empty again after `take`. */
export class HeldBytes {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** false, and all is forgotten: it would be longer than allowed. */
  add(part: Uint8Array): boolean {
    const wanted = this.#length + part.length;
    if (wanted > this.#maxBytes) {
      this.clear();
      return false;
    }
    if (wanted > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(wanted, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(part, this.#length);
    this.#length = wanted;
    return true;
  }

  /** Everything held; valid until the next `add`. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  clear(): void {
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }
}
