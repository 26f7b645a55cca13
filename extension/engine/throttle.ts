/** Runs a task at most once per interval: at once when it rested, else when the interval is over. */
export class Throttle {
  readonly #task: () => void;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | null = null;
  #lastMs = -Infinity;
  #disposed = false;

  constructor(intervalMs: number, task: () => void) {
    this.#intervalMs = intervalMs;
    this.#task = task;
  }

  /** Asks for a run. Any number of requests within an interval make one run at its end. */
  request(): void {
    if (this.#disposed || this.#timer !== null) return;
    const dueMs = this.#lastMs + this.#intervalMs - performance.now();
    if (dueMs <= 0) this.#run();
    else {
      this.#timer = setTimeout(() => {
        // Timers count from the start of the loop's turn, so after a long one they come early: then once more.
        this.#timer = null;
        this.request();
      }, dueMs);
    }
  }

  /** Runs a pending request now. */
  flush(): void {
    if (this.#timer !== null) this.#run();
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #run(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#lastMs = performance.now();
    this.#task();
  }
}
