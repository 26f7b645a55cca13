/** Writes events into a thread's ring as FXT words: the hot path. Nothing here allocates, throws or looks anything up. */
import { EventType } from '../wire/format.js';
import {
  doubleArgLo,
  eventHeaderHi,
  eventHeaderLo,
  stringArgLo,
  uint32ArgLo,
} from '../wire/eventWords.js';
import { addTo, executionsIn, type LaneTotals } from './laneTotals.js';
import { Ref } from './names.js';
import type { ExecutionDetail } from './probe.js';
import { COUNT_EXECUTION, COUNT_RECORD, HIGH, type RingWriter } from './ring.js';

/** A row that events stand on, as records name it. */
export interface Lane {
  /** Number of the recording that the lane belongs to. */
  readonly recording: number;
  /** Number within the process, from 1. */
  readonly number: number;
  /** Index in the thread table, or 0: then records carry the two ids below themselves. */
  readonly ref: number;
  readonly pid: number;
  /** Halves of the lane's koid. */
  readonly koidLo: number;
  readonly koidHi: number;
  /** What was recorded here, for `drain/ringLosses.ts`; nothing is ever added for a thread's own lanes. */
  readonly totals: LaneTotals;
  /** Executions that have ended here without being recorded. */
  cancelled: number;
  /** An asynchronous span is open here: a second one could overlap it, so it goes elsewhere. */
  hasAsyncSpan: boolean;
}

/** How many executions have ended on the lane; tells a span whether its execution still runs. */
export function endedOn({ totals, cancelled }: Lane): number {
  return executionsIn(totals) + cancelled;
}

/** The words that stay the same for all events of one queue. */
export interface QueueWords {
  readonly lane: Lane;
  readonly id: number;
  /** Header's high half: category and name. */
  readonly headerHi: number;
}

/** A depth to write. `low` and `high` are written only when they differ from `depth`. */
export interface DepthChange {
  depth: number;
  low: number;
  high: number;
}

const ITEM = uint32ArgLo(Ref.item);
const ITEMS = uint32ArgLo(Ref.items);
const OUTCOME = stringArgLo(Ref.outcome);
const WAIT_US = uint32ArgLo(Ref.waitUs);
const DEPTH = uint32ArgLo(Ref.depth);
const LOW = uint32ArgLo(Ref.low);
const HIGH_DEPTH = uint32ArgLo(Ref.high);
const VALUE = doubleArgLo(Ref.value);
const DURATION = eventHeaderLo(EventType.durationComplete, 0, 0, 0);
const COUNTER = eventHeaderLo(EventType.counter, 0, 0, 0);
const GAUGE = eventHeaderHi(Ref.gauge, 0);
const MAX_UINT32 = 0xffff_ffff;

/** Whole microseconds that fit 32 bits: what is longer is 71 minutes, what is less than nothing (or no number) is nothing. */
function microseconds(ns: number): number {
  const us = Math.round(ns / 1000);
  return us > 0 ? Math.min(us, MAX_UINT32) : 0;
}

/** The events of one thread. Times are CLOCK_MONOTONIC nanoseconds. */
export class EventWriter {
  /** The thread's ring, for `RingWriter.execution`. */
  readonly ring: RingWriter;

  constructor(ring: RingWriter) {
    this.ring = ring;
  }

  /** A duration without arguments. `headerHi` holds category and name. */
  duration(lane: Lane, headerHi: number, startNs: number, endNs: number): void {
    const words = lane.ref === 0 ? 5 : 3;
    const at = this.#begin(DURATION, lane, words, 0, headerHi, startNs);
    const w = this.ring.words;
    w[at] = endNs | 0;
    w[at + 1] = (endNs * HIGH) | 0;
    this.ring.publish(words, COUNT_RECORD);
  }

  /** An execution of the stage that `headerHi` names. */
  // eslint-disable-next-line max-params -- an options object would be allocated on the hot path
  execution(
    lane: Lane,
    headerHi: number,
    startNs: number,
    endNs: number,
    detail: ExecutionDetail | undefined,
  ): void {
    let args = 0;
    if (detail !== undefined) {
      args =
        (detail.item === undefined ? 0 : 1) +
        (detail.items === 1 ? 0 : 1) +
        (detail.failed ? 1 : 0) +
        (detail.waitedNs === undefined ? 0 : 1);
    }
    const words = (lane.ref === 0 ? 5 : 3) + args;
    let at = this.#begin(DURATION, lane, words, args, headerHi, startNs);
    if (args > 0 && detail !== undefined) at = this.#detail(at, detail);
    const w = this.ring.words;
    w[at] = endNs | 0;
    w[at + 1] = (endNs * HIGH) | 0;
    this.ring.publish(words, COUNT_EXECUTION);
    // Behind the record: `laneTotals.ts` says why.
    addTo(lane.totals, endNs - startNs, detail);
  }

  /** A queue's depth at a time. */
  depth(queue: QueueWords, change: DepthChange, atNs: number): void {
    const isMerged = change.low !== change.depth || change.high !== change.depth;
    const args = isMerged ? 3 : 1;
    const words = (queue.lane.ref === 0 ? 5 : 3) + args;
    let at = this.#begin(COUNTER, queue.lane, words, args, queue.headerHi, atNs);
    at = this.#uint32(at, DEPTH, change.depth);
    if (isMerged) {
      at = this.#uint32(at, LOW, change.low);
      at = this.#uint32(at, HIGH_DEPTH, change.high);
    }
    const w = this.ring.words;
    w[at] = queue.id;
    w[at + 1] = 0;
    this.ring.publish(words, COUNT_RECORD);
  }

  /** A gauge of the lane's thread. `nameRef` is one of the gauges of `Ref`. */
  gauge(lane: Lane, nameRef: number, value: number, atNs: number): void {
    const words = lane.ref === 0 ? 7 : 5;
    const at = this.#begin(COUNTER, lane, words, 1, GAUGE | (nameRef << 16), atNs);
    const w = this.ring.words;
    w[at] = VALUE;
    w[at + 1] = 0;
    this.ring.doubles[(at >> 1) + 1] = value;
    // One counter per gauge and thread.
    w[at + 4] = lane.number;
    w[at + 5] = 0;
    this.ring.publish(words, COUNT_RECORD);
  }

  /** Header, ticks and, where needed, the thread; returns where the arguments go. */
  // eslint-disable-next-line max-params -- an options object would be allocated on the hot path
  #begin(
    kind: number,
    lane: Lane,
    words: number,
    args: number,
    headerHi: number,
    ticks: number,
  ): number {
    const at = this.ring.claim(words);
    const w = this.ring.words;
    w[at] = kind | (words << 4) | (args << 20) | (lane.ref << 24);
    w[at + 1] = headerHi;
    w[at + 2] = ticks | 0;
    w[at + 3] = (ticks * HIGH) | 0;
    if (lane.ref !== 0) return at + 4;
    w[at + 4] = lane.pid;
    w[at + 5] = 0;
    w[at + 6] = lane.koidLo;
    w[at + 7] = lane.koidHi;
    return at + 8;
  }

  #detail(start: number, detail: ExecutionDetail): number {
    let at = start;
    if (detail.item !== undefined) at = this.#uint32(at, ITEM, detail.item);
    if (detail.items !== 1) at = this.#uint32(at, ITEMS, detail.items);
    if (detail.failed) at = this.#uint32(at, OUTCOME, Ref.error);
    if (detail.waitedNs !== undefined)
      at = this.#uint32(at, WAIT_US, microseconds(detail.waitedNs));
    return at;
  }

  #uint32(at: number, argLo: number, value: number): number {
    const w = this.ring.words;
    w[at] = argLo;
    w[at + 1] = value | 0;
    return at + 2;
  }
}
