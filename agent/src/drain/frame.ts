/**
 * The frame that records are collected in before they are sent. At two million executions a second frames are 50 MB a second;
 * copied for each frame, as many would wait for the collector. So a frame that is well filled goes out in the memory that it
 * was collected in, and that comes back when the frame is with the operating system.
 */
import { RingReader } from '../ring.js';
import type { Tally } from './tally.js';

const MAX_FRAME_BYTES = 256 * 1024;
/** Frames below this are copied: in a slow socket's buffer they would hold much more memory than bytes. */
const MIN_LENT_BYTES = MAX_FRAME_BYTES / 2;
/** Memory kept for the next frames. */
const MAX_SPARE = 8;

/** What was collected. */
export interface FullFrame {
  readonly bytes: Uint8Array;
  readonly tally: Tally;
  /** Call it when nobody reads `bytes` any more. */
  readonly done: () => void;
}

/** Owns the memory. */
export class Frame {
  /** Write at `length`; there is room for one `RingReader.read`. */
  view = new DataView(new ArrayBuffer(MAX_FRAME_BYTES));
  length = 0;
  #tally: Tally = { records: 0, executions: 0 };
  readonly #spare: DataView<ArrayBuffer>[] = [];

  /** `bytes` were written at `length`. Returns true when the frame must be taken before the next. */
  add(bytes: number, tally: Tally): boolean {
    this.length += bytes;
    this.#tally.records += tally.records;
    this.#tally.executions += tally.executions;
    return this.length + RingReader.maxReadBytes > MAX_FRAME_BYTES;
  }

  /** What was collected, and begins anew; undefined: nothing. With `isKept` it is copied, because it will stay. */
  take(isKept: boolean): FullFrame | undefined {
    const { view, length } = this;
    if (length === 0) return undefined;
    const tally = this.#tally;
    this.#tally = { records: 0, executions: 0 };
    this.length = 0;
    if (isKept || length < MIN_LENT_BYTES) {
      return { bytes: new Uint8Array(view.buffer.slice(0, length)), tally, done: () => undefined };
    }
    this.view = this.#spare.pop() ?? new DataView(new ArrayBuffer(MAX_FRAME_BYTES));
    const done = (): void => {
      if (this.#spare.length < MAX_SPARE) this.#spare.push(view);
    };
    return { bytes: new Uint8Array(view.buffer, 0, length), tally, done };
  }
}
