/**
 * Whose executions a ring has lost.
 *
 * The ring itself knows how many records were overwritten, at once and exactly, but not of which stage. Its thread adds up
 * what it records on each lane (`laneTotals.ts`), and the drain adds up what it reads. A look at the thread's totals before
 * the ring's head is read, and the ring read up to that head, give for each lane
 *
 *     counted at the look  <=  read + lost
 *
 * because a record is counted after it was published, so all that was counted then stood before the head. The difference is
 * at least that much lost. It may be too little by what was recorded in between; later looks make up for that, and once the
 * thread has ended the two sides are equal. So losses per stage are never too high, never fall, and end up exact.
 *
 * As long as nothing was overwritten nobody looks at all.
 */
import { LANE_FIELDS, LaneField, laneTotalsIn, type LaneTotals } from '../laneTotals.js';
import type { ExecutionRecord, LostTotals, StageTotals } from './totals.js';

/** Executions of a stage that were overwritten, found by a look. */
export interface StageLoss {
  readonly totals: StageTotals;
  readonly executions: number;
}

/** One lane, as one thread records it. */
export class LaneBook {
  readonly totals: StageTotals;
  readonly #counted: LaneTotals;
  /** By `LaneField`: read from the ring, counted at the last look, lost. */
  readonly #read = new Float64Array(LANE_FIELDS);
  readonly #looked = new Float64Array(LANE_FIELDS);
  readonly #lost = new Float64Array(LANE_FIELDS);

  constructor(totals: StageTotals, counted: LaneTotals) {
    this.totals = totals;
    this.#counted = counted;
  }

  /** An execution was read. */
  add(execution: ExecutionRecord): void {
    this.totals.add(execution);
    const read = this.#read as LaneTotals;
    read[LaneField.busyNs] += execution.durationNs;
    if (execution.items === 1) {
      read[LaneField.singles]++;
    } else {
      read[LaneField.batches]++;
      read[LaneField.batchItems] += execution.items;
    }
    if (execution.failed) read[LaneField.errors]++;
  }

  look(): void {
    this.#looked.set(this.#counted);
  }

  /** What is known to be lost since the last call; undefined: no execution. */
  settle(): LostTotals | undefined {
    const singles = this.#take(LaneField.singles);
    const batches = this.#take(LaneField.batches);
    if (singles + batches === 0) return undefined;
    return {
      executions: singles + batches,
      items: singles + this.#take(LaneField.batchItems),
      errors: this.#take(LaneField.errors),
      busyNs: this.#take(LaneField.busyNs),
    };
  }

  #take(field: number): number {
    const lost = this.#lost[field] ?? 0;
    const now = (this.#looked[field] ?? 0) - (this.#read[field] ?? 0);
    if (now <= lost) return 0;
    this.#lost[field] = now;
    return now - lost;
  }
}

/** The lanes of one ring. */
export class RingLosses {
  readonly #lanes = new Map<number, LaneBook>();
  /** Executions that the ring lost and no lane has been found for yet. */
  #open = 0;
  #isLooked = false;

  /** The thread has a lane of a stage, and counts at `at` in `memory` what it records there. */
  addLane(lane: number, totals: StageTotals, memory: SharedArrayBuffer, at: number): void {
    this.#lanes.set(lane, new LaneBook(totals, laneTotalsIn(memory, at)));
  }

  /** The lane of this number; undefined when the thread never told. */
  lane(lane: number): LaneBook | undefined {
    return this.#lanes.get(lane);
  }

  /** Executions were overwritten. */
  lost(executions: number): void {
    this.#open += executions;
  }

  /** Executions that were overwritten and belong to nobody known. */
  get open(): number {
    return Math.max(this.#open, 0);
  }

  /** Looks at the thread's totals, if there is a reason: `isLast`, or executions that nobody misses yet. */
  look(isLast: boolean): void {
    this.#isLooked = isLast || this.#open > 0;
    if (this.#isLooked) for (const lane of this.#lanes.values()) lane.look();
  }

  /** The ring was read up to the head that came after the look: what the stages have lost since the last time. */
  settle(): readonly StageLoss[] {
    if (!this.#isLooked) return [];
    this.#isLooked = false;
    const losses: StageLoss[] = [];
    for (const { totals, loss } of this.#settled()) {
      totals.addLost(loss);
      this.#open -= loss.executions;
      losses.push({ totals, executions: loss.executions });
    }
    return losses;
  }

  *#settled(): Generator<{ readonly totals: StageTotals; readonly loss: LostTotals }> {
    for (const lane of this.#lanes.values()) {
      const loss = lane.settle();
      if (loss !== undefined) yield { totals: lane.totals, loss };
    }
  }
}
