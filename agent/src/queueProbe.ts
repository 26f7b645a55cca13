/**
 * A queue as one thread records it.
 *
 * A busy queue changes several hundred thousand times a second, and a chart cannot show that. Changes that come within 25 us
 * of the last record are merged: the next record says the depth then, and the lowest and the highest since. What is held
 * back is written, with its own time, by the next change that comes later than that, by `flush` (four times a second) and at
 * the thread's end; so the chart never shows a depth that was already over, except in a thread that hangs.
 */
import { eventHeaderHi } from '../wire/eventWords.js';
import { nowNs } from './clock.js';
import type { DepthChange, QueueWords } from './eventWriter.js';
import { Ref } from './names.js';
import type { QueueOptions, QueueProbe } from './probe.js';
import type { ThreadLink } from './threadLink.js';

const MERGE_NS = 25_000;
/** Queues of one process. */
export const MAX_QUEUES = 4096;
const MAX_DEPTH = 0xffff_ffff;

/** Implements `QueueProbe`; before `attach` it remembers what was declared and records nothing. */
export class QueueRecorder implements QueueProbe {
  readonly #options: QueueOptions;
  #capacity: number | undefined;
  #link: ThreadLink | undefined;
  #words: QueueWords | undefined;
  readonly #change: DepthChange = { depth: 0, low: 0, high: 0 };
  #hasPending = false;
  #pendingAtNs = 0;
  #writtenAtNs = -Infinity;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#capacity = options.capacity;
  }

  /** Starts recording: declares the queue. */
  attach(link: ThreadLink): void {
    if (this.#link !== undefined) return;
    this.#link = link;
    const nameRef = link.string(this.#options.name);
    const id = link.control.allocate('nextQueue', MAX_QUEUES);
    if (id === undefined) link.noteLimit('queues', MAX_QUEUES);
    if (id === undefined || nameRef === 0 || link.ownLane === undefined) return;
    this.#words = { lane: link.ownLane, id, headerHi: eventHeaderHi(Ref.queue, nameRef) };
    this.#declare();
  }

  depth(depth: number, atNs?: number): void {
    const link = this.#link;
    if (link?.control.isRecording !== true) return;
    const now = atNs ?? nowNs();
    const value = depth >= 0 ? Math.min(depth, MAX_DEPTH) : 0;
    if (this.#hasPending && now - this.#pendingAtNs >= MERGE_NS) this.flush();
    const change = this.#change;
    if (this.#hasPending) {
      if (value < change.low) change.low = value;
      if (value > change.high) change.high = value;
    } else {
      change.low = value;
      change.high = value;
    }
    change.depth = value;
    this.#pendingAtNs = now;
    this.#hasPending = true;
    // A reading that is earlier than the last record counts as just after it.
    if (now - this.#writtenAtNs >= MERGE_NS) this.flush();
  }

  setCapacity(capacity: number | undefined): void {
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    if (this.#words !== undefined) this.#declare();
  }

  /** Writes what was held back. */
  flush(): void {
    if (!this.#hasPending) return;
    this.#hasPending = false;
    // Time must not run backwards within a counter when callers mix readings.
    const at = Math.max(this.#pendingAtNs, this.#writtenAtNs);
    this.#writtenAtNs = at;
    if (this.#words === undefined) this.#link?.control.addUnnamed(false);
    else this.#link?.events.depth(this.#words, this.#change, at);
  }

  #declare(): void {
    const { name, pipeline, from, to, via, source } = this.#options;
    const capacity = this.#capacity;
    this.#link?.declare({
      kind: 'queue',
      id: this.#words?.id ?? 0,
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
