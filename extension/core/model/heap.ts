/** Things of which the first one is wanted again and again: side-by-side reading, the best of many. */

/** A binary heap. `isBefore` must be a strict order; of equal things either may stand first. */
export class Heap<T> {
  private readonly things: T[] = [];
  private readonly isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.isBefore = isBefore;
  }

  get size(): number {
    return this.things.length;
  }

  /** The first one. */
  get top(): T | undefined {
    return this.things[0];
  }

  push(thing: T): void {
    const { things } = this;
    let at = things.length;
    things.push(thing);
    while (at > 0) {
      const up = (at - 1) >>> 1;
      const above = things[up];
      if (above === undefined || !this.isBefore(thing, above)) break;
      things[at] = above;
      at = up;
    }
    things[at] = thing;
  }

  /** Puts another thing in the place of the first one. */
  replaceTop(thing: T): void {
    if (this.things.length === 0) this.things.push(thing);
    else this.sink(thing);
  }

  /** The first one has changed and may belong further down. */
  topChanged(): void {
    const { top } = this;
    if (top !== undefined) this.sink(top);
  }

  /** All of them, in no order. */
  all(): readonly T[] {
    return this.things;
  }

  /** Puts a thing where the first one was and moves it down to its place. */
  private sink(thing: T): void {
    const { things } = this;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      let below = things[down];
      if (below === undefined) break;
      const right = things[down + 1];
      if (right !== undefined && this.isBefore(right, below)) {
        down++;
        below = right;
      }
      if (!this.isBefore(below, thing)) break;
      things[at] = below;
      at = down;
    }
    things[at] = thing;
  }
}
