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
  /** The start of a line whose end has not come. */
  #parts: Uint8Array[] = [];
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

  /** Hands on every line that the bytes complete. Keeps a reference to the rest, so do not reuse the array. */
  push(bytes: Uint8Array): void {
    let start = 0;
    // A line feed byte is never part of a longer UTF-8 character, so lines can be cut before they are decoded.
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, start)) {
      this.#hold(bytes.subarray(start, at));
      this.#emit();
      start = at + 1;
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start));
  }

  /** Hands on what stands behind the last line feed. */
  end(): void {
    this.#emit();
  }

  #hold(part: Uint8Array): void {
    if (this.#isSkipping) return;
    this.#heldBytes += part.length;
    if (this.#heldBytes > this.#maxLineBytes) {
      this.#isSkipping = true;
      this.#droppedLines++;
      this.#parts = [];
    } else {
      this.#parts.push(part);
    }
  }

  #emit(): void {
    const parts = this.#parts;
    const bytes = this.#heldBytes;
    const wasSkipped = this.#isSkipping;
    this.#parts = [];
    this.#heldBytes = 0;
    this.#isSkipping = false;
    if (bytes > 0 && !wasSkipped) this.#onLine(decodeUtf8(joined(parts, bytes)));
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
