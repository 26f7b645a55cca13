/** Walks records that came out of a ring: adds executions to the totals and, for what will be dropped, to the losses. */
import {
  argCountOf,
  argNameRefOf,
  argWords,
  categoryRefOf,
  isDurationComplete,
  recordWords,
  threadRefOf,
} from '../../wire/eventWords.js';
import { nsSince } from '../../wire/ticks.js';
import { Ref } from '../names.js';
import { laneOfKoidLo } from '../threadLink.js';
import type { LossBook } from './losses.js';
import type { LaneBook, RingLosses } from './ringLosses.js';
import type { ExecutionRecord, StageTotals, Totals } from './totals.js';

const WORD_BYTES = 8;

/** How many records were walked, and what they were. */
export interface Tally {
  records: number;
  executions: number;
}

/** A stretch of whole records. */
export interface Stretch {
  readonly view: DataView;
  readonly from: number;
  readonly to: number;
}

/** The time that a loss is booked under. */
export interface Interval {
  readonly fromNs: number;
  readonly toNs: number;
}

/** One walker for all rings. */
export class RecordTally {
  readonly #totals: Totals;
  readonly #losses: LossBook;
  /** Executions of the present stretch that are dropped. */
  readonly #dropped = new Map<StageTotals | undefined, number>();
  readonly #execution: ExecutionRecord = { durationNs: 0, items: 1, failed: false };

  constructor(totals: Totals, losses: LossBook) {
    this.#totals = totals;
    this.#losses = losses;
  }

  /** Counts the records of a ring. With `dropped` they are booked as lost on the way to the engine, at that time. */
  walk({ view, from, to }: Stretch, lanes: RingLosses, dropped: Interval | undefined): Tally {
    const tally = { records: 0, executions: 0 };
    let at = from;
    while (at < to) {
      const lo = view.getInt32(at, true);
      tally.records++;
      const isStage = categoryRefOf(view.getInt32(at + 4, true)) === Ref.stage;
      if (isStage && isDurationComplete(lo)) {
        tally.executions++;
        const lane = this.#count(view, at, lanes);
        if (dropped !== undefined) this.#drop(lane?.totals);
      }
      at += recordWords(lo) * WORD_BYTES;
    }
    this.#totals.executions += tally.executions;
    if (dropped !== undefined) this.#bookDropped(tally, dropped);
    return tally;
  }

  /** Adds the execution to the totals of its lane and stage; undefined when its lane was never told. */
  #count(view: DataView, at: number, lanes: RingLosses): LaneBook | undefined {
    const ref = threadRefOf(view.getInt32(at, true));
    const number = ref === 0 ? laneOfKoidLo(view.getInt32(at + 3 * WORD_BYTES, true)) : ref;
    const lane = lanes.lane(number);
    lane?.add(this.#read(view, at, at + (ref === 0 ? 4 : 2) * WORD_BYTES));
    return lane;
  }

  #drop(totals: StageTotals | undefined): void {
    this.#dropped.set(totals, (this.#dropped.get(totals) ?? 0) + 1);
  }

  #bookDropped(tally: Tally, interval: Interval): void {
    const others = tally.records - tally.executions;
    const where = 'socket';
    this.#losses.add({
      where,
      stage: null,
      pipeline: null,
      records: others,
      executions: 0,
      ...interval,
    });
    for (const [totals, n] of this.#dropped) {
      const { stage, pipeline } = totals ?? { stage: null, pipeline: null };
      this.#losses.add({ where, stage, pipeline, records: n, executions: n, ...interval });
    }
    this.#dropped.clear();
  }

  #read(view: DataView, at: number, argsAt: number): ExecutionRecord {
    const execution = this.#execution;
    execution.items = 1;
    execution.failed = false;
    const lo = view.getInt32(at, true);
    let arg = argsAt;
    for (let i = argCountOf(lo); i > 0; i--) {
      const argLo = view.getInt32(arg, true);
      const name = argNameRefOf(argLo);
      if (name === Ref.items) execution.items = view.getUint32(arg + 4, true);
      else if (name === Ref.outcome) execution.failed = true;
      arg += argWords(argLo) * WORD_BYTES;
    }
    const end = at + (recordWords(lo) - 1) * WORD_BYTES;
    execution.durationNs = nsSince(
      view.getUint32(at + 12, true),
      view.getUint32(at + 8, true),
      view.getUint32(end + 4, true),
      view.getUint32(end, true),
    );
    return execution;
  }
}
