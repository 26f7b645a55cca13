/** The order to learn, in the words that all threads of a process share: the drain thread writes it, threads look. */

/** `0`: async context is never followed, not even on request. */
export const LEARN_VARIABLE = 'SLUICE_LEARN';

/** Does this environment allow to learn? */
export function mayLearn(env: NodeJS.ProcessEnv): boolean {
  return env[LEARN_VARIABLE] !== '0';
}

/** Index of the shared word that is ours (`control.ts` and `cpuProfile/order.ts` have others). */
const UNTIL_MS = 14;

/** Milliseconds of CLOCK_MONOTONIC in 32 bits. 0 means that there was no order. */
function wordOf(ns: number): number {
  return Math.ceil(ns / 1e6) | 0 || 1;
}

/** Orders to learn for so long. A later order replaces an earlier one. */
export function orderLearning(words: Int32Array, nowNs: number, durationMs: number): void {
  Atomics.store(words, UNTIL_MS, wordOf(nowNs + durationMs * 1e6));
}

/** Tells each order that a thread has not seen before once. */
export class LearnOrders {
  #seen = 0;

  /** Nanoseconds that a new order still has to run; undefined: there is none, or its time is over. */
  take(words: Int32Array, nowNs: number): number | undefined {
    const until = Atomics.load(words, UNTIL_MS);
    if (until === this.#seen) return undefined;
    this.#seen = until;
    if (until === 0) return undefined;
    // The difference is right although the words wrap around every 49 days.
    const leftMs = (until - Math.floor(nowNs / 1e6)) | 0;
    return leftMs > 0 ? leftMs * 1e6 : undefined;
  }
}
