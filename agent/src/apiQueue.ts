/** What `Pipeline.queue` returns. */
import type { Queue } from './index.js';
import type { QueueProbe } from './probe.js';

/** Implements `Queue`. Counting goes on while dormant, so that the depth is right when somebody starts to watch. */
export class ApiQueue implements Queue {
  readonly #probe: QueueProbe;
  #depth = 0;

  constructor(probe: QueueProbe) {
    this.#probe = probe;
  }

  depth(depth: number): void {
    this.#depth = depth >= 0 ? Math.trunc(depth) : 0;
    this.#probe.depth(this.#depth);
  }

  enter(count = 1): void {
    this.depth(this.#depth + count);
  }

  leave(count = 1): void {
    this.depth(this.#depth - count);
  }
}
