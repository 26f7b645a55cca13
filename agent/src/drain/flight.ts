/**
 * The flight recorder: the last seconds, kept while nobody listens.
 *
 * The rings alone would not do: they hold a mebibyte a thread, which is ten seconds of one program and twenty milliseconds
 * of another. So the drain thread goes on emptying them and keeps what it would have sent, in segments:
 *
 *     | records, records, ... summary, losses | records, ... summary, losses | records, ...
 *       oldest                                                                 open
 *
 * A segment is let go as a whole, when its end lies outside of the window or when all of them together take more memory than
 * they may. So what is kept is whole: the exact totals of the segments are those of the records in them, and what was let
 * go is not lost but was never part of what is handed over.
 *
 * When an engine comes, the segments are the queue that it is served from: first the old ones, then the open one as it
 * grows. A slow engine therefore gets what it missed as long as the window reaches; only what falls out of the window
 * before it was sent is lost to it, and counted.
 */
import type { FlightSettings } from '../flightSettings.js';
import type { Tally } from './tally.js';

/** Parts of the window that may be missing at its beginning. */
const SEGMENTS = 10;
const MAX_SEGMENT_MS = 1000;
/** What a piece costs besides its bytes. */
const PIECE_BYTES = 200;

/** Whole records. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly tally: Tally;
  /** Counts pieces from the start; an engine's place in the queue is one of these numbers. */
  readonly number: number;
}

interface Segment {
  readonly fromNs: number;
  readonly pieces: Piece[];
  /** Executions that the process had made when the segment began. */
  readonly madeBefore: number;
  bytes: number;
  /** undefined: it is open. */
  toNs: number | undefined;
}

/** What an engine did not get because it was too slow. */
export interface Missed extends Tally {
  readonly fromNs: number;
}

const NONE: Tally = { records: 0, executions: 0 };

/** Keeps records in memory, bounded in time and size. */
export class FlightRecorder {
  readonly #windowNs: number;
  readonly #maxBytes: number;
  readonly #segmentNs: number;
  #segments: Segment[] = [];
  #open: Segment;
  #bytes = 0;
  #nextNumber = 0;
  /** The next piece that the engine gets; undefined while there is none. */
  #nextSent: number | undefined;
  #shortestNs = Infinity;

  /** `madeBefore`: executions that the process has made so far. */
  constructor(settings: FlightSettings, nowNs: number, madeBefore: number) {
    this.#windowNs = settings.windowMs * 1e6;
    this.#maxBytes = settings.maxBytes;
    this.#segmentNs = Math.min(settings.windowMs / SEGMENTS, MAX_SEGMENT_MS) * 1e6;
    this.#open = newSegment(nowNs, madeBefore);
  }

  /** Keeps records that came from the rings. */
  keep(bytes: Uint8Array, tally: Tally): void {
    const size = bytes.byteLength + PIECE_BYTES;
    this.#open.pieces.push({ bytes, tally, number: this.#nextNumber++ });
    this.#open.bytes += size;
    this.#bytes += size;
  }

  /** Is it time to close the segment? Also when it has grown so much that letting go of it would leave little. */
  isDue(nowNs: number): boolean {
    const { fromNs, bytes } = this.#open;
    return nowNs - fromNs >= this.#segmentNs || bytes >= this.#maxBytes / SEGMENTS;
  }

  /** Ends the segment with its totals, and lets go of what is too old. Returns what an engine misses by that. */
  close(totals: Uint8Array, nowNs: number, made: number): Missed | undefined {
    if (totals.byteLength > 0) this.keep(totals, NONE);
    this.#open.toNs = nowNs;
    this.#segments.push(this.#open);
    this.#open = newSegment(nowNs, made);
    return this.#letGo(nowNs);
  }

  /** How far what is kept reaches back, in nanoseconds. */
  reachNs(nowNs: number): number {
    return nowNs - (this.#segments[0] ?? this.#open).fromNs;
  }

  /** The shortest reach that memory has allowed; undefined when it always sufficed for the window. */
  get shortestNs(): number | undefined {
    return this.#shortestNs === Infinity ? undefined : this.#shortestNs;
  }

  /** Executions that the process had made before the oldest that is kept. */
  get madeBefore(): number {
    return (this.#segments[0] ?? this.#open).madeBefore;
  }

  /** An engine is there: it gets everything that is kept. */
  beginSession(): void {
    this.#nextSent = 0;
  }

  /** Is an engine there? */
  get isServing(): boolean {
    return this.#nextSent !== undefined;
  }

  /** The engine has gone. */
  endSession(): void {
    this.#nextSent = undefined;
  }

  /** Serves the engine as long as it has room. */
  send(hasRoom: () => boolean, send: (piece: { bytes: Uint8Array; tally: Tally }) => void): void {
    if (this.#nextSent === undefined) return;
    for (const segment of [...this.#segments, this.#open]) {
      const last = segment.pieces.at(-1);
      if (last === undefined || last.number < this.#nextSent) continue;
      for (const piece of segment.pieces) {
        if (piece.number < this.#nextSent) continue;
        if (!hasRoom()) return;
        this.#nextSent = piece.number + 1;
        send(piece);
      }
    }
  }

  /** Everything that is kept, oldest first. */
  pieces(): Uint8Array[] {
    return [...this.#segments, this.#open].flatMap((s) => s.pieces.map((p) => p.bytes));
  }

  #letGo(nowNs: number): Missed | undefined {
    const missed = { records: 0, executions: 0, fromNs: nowNs };
    for (;;) {
      const [oldest] = this.#segments;
      if (oldest === undefined) break;
      const isOld = nowNs - (oldest.toNs ?? nowNs) >= this.#windowNs;
      if (!isOld && this.#bytes <= this.#maxBytes) break;
      if (!isOld) this.#shortestNs = Math.min(this.#shortestNs, nowNs - (oldest.toNs ?? nowNs));
      this.#segments.shift();
      this.#bytes -= oldest.bytes;
      if (this.#nextSent === undefined) continue;
      missed.fromNs = Math.min(missed.fromNs, oldest.fromNs);
      for (const { number, tally } of oldest.pieces) {
        if (number < this.#nextSent) continue;
        missed.records += tally.records;
        missed.executions += tally.executions;
      }
    }
    return missed.records === 0 ? undefined : missed;
  }
}

function newSegment(fromNs: number, madeBefore: number): Segment {
  return { fromNs, pieces: [], madeBefore, bytes: 0, toNs: undefined };
}
