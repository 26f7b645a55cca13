/**
 * Items under way, as rows of typed arrays that are used again.
 *
 * An arrival counts as gone when everything it became is gone: an item knows whose part it is (`parent`), and how many parts
 * of it are left (`parts`, itself among them while it is on its way). An item made of several that were merged has those
 * others in a list (`merged`, linked by `link`), and they go with it.
 */
export class Items {
  /** Items under way. */
  live = 0;
  /** The next in whatever list the item is in: a queue, an execution, what waits to be merged. -1: none. */
  link = new Int32Array(256);
  /** -1: an arrival. */
  parent = new Int32Array(256);
  parts = new Int32Array(256);
  merged = new Int32Array(256);
  /** The innermost hold on a lane that the item keeps up (`holds.ts`); -1: none. */
  hold = new Int32Array(256);
  /** When it came to where it waits. */
  sinceNs = new Float64Array(256);
  /** When it arrived (of arrivals). */
  arrivedNs = new Float64Array(256);
  private free = -1;
  private used = 0;

  /** A new item, part of `parent` (-1: an arrival). */
  add(parent: number): number {
    let item = this.free;
    if (item === -1) {
      if (this.used === this.link.length) this.grow();
      item = this.used++;
    } else this.free = this.link[item] ?? -1;
    this.live++;
    this.parent[item] = parent;
    this.parts[item] = 1;
    this.merged[item] = -1;
    this.hold[item] = -1;
    if (parent !== -1) this.parts[parent] = (this.parts[parent] ?? 0) + 1;
    return item;
  }

  remove(item: number): void {
    this.link[item] = this.free;
    this.free = item;
    this.live--;
  }

  private grow(): void {
    const length = this.link.length * 2;
    this.link = grownInts(this.link, length);
    this.parent = grownInts(this.parent, length);
    this.parts = grownInts(this.parts, length);
    this.merged = grownInts(this.merged, length);
    this.hold = grownInts(this.hold, length);
    this.sinceNs = grownFloats(this.sinceNs, length);
    this.arrivedNs = grownFloats(this.arrivedNs, length);
  }
}

/** A longer copy. */
export function grownInts(values: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(values);
  return longer;
}

/** A longer copy. */
export function grownFloats(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(length);
  longer.set(values);
  return longer;
}
