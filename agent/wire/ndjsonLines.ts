/** Puts the lines of a blob stream together again. Sluice never splits a line over two blobs; others may. */
import { decodeUtf8 } from './utf8.js';

const LINE_FEED = 0x0a;

/** Settings of `NdjsonLines`. */
export interface NdjsonOptions {
  /** Longer lines are dropped as a whole and counted. 1 MiB when left out, more than the longest summary line. */
  readonly maxLineBytes?: number;
}

/**
 * Lines of one blob stream (one name, one provider): `push` the blobs in order, then `end` for a last line without a line
 * feed. Empty lines are left out. At most one line of `maxLineBytes` is held.
 */
export class NdjsonLines {
  readonly #onLine: (line: string) => void;
  readonly #maxLineBytes: number;
  /** The start of a line whose end has not come: the first `#heldBytes` bytes. */
  #held = new Uint8Array(0);
  #heldBytes = 0;
  #isSkipping = false;
  #droppedLines = 0;

  constructor(onLine: (line: string) => void, options: NdjsonOptions = {}) {
    this.#onLine = onLine;
    this.#maxLineBytes = options.maxLineBytes ?? 1024 * 1024;
  }

  /** Lines dropped because they were too long. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Hands on every line that the bytes complete; copies the rest. */
  push(bytes: Uint8Array): void {
    let start = 0;
    // A line feed byte is never part of a longer UTF-8 character, so lines can be cut before they are decoded.
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, start)) {
      this.#finishLine(bytes.subarray(start, at));
      start = at + 1;
    }
    this.#hold(bytes.subarray(start));
  }

  /** Hands on what stands behind the last line feed. */
  end(): void {
    this.#finishLine(new Uint8Array(0));
  }

  #finishLine(rest: Uint8Array): void {
    if (this.#heldBytes === 0 && !this.#isSkipping && rest.length <= this.#maxLineBytes) {
      if (rest.length > 0) this.#onLine(decodeUtf8(rest));
      return;
    }
    this.#hold(rest);
    const line = this.#held.subarray(0, this.#heldBytes);
    const wasSkipped = this.#isSkipping;
    this.#heldBytes = 0;
    this.#isSkipping = false;
    if (!wasSkipped) this.#onLine(decodeUtf8(line));
  }

  #hold(part: Uint8Array): void {
    if (this.#isSkipping || part.length === 0) return;
    const wanted = this.#heldBytes + part.length;
    if (wanted > this.#maxLineBytes) {
      this.#isSkipping = true;
      this.#droppedLines++;
      this.#held = new Uint8Array(0);
      this.#heldBytes = 0;
      return;
    }
    if (wanted > this.#held.length) {
      const grown = new Uint8Array(Math.max(wanted, 2 * this.#held.length));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(part, this.#heldBytes);
    this.#heldBytes = wanted;
  }
}
