/** The order to sample, in the words that all threads of a process share: the drain thread writes it, threads look. */

/** Indexes of the shared words that are ours (`control.ts` has the others). */
const RUN = 12;
const INTERVAL_US = 13;

/** What threads shall do: sample in run number `run`, or with 0 nothing. */
export interface ProfileOrder {
  readonly run: number;
  readonly intervalUs: number;
}

/** The present order. */
export function readOrder(words: Int32Array): ProfileOrder {
  // The run is written last, so its interval is there when it is seen.
  const run = Atomics.load(words, RUN);
  return { run, intervalUs: Atomics.load(words, INTERVAL_US) };
}

/** Gives an order. */
export function writeOrder(words: Int32Array, { run, intervalUs }: ProfileOrder): void {
  Atomics.store(words, INTERVAL_US, intervalUs);
  Atomics.store(words, RUN, run);
}

/** Samples at this interval when nobody says otherwise. */
export const DEFAULT_INTERVAL_US = 1000;
const MAX_DURATION_MS = 3_600_000;

/** The duration that `SLUICE_CPU_PROFILE_MS` asks for; 0: none, or no number. */
export function profileAtStartMs(text: string | undefined): number {
  const ms = Number(text ?? 0);
  return ms > 0 ? Math.min(Math.ceil(ms), MAX_DURATION_MS) : 0;
}

/** Orders a profile before the drain thread looks, so that the program's first moment is in it. */
export function orderAtStart(words: Int32Array): void {
  writeOrder(words, { run: 1, intervalUs: DEFAULT_INTERVAL_US });
}
