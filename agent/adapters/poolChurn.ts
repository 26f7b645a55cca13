/**
 * The trap of Piscina's defaults: `idleTimeout` 0 and `minThreads` below `maxThreads`. Every lull ends threads, the next
 * burst starts new ones, and starting a thread costs as much as a task of tens of milliseconds (two thirds of a new thread
 * per task were measured, and half of the throughput).
 */

/** Threads that were ended idle before it is called churn: a pool may come and go with the load a few times. */
const MIN_ENDED = 10;
/** Tasks per thread that was ended idle, above which the start of threads does not matter. */
const MAX_TASKS_PER_END = 10;

/** Counts the threads of one pool that come and go. */
export class ChurnWatch {
  #tasks = 0;
  #started: number;
  #ended = 0;
  #nextSaid = MIN_ENDED;

  /** `threads`: how many the pool may have; those that are there at the start are not counted. */
  constructor(threads: number) {
    this.#nextSaid = Math.max(MIN_ENDED, 2 * threads);
    this.#started = 0;
  }

  /** A task was given to the pool. */
  task(): void {
    this.#tasks++;
  }

  /** A thread was started, after the pool was made. */
  started(): void {
    this.#started++;
  }

  /** A thread was ended because it was idle. True when that is worth saying (again): at ten, twenty, forty... */
  endedIdle(): boolean {
    this.#ended++;
    if (this.#ended < this.#nextSaid || this.#ended * MAX_TASKS_PER_END < this.#tasks) return false;
    this.#nextSaid = this.#ended * 2;
    return true;
  }

  /** What was seen, as a sentence. */
  measured(idleTimeoutMs: number): string {
    return (
      `Measured: ${this.#started} threads were started and ${this.#ended} ended idle for ${this.#tasks} tasks, because ` +
      `idleTimeout is ${idleTimeoutMs} ms.`
    );
  }
}
