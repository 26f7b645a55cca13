/** What questions are answered from. */
import type { TraceStore } from '../model/store.js';
import type { Prepared } from '../view/rowTargets.js';

/**
 * A session that goes on while an answer is left between two steps: records arrive, stages are declared, rows leave memory.
 * So an answer holds on to rows by their index and never to arrays, and asks for `prepared` again after each step where it
 * needs something that follows from the records.
 */
export class QuerySource {
  readonly store: TraceStore;
  private readonly prepare: () => Prepared;
  private known: { readonly at: number; readonly shape: number; readonly it: Prepared } | null =
    null;

  constructor(store: TraceStore, prepare: () => Prepared) {
    this.store = store;
    this.prepare = prepare;
  }

  /** Up to date. Cheap when nothing has arrived. */
  get prepared(): Prepared {
    const { arrivals, shape } = this.store;
    if (this.known?.at !== arrivals || this.known.shape !== shape) {
      this.known = { at: arrivals, shape, it: this.prepare() };
    }
    return this.known.it;
  }
}
