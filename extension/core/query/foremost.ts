/** The first few of very many. */
import { MinHeap } from '../heap.js';

/** Something with a place in an order: by key; of equal keys the one that began first leads, then the one that stands higher. */
export interface Placed {
  readonly key: number;
  readonly startNs: number;
  /** Lane, level within it (0 where left out), and index there. */
  readonly row: number;
  readonly level?: number;
  readonly index: number;
}

/** The first `limit` things of all that were offered. */
export class Foremost<T extends Placed> {
  private readonly limit: number;
  /** The last one on top. */
  private readonly kept = new MinHeap<T>([], (a, b) => compare(a, b) > 0);

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether a thing with this key may be among them: worth making and offering it. */
  admits(key: number): boolean {
    const last = this.kept.least;
    return this.kept.size < this.limit || (last !== undefined && key <= last.key);
  }

  offer(thing: T): void {
    const last = this.kept.least;
    if (this.kept.size < this.limit) this.kept.push(thing);
    else if (last !== undefined && compare(thing, last) < 0) this.kept.replaceLeast(thing);
  }

  /** All of them. */
  inOrder(): readonly T[] {
    return [...this.kept.all].sort(compare);
  }

  /** Takes out those from place `offset` on, without putting the others in order. */
  takeFrom(offset: number): readonly T[] {
    const taken: T[] = [];
    while (this.kept.size > offset) {
      const last = this.kept.pop();
      if (last !== undefined) taken.push(last);
    }
    return taken.reverse();
  }
}

function compare(a: Placed, b: Placed): number {
  return (
    a.key - b.key ||
    a.startNs - b.startNs ||
    a.row - b.row ||
    (a.level ?? 0) - (b.level ?? 0) ||
    a.index - b.index
  );
}
