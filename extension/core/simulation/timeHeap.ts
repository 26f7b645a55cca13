/** A binary heap of times with a number each, in typed arrays: nothing is allocated for an event. */
export class TimeHeap {
  /** Least time; Infinity when empty. */
  leastTime = Infinity;
  size = 0;
  private times = new Float64Array(64);
  /** Of equal times the first pushed comes first, or results would depend on the heap's layout. */
  private orders = new Float64Array(64);
  private values = new Int32Array(64);
  private pushed = 0;

  push(time: number, value: number): void {
    if (this.size === this.times.length) this.grow();
    const { times, orders, values } = this;
    const order = this.pushed++;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = times[parent] ?? 0;
      // What is pushed is the youngest, so it stays below what is as early.
      if (above <= time) break;
      times[at] = above;
      orders[at] = orders[parent] ?? 0;
      values[at] = values[parent] ?? 0;
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    values[at] = value;
    if (at === 0) this.leastTime = time;
  }

  /** Takes the number with the least time away; -1 when empty. */
  pop(): number {
    if (this.size === 0) return -1;
    const least = this.values[0] ?? -1;
    this.size--;
    if (this.size > 0) this.sinkLast();
    this.leastTime = this.size === 0 ? Infinity : (this.times[0] ?? Infinity);
    return least;
  }

  /** Puts the element behind the end in the place of the first and finds its place. */
  private sinkLast(): void {
    const { times, orders, values, size } = this;
    const time = times[size] ?? 0;
    const order = orders[size] ?? 0;
    let at = 0;
    for (let child = this.lesserChild(0); child < size; child = this.lesserChild(at)) {
      const below = times[child] ?? 0;
      const belowOrder = orders[child] ?? 0;
      if (below > time || (below === time && belowOrder > order)) break;
      times[at] = below;
      orders[at] = belowOrder;
      values[at] = values[child] ?? 0;
      at = child;
    }
    times[at] = time;
    orders[at] = order;
    values[at] = values[size] ?? 0;
  }

  private lesserChild(at: number): number {
    const { times, orders } = this;
    const left = 2 * at + 1;
    if (left + 1 >= this.size) return left;
    const leftTime = times[left] ?? 0;
    const rightTime = times[left + 1] ?? 0;
    if (leftTime !== rightTime) return leftTime < rightTime ? left : left + 1;
    return (orders[left] ?? 0) < (orders[left + 1] ?? 0) ? left : left + 1;
  }

  private grow(): void {
    const length = this.times.length * 2;
    const { times, orders, values } = this;
    this.times = new Float64Array(length);
    this.orders = new Float64Array(length);
    this.values = new Int32Array(length);
    this.times.set(times);
    this.orders.set(orders);
    this.values.set(values);
  }
}
