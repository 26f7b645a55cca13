/**
 * A queue as one thread records it.
 *
 * A busy queue changes several hundred thousand times a second, and a chart cannot show that. Changes that come within 25 us
 * of the last record are merged: the next record says the depth then, and the lowest and the highest since. What is held
 * back is written, with its own time, by the next change that comes later than that, by `flush` (four times a second) and at
 * the thread's end, however it ends; so the chart never shows a depth that was already over, except in a thread that hangs.
 *
 * A program may make a queue for each request and drop it again. So nothing here keeps a `QueueRecorder` alive: when it has
 * been collected, its id goes to the next queue of the same name, which then continues the same row.
 */
import { eventHeaderHi } from '../wire/eventWords.js';
import { nowNs } from './clock.js';
import { Limit } from './control.js';
import type { DepthCell } from './depthCells.js';
import type { DepthChange, Lane } from './eventWriter.js';
import { Ref } from './names.js';
import type { QueueOptions, QueueProbe } from './probe.js';
import type { ThreadLink } from './threadLink.js';

const MERGE_NS = 25_000;
/** Queues of one process at once. */
export const MAX_QUEUES = Limit.queues;
const MAX_DEPTH = 0xffff_ffff;

/** Reused for each record of this thread; it is read during the call. */
const change: DepthChange = { depth: 0, low: 0, high: 0 };

/** The part of a recorded queue that outlives the queue: it can still be flushed, and then let go. */
export class RecordedQueue {
  readonly id: number;
  readonly cell: DepthCell;
  readonly #key: string;
  readonly #link: ThreadLink;
  readonly #lane: Lane;
  readonly #headerHi: number;

  private constructor(link: ThreadLink, lane: Lane, key: string, words: QueueIds) {
    this.#link = link;
    this.#lane = lane;
    this.#key = key;
    this.id = words.id;
    this.#headerHi = words.headerHi;
    this.cell = link.depths.take(words);
  }

  /** Gives the queue an id; undefined (and a note) when a table is full. */
  static open(link: ThreadLink, { name, pipeline }: QueueOptions): RecordedQueue | undefined {
    const key = `${pipeline ?? ''}\0${name}`;
    const lane = link.ownLane;
    const id = lane === undefined ? undefined : link.control.queues.take(key, link.threadId);
    if (id === undefined || lane === undefined) {
      link.noteLimit('queues', MAX_QUEUES);
      return undefined;
    }
    // After the id: names of queues that cannot be recorded must not use up the table of names.
    const nameRef = link.string(name);
    if (nameRef === 0) return undefined;
    const headerHi = eventHeaderHi(Ref.queue, nameRef);
    return new RecordedQueue(link, lane, key, { id, headerHi });
  }

  /** Writes what was held back. */
  flush(): void {
    if (!this.cell.isPending) return;
    const atNs = this.cell.take(change);
    const words = { lane: this.#lane, id: this.id, headerHi: this.#headerHi };
    this.#link.events.depth(words, change, atNs);
  }

  /** The program has dropped the queue: whatever it held is gone with it. */
  dropped(): void {
    if (this.#link.isOver) return;
    if (this.cell.depth > 0 && this.#link.control.isRecording) this.cell.merge(0, nowNs());
    this.flush();
    this.#link.depths.release(this.cell);
    this.#link.control.queues.release(this.#key, this.id, this.#link.threadId);
  }
}

interface QueueIds {
  readonly id: number;
  readonly headerHi: number;
}

/** Implements `QueueProbe`; before `attach` it remembers what was declared and records nothing. */
export class QueueRecorder implements QueueProbe {
  readonly #options: QueueOptions;
  #capacity: number | undefined;
  #link: ThreadLink | undefined;
  #recorded: RecordedQueue | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#capacity = options.capacity;
  }

  /** Starts recording: declares the queue. Returns what is to be let go when this object has been collected. */
  attach(link: ThreadLink): RecordedQueue | undefined {
    if (this.#link !== undefined) return undefined;
    this.#link = link;
    this.#recorded = RecordedQueue.open(link, this.#options);
    if (this.#recorded !== undefined) this.#declare(this.#recorded.id);
    return this.#recorded;
  }

  /** Ends recording. */
  detach(): void {
    this.#link = undefined;
    this.#recorded = undefined;
  }

  depth(depth: number, atNs?: number): void {
    const link = this.#link;
    if (link?.control.isRecording !== true) return;
    const recorded = this.#recorded;
    if (recorded === undefined) {
      link.control.addUnnamed(false);
      return;
    }
    const { cell } = recorded;
    const now = atNs ?? nowNs();
    if (cell.isPending && now - cell.pendingAtNs >= MERGE_NS) recorded.flush();
    cell.merge(depth >= 0 ? Math.min(depth, MAX_DEPTH) : 0, now);
    // A reading that is earlier than the last record counts as just after it.
    if (now - cell.writtenAtNs >= MERGE_NS) recorded.flush();
  }

  setCapacity(capacity: number | undefined): void {
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    if (this.#recorded !== undefined) this.#declare(this.#recorded.id);
  }

  /** Writes what was held back. */
  flush(): void {
    this.#recorded?.flush();
  }

  #declare(id: number): void {
    const { name, pipeline, from, to, via, source } = this.#options;
    const capacity = this.#capacity;
    this.#link?.declare({
      kind: 'queue',
      id,
      name,
      pipeline: pipeline ?? null,
      capacity: capacity === undefined || !(capacity <= 1e12) ? null : capacity,
      from: from ?? null,
      to: to ?? null,
      via,
      source: source ?? null,
    });
  }
}
