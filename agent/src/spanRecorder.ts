/**
 * The user's own spans. A span belongs under the execution that it is part of, and without async context that is known only
 * while the stage's function runs synchronously: `current` is set then. On one lane spans may nest but never overlap, so
 *
 *  - a span that is over when its function returns stands on the execution's lane;
 *  - so does one asynchronous span at a time, if it is over before its execution is;
 *  - everything else stands on rows of the thread's own, the first one whose last span was over in time.
 */
import { eventHeaderHi } from '../wire/eventWords.js';
import { endedOn, type Lane } from './eventWriter.js';
import { Ref } from './names.js';
import type { ThreadLink } from './threadLink.js';

/** Rows for spans outside of executions in one thread; what overlaps more than that is counted as lost. */
const MAX_OWN_ROWS = 64;

/** An open span; `lane` is the row that it may stand on, undefined for the thread's own rows. */
export interface OpenSpan {
  readonly name: string;
  readonly startNs: number;
  readonly lane: Lane | undefined;
  /** How many executions had ended on the lane when the span began. */
  readonly ended: number;
}

interface OwnRow {
  readonly lane: Lane | undefined;
  endNs: number;
}

/** Places and records spans; one per thread. */
export class SpanRecorder {
  /** The lane of the execution whose function is on the stack now. The wrapper of a stage sets and restores it. */
  current: Lane | undefined;
  readonly #rows: OwnRow[] = [];
  #link: ThreadLink | undefined;

  /** Starts recording. */
  attach(link: ThreadLink): void {
    this.#link = link;
  }

  /** Ends recording; rows belong to the link. */
  detach(): void {
    this.#link = undefined;
    this.#rows.length = 0;
    this.current = undefined;
  }

  /** Begins a span on the current execution. */
  begin(name: string, startNs: number): OpenSpan {
    const { current } = this;
    // A function that has been running since an earlier recording leaves its lane behind.
    const lane = current?.recording === this.#link?.recording ? current : undefined;
    return { name, startNs, lane, ended: lane === undefined ? 0 : endedOn(lane) };
  }

  /** The span's function has returned a promise. Returns the span to end when it settles. */
  continues(span: OpenSpan): OpenSpan {
    if (span.lane?.hasAsyncSpan !== false) return { ...span, lane: undefined };
    span.lane.hasAsyncSpan = true;
    return span;
  }

  /** Ends a span whose function has returned or thrown. */
  end(span: OpenSpan, endNs: number): void {
    this.#record(span, span.lane, endNs);
  }

  /** Ends a span that `continues` returned. */
  endAsync(span: OpenSpan, endNs: number): void {
    const { lane } = span;
    if (lane !== undefined) lane.hasAsyncSpan = false;
    const isInside = lane !== undefined && endedOn(lane) === span.ended;
    this.#record(span, isInside ? lane : undefined, endNs);
  }

  #record(span: OpenSpan, inside: Lane | undefined, endNs: number): void {
    const link = this.#link;
    // One that began before the recording did would stand on a lane of an earlier one.
    if (link === undefined || span.startNs < link.sinceNs) return;
    const nameRef = link.spanString(span.name);
    const lane = inside ?? this.#ownRow(link, span.startNs, endNs);
    if (nameRef === 0 || lane === undefined) {
      link.control.addUnnamed(false);
      return;
    }
    link.events.duration(lane, eventHeaderHi(Ref.span, nameRef), span.startNs, endNs);
  }

  /** Spans come in the order of their ends, so a row is free from its last end on. */
  #ownRow(link: ThreadLink, startNs: number, endNs: number): Lane | undefined {
    let row = this.#rows.find((r) => r.endNs <= startNs);
    if (row === undefined) {
      if (this.#rows.length >= MAX_OWN_ROWS) return undefined;
      const slot = this.#rows.length;
      const lane = slot === 0 ? link.ownLane : link.lane(null, null, slot);
      row = { lane, endNs };
      this.#rows.push(row);
    }
    row.endNs = endNs;
    return row.lane;
  }
}
