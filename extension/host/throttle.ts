/** Repeats work no more often than it is worth: a floor between runs, and a share of time that the work may cost. */
import type { Disposable } from './disposables.js';

/** Time as the caller sees it, so that a test can be its own clock. */
export interface Clock {
  nowMs(): number;
  /** Calls `run` once, after `delayMs`, unless the returned disposable is used before. */
  after(delayMs: number, run: () => void): Disposable;
}

/** The machine's clock. */
export const machineClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return {
      dispose: () => {
        clearTimeout(timer);
      },
    };
  },
};

/** After work that took t, nothing for at least 5 t: at most a sixth of the time goes into it. */
const REST_PER_WORK = 5;

/**
 * Runs `work` soon after `request`, never twice at once, never sooner than `minIntervalMs` (or five times what the last run
 * took) after the last run's end. Requests in between are one. `work` handles its own errors; a rejection is a bug.
 */
export class Throttle implements Disposable {
  readonly #work: () => Promise<void>;
  readonly #minIntervalMs: number;
  readonly #clock: Clock;
  #state: 'idle' | 'waiting' | 'running' | 'disposed' = 'idle';
  #isRequested = false;
  /** The next run begins as soon as the present one ends. */
  #isUrgent = false;
  #earliestMs = -Infinity;
  #timer: Disposable | undefined;

  constructor(work: () => Promise<void>, minIntervalMs: number, clock: Clock = machineClock) {
    this.#work = work;
    this.#minIntervalMs = minIntervalMs;
    this.#clock = clock;
  }

  /** Wants a run after this moment. */
  request(): void {
    if (this.#state === 'disposed') return;
    this.#isRequested = true;
    if (this.#state === 'idle') this.#schedule();
  }

  /** The same without a rest before it, for what somebody waits for: once, not again and again. */
  requestAtOnce(): void {
    if (this.#state === 'waiting') {
      this.#timer?.dispose();
      this.#state = 'idle';
    }
    this.#earliestMs = -Infinity;
    this.#isUrgent = this.#state === 'running';
    this.request();
  }

  dispose(): void {
    this.#state = 'disposed';
    this.#timer?.dispose();
  }

  #schedule(): void {
    const delayMs = this.#earliestMs - this.#clock.nowMs();
    this.#state = 'waiting';
    if (delayMs <= 0) void this.#run();
    else this.#timer = this.#clock.after(delayMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    this.#state = 'running';
    this.#isRequested = false;
    const startMs = this.#clock.nowMs();
    try {
      await this.#work();
    } finally {
      const endMs = this.#clock.nowMs();
      const restMs = Math.max(this.#minIntervalMs, REST_PER_WORK * (endMs - startMs));
      this.#earliestMs = this.#isUrgent ? -Infinity : endMs + restMs;
      this.#isUrgent = false;
      this.#rest();
    }
  }

  #rest(): void {
    if (this.#state === 'disposed') return;
    this.#state = 'idle';
    if (this.#isRequested) this.#schedule();
  }
}
