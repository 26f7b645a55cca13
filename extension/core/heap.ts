/** A binary heap whose least element may grow in place: the way to read many sorted lists as one, and to keep the best of many. */
export class MinHeap<T> {
  private readonly items: T[];
  private readonly isBefore: (a: T, b: T) => boolean;

  /** `isBefore` is a strict order. Takes the list over. */
  constructor(items: T[], isBefore: (a: T, b: T) => boolean) {
    this.items = items;
    this.isBefore = isBefore;
    for (let i = (items.length >>> 1) - 1; i >= 0; i--) this.sink(i);
  }

  /** The least element; undefined when the heap is empty. */
  get least(): T | undefined {
    return this.items[0];
  }

  /** The least of all others; undefined when there are none. */
  get second(): T | undefined {
    const [, left, right] = this.items;
    if (left === undefined || right === undefined) return left;
    return this.isBefore(right, left) ? right : left;
  }

  get size(): number {
    return this.items.length;
  }

  /** All elements, in no order. */
  get all(): readonly T[] {
    return this.items;
  }

  push(item: T): void {
    const { items, isBefore } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = items[parent];
      if (above === undefined || !isBefore(item, above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  /** Puts another element in the place of the least. */
  replaceLeast(item: T): void {
    this.items[0] = item;
    this.sink(0);
  }

  /** Finds the place of the least element after it has grown. */
  grown(): void {
    this.sink(0);
  }

  /** Takes the least element away. */
  pop(): T | undefined {
    const { items } = this;
    const [least] = items;
    const last = items.pop();
    if (last !== undefined && items.length > 0) {
      items[0] = last;
      this.sink(0);
    }
    return least;
  }

  private sink(from: number): void {
    const { items, isBefore } = this;
    let at = from;
    const item = items[at];
    if (item === undefined) return;
    for (;;) {
      let child = 2 * at + 1;
      const left = items[child];
      if (left === undefined) break;
      const right = items[child + 1];
      let least = left;
      if (right !== undefined && isBefore(right, left)) {
        least = right;
        child++;
      }
      if (!isBefore(least, item)) break;
      items[at] = least;
      at = child;
    }
    items[at] = item;
  }
}
