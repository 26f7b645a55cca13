/** Puts slices on lanes, in the order of their starts: nested ones into each other, others side by side. */

/** Tools round times: slices that overlap by so little, in nanoseconds, were meant to nest or to follow each other. */
const TOLERANCE_NS = 1000;
/** Rows for the slices of one track that overlap without nesting. */
const MAX_LANES = 64;

/** Where a slice has its place. */
export interface Place {
  /** Counts from 0. */
  lane: number;
  /** Nothing is around it. */
  isTop: boolean;
  /** Cut where the slice stands out of what is around it. */
  startNs: number;
  endNs: number;
}

/** The slices that are open on one lane, the outermost first. Each lies within the one before it. */
class OpenSlices {
  readonly #startsNs: number[] = [];
  readonly #endsNs: number[] = [];
  /** The answer of `fits`: how many of the open slices are around the new one, and its times within them. */
  depth = 0;
  startNs = 0;
  endNs = 0;

  /** Start of the innermost slice around the new one; -Infinity: there is none. */
  get aroundNs(): number {
    return this.#startsNs[this.depth - 1] ?? -Infinity;
  }

  /** Is there a place for a slice that starts at `startNs`, where no later one starts earlier? */
  fits(startNs: number, endNs: number): boolean {
    while ((this.#endsNs.at(-1) ?? Infinity) <= startNs) this.#pop();
    let fromNs = startNs;
    for (let depth = this.#endsNs.length; depth > 0; depth--) {
      const openNs = this.#endsNs[depth - 1] ?? 0;
      const outNs = endNs - openNs;
      if (outNs <= 0) return this.#answer(depth, fromNs, endNs);
      const inNs = openNs - startNs;
      if (outNs <= TOLERANCE_NS && outNs <= inNs) return this.#answer(depth, fromNs, openNs);
      // It follows, and only rounding makes it start too early.
      if (inNs > TOLERANCE_NS) return false;
      fromNs = openNs;
    }
    return this.#answer(0, fromNs, endNs);
  }

  /** Opens the slice of the last answer. */
  open(): void {
    while (this.#endsNs.length > this.depth) this.#pop();
    this.#startsNs.push(this.startNs);
    this.#endsNs.push(this.endNs);
  }

  /** Makes an answer that cuts the slice to what is open. */
  cut(startNs: number, endNs: number): void {
    const depth = this.#endsNs.length;
    this.#answer(depth, startNs, Math.min(endNs, this.#endsNs[depth - 1] ?? endNs));
  }

  #answer(depth: number, startNs: number, endNs: number): true {
    this.depth = depth;
    this.startNs = Math.max(startNs, this.aroundNs);
    this.endNs = Math.max(endNs, this.startNs);
    return true;
  }

  #pop(): void {
    this.#startsNs.pop();
    this.#endsNs.pop();
  }
}

/**
 * Slices of one thread. A slice that overlaps another one without lying in it cannot be drawn on one row (what looks like a
 * thread often is a handful of parallel tasks), so it goes to another row of the thread.
 */
export class Nesting {
  /** Slices that were cut by more than rounding, because there were no rows left. */
  cut = 0;
  readonly #lanes = [new OpenSlices()];
  readonly #placed: Place = { lane: 0, isTop: true, startNs: 0, endNs: 0 };

  /** The place of a slice that does not start before those that came; the same object with every call. */
  place(startNs: number, endNs: number): Place {
    const index = this.#choose(startNs, endNs);
    const lane = this.#lanes[index];
    const { depth = 0, startNs: fromNs = startNs, endNs: toNs = endNs } = lane ?? {};
    lane?.open();
    this.#placed.lane = index;
    this.#placed.isTop = depth === 0;
    this.#placed.startNs = fromNs;
    this.#placed.endNs = toNs;
    return this.#placed;
  }

  /** The lane where it lies in the latest of open slices, else the first free one, else a new one. */
  #choose(startNs: number, endNs: number): number {
    let best = -1;
    let bestNs = -Infinity;
    for (let i = 0; i < this.#lanes.length; i++) {
      const lane = this.#lanes[i];
      if (lane?.fits(startNs, endNs) !== true) continue;
      if (best >= 0 && lane.aroundNs <= bestNs) continue;
      best = i;
      bestNs = lane.aroundNs;
    }
    if (best >= 0) return best;
    if (this.#lanes.length < MAX_LANES) {
      const lane = new OpenSlices();
      lane.fits(startNs, endNs);
      return this.#lanes.push(lane) - 1;
    }
    this.cut++;
    this.#lanes[0]?.cut(startNs, endNs);
    return 0;
  }
}

/** Executions of a stage that runs several at once, each on the first slot that is free. */
export class Slots {
  readonly #endsNs: number[] = [];
  readonly #max: number;

  /** At most `max` slots. */
  constructor(max: number) {
    this.#max = max;
  }

  /** The slot for an execution that does not start before those that came; -1: all are taken. */
  place(startNs: number, endNs: number): number {
    let slot = this.#endsNs.findIndex((end) => end <= startNs);
    if (slot < 0) {
      if (this.#endsNs.length === this.#max) return -1;
      slot = this.#endsNs.length;
    }
    this.#endsNs[slot] = endNs;
    return slot;
  }
}
