/**
 * Pictures and answers that may take a while (a picture of millions of rows, a search through all of them), in slices of a few
 * milliseconds: between them records, other panels and newer questions have their turn. Of one kind of question the newest of
 * each viewer counts; one that has been overtaken is given up.
 */
import type { Job } from '../core/job.js';

/** Long enough that nearly every picture is one slice. */
const SLICE_MS = 12;

/** One for all sessions of an engine. */
export class JobQueue {
  readonly #newest = new Map<string, number>();
  #last = 0;

  /**
   * Starts a job when its turn comes and runs it to its end. `key` says whose question it is and of which kind; null when a newer
   * one with the same key has come meanwhile, or `signal` was aborted. `pause` is called after each slice.
   */
  async run<T>(
    key: string,
    start: () => Job<T>,
    pause: () => void,
    signal?: AbortSignal,
  ): Promise<T | null> {
    const ticket = ++this.#last;
    this.#newest.set(key, ticket);
    const isWanted = (): boolean => this.#newest.get(key) === ticket && signal?.aborted !== true;
    try {
      // What is waiting behind this request may make it pointless.
      await nextTurn();
      if (!isWanted()) return null;
      const job = start();
      for (let startMs = performance.now(); job.step();) {
        if (performance.now() - startMs < SLICE_MS) continue;
        pause();
        await nextTurn();
        if (!isWanted()) return null;
        startMs = performance.now();
      }
      return job.finish();
    } finally {
      if (this.#newest.get(key) === ticket) this.#newest.delete(key);
      pause();
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
