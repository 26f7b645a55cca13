// A service somewhere else: so many requests at once and no more, and the more are asked the longer it takes for each.
import { waiter } from './times.mjs';

/** An external service: `serve(ms)` resolves when a request that takes `ms` there has been answered. */
export class Service {
  #free;
  #waiting = [];
  #strain;
  #wait = waiter();

  /** `strain`: by how much each request that waits slows down one that is served, as a share of its time. */
  constructor({ atOnce, strain = 0 }) {
    this.#free = atOnce;
    this.#strain = strain;
  }

  async serve(durationMs) {
    if (this.#free > 0) this.#free--;
    else await new Promise((resolve) => this.#waiting.push(resolve));
    await this.#wait(durationMs * (1 + this.#strain * this.#waiting.length));
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
