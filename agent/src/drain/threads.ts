/** What the drain knows of the program's threads: their rings, the depths they hold back, and which thread started which. */
import { cellsIn } from '../depthCells.js';
import { EventWriter, type DepthChange } from '../eventWriter.js';
import { createRing, RingReader, RingWriter } from '../ring.js';
import type { ToDrain } from '../uplink.js';
import { RingLosses } from './ringLosses.js';
import type { StageTotals } from './totals.js';

/** Bytes that a depth takes at most, and those of the smallest ring. */
const DEPTH_BYTES = 96;
const MIN_RING_BYTES = 16 * 1024;
/**
 * A thread closes its ring in its `exit` listener, and the program's own may still record behind it. So a closed ring is
 * read for so long; usually the end of the thread is announced before.
 */
const CLOSED_NS = 1e9;

/** A ring that is being read. */
export interface ThreadRing {
  readonly reader: RingReader;
  /** Lanes, and what was lost of them. */
  readonly lanes: RingLosses;
  readonly threadId: number;
  /** When it was last read to the end. */
  readAtNs: number;
  /** Since when it is closed; undefined: it is not. */
  closedAtNs: number | undefined;
  isEnded: boolean;
}

/** Will the ring not grow any more? Ask before its head is read: then the head is final. */
export function isFinal(ring: ThreadRing, nowNs: number): boolean {
  if (ring.isEnded) return true;
  if (!ring.reader.closed) return false;
  ring.closedAtNs ??= nowNs;
  return nowNs - ring.closedAtNs > CLOSED_NS;
}

/** How far the ring has come, after a look at what its thread has counted. `isLast`: it will not be read much more. */
export function noteHead({ reader, lanes }: ThreadRing, isLast: boolean): number {
  return reader.headAfter(() => {
    lanes.look(isLast);
  });
}

type TotalsMessage = Extract<ToDrain, { kind: 'totals' }>;
type DepthsMessage = Extract<ToDrain, { kind: 'depths' }>;

/** Keeps the rings. A thread's ids are free when it has ended and its rings have been read (`takeFinished`). */
export class Threads {
  #rings: ThreadRing[] = [];
  readonly #depths = new Map<number, DepthsMessage[]>();
  /** Threads by the one that started them. */
  readonly #children = new Map<number, Set<number>>();
  readonly #ended = new Set<number>();

  get rings(): readonly ThreadRing[] {
    return this.#rings;
  }

  addRing(threadId: number, buffer: SharedArrayBuffer, nowNs: number): void {
    const reader = new RingReader(buffer);
    const isEnded = this.#ended.has(threadId);
    const lanes = new RingLosses();
    this.#rings.push({ reader, lanes, threadId, readAtNs: nowNs, closedAtNs: undefined, isEnded });
  }

  /** The ring that a thread announced; undefined when it has been read to its end. */
  ringOf(threadId: number): ThreadRing | undefined {
    return this.#rings.find((ring) => ring.threadId === threadId);
  }

  addTotals({ threadId, lane, memory, at }: TotalsMessage, totals: StageTotals): void {
    this.ringOf(threadId)?.lanes.addLane(lane, totals, memory, at);
  }

  addDepths(message: DepthsMessage): void {
    const known = this.#depths.get(message.threadId);
    if (known === undefined) this.#depths.set(message.threadId, [message]);
    else known.push(message);
  }

  started(threadId: number, parent: number): void {
    const children = this.#children.get(parent);
    if (children === undefined) this.#children.set(parent, new Set([threadId]));
    else children.add(threadId);
  }

  /** A thread has ended, and with it all that it had started: those were ended before it. Returns all of them. */
  ended(threadId: number, nowNs: number): readonly number[] {
    const all = [threadId];
    for (const child of this.#children.get(threadId) ?? []) all.push(...this.ended(child, nowNs));
    this.#children.delete(threadId);
    for (const children of this.#children.values()) children.delete(threadId);
    this.#ended.add(threadId);
    for (const ring of this.#rings) if (ring.threadId === threadId) ring.isEnded = true;
    this.#writeDepths(threadId, nowNs);
    return all;
  }

  /** The ring has been read to its end. */
  remove(ring: ThreadRing): void {
    this.#rings = this.#rings.filter((other) => other !== ring);
  }

  /** Threads that have ended and have nothing more to be read; each is named once. */
  takeFinished(): readonly number[] {
    const finished: number[] = [];
    for (const threadId of this.#ended) {
      if (this.#rings.some((ring) => ring.threadId === threadId)) continue;
      this.#ended.delete(threadId);
      finished.push(threadId);
    }
    return finished;
  }

  /** Depths that the thread held back when it ended, as one more ring of its. Nobody writes to the cells any more. */
  #writeDepths(threadId: number, nowNs: number): void {
    const pending = (this.#depths.get(threadId) ?? []).flatMap(({ shared, lane }) =>
      cellsIn(shared)
        .filter((cell) => cell.isPending)
        .map((cell) => ({ cell, lane })),
    );
    this.#depths.delete(threadId);
    if (pending.length === 0) return;
    const bytes = Math.max(2 ** Math.ceil(Math.log2(pending.length * DEPTH_BYTES)), MIN_RING_BYTES);
    const buffer = createRing(bytes);
    const writer = new RingWriter(buffer);
    const events = new EventWriter(writer);
    const change: DepthChange = { depth: 0, low: 0, high: 0 };
    for (const { cell, lane } of pending) {
      const { queue } = cell;
      const atNs = cell.take(change);
      if (queue !== undefined) events.depth({ lane, ...queue }, change, atNs);
    }
    this.addRing(threadId, buffer, nowNs);
  }
}
