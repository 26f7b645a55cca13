/**
 * Running totals per lane, in shared memory: what its thread has recorded on it, whether or not anybody has read it.
 *
 * A ring that overruns says how many records were overwritten, but not whose. So the thread also adds each execution up
 * here, behind the record. The drain thread looks here before it reads the ring; what then is counted here and was not read
 * there was overwritten (`drain/ringLosses.ts`). Adding up costs about 1 ns.
 *
 * The values of a lane are not taken at one moment: between two of them an execution may end. But all of them only grow,
 * and once the thread has ended all are exact.
 */
import type { ExecutionDetail } from './probe.js';

/** Doubles of a lane. */
export const LaneField = {
  /** Executions of one item. */
  singles: 0,
  /** Sum of end less start over all executions, in nanoseconds. */
  busyNs: 1,
  /** Executions of any other number of items. */
  batches: 2,
  /** Items of those. */
  batchItems: 3,
  errors: 4,
} as const;
export const LANE_FIELDS = 5;

const FIRST_CHUNK_LANES = 8;
const MAX_CHUNK_LANES = 1024;

type Field = (typeof LaneField)[keyof typeof LaneField];

/** The totals of one lane: `LANE_FIELDS` doubles in shared memory. */
export type LaneTotals = Float64Array & Record<Field, number>;

/** Totals from memory that holds them at `at`, an index of doubles. */
export function laneTotalsIn(memory: SharedArrayBuffer, at: number): LaneTotals {
  const bytes = Float64Array.BYTES_PER_ELEMENT;
  // Has all its fields: the compiler only knows that of arrays with a fixed length.
  return new Float64Array(memory, at * bytes, LANE_FIELDS) as unknown as LaneTotals;
}

/** Totals that are nobody's. */
export const NO_TOTALS = laneTotalsIn(new SharedArrayBuffer(LANE_FIELDS * 8), 0);

/** Gives one thread places for totals, in pieces that grow. */
export class LaneTotalsPool {
  #memory = new SharedArrayBuffer(0);
  #at = 0;
  #nextLanes = FIRST_CHUNK_LANES;

  /** A place of zeros, for good: `totals` in the thread, and where that is for others. */
  take(): { readonly totals: LaneTotals; readonly memory: SharedArrayBuffer; readonly at: number } {
    const bytes = Float64Array.BYTES_PER_ELEMENT;
    if (this.#at * bytes >= this.#memory.byteLength) {
      this.#memory = new SharedArrayBuffer(this.#nextLanes * LANE_FIELDS * bytes);
      this.#at = 0;
      this.#nextLanes = Math.min(this.#nextLanes * 4, MAX_CHUNK_LANES);
    }
    const at = this.#at;
    this.#at += LANE_FIELDS;
    return { totals: laneTotalsIn(this.#memory, at), memory: this.#memory, at };
  }
}

/** Counts an execution whose record has been published. */
export function addTo(
  totals: LaneTotals,
  durationNs: number,
  detail: ExecutionDetail | undefined,
): void {
  totals[LaneField.busyNs] += durationNs;
  if (detail === undefined || detail.items === 1) {
    totals[LaneField.singles]++;
  } else {
    totals[LaneField.batches]++;
    totals[LaneField.batchItems] += detail.items >>> 0;
  }
  if (detail?.failed === true) totals[LaneField.errors]++;
}

/** Executions counted so far. */
export function executionsIn(totals: LaneTotals): number {
  return totals[LaneField.singles] + totals[LaneField.batches];
}
