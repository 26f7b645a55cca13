/** Which lanes of a stage are in use: gives out the lowest free number, so that a chart has no more rows than it needs. */
export class Slots {
  /** Bit set: free. One word covers 32 slots. */
  #free: Int32Array = new Int32Array(1).fill(-1);
  /** No word below this one has a free slot. */
  #first = 0;
  readonly #max: number;

  /** At most `max` slots are in use at once. */
  constructor(max: number) {
    this.#max = max;
  }

  /** The lowest free slot, or -1 when all are taken. */
  take(): number {
    for (let word = this.#first; word < this.#free.length; word++) {
      const free = this.#free[word] ?? 0;
      if (free === 0) continue;
      const bit = 31 - Math.clz32(free & -free);
      const slot = word * 32 + bit;
      if (slot >= this.#max) return -1;
      this.#free[word] = free & ~(1 << bit);
      this.#first = word;
      return slot;
    }
    return this.#grow() ? this.take() : -1;
  }

  /** Frees a slot that `take` returned. */
  release(slot: number): void {
    const word = slot >> 5;
    this.#free[word] = (this.#free[word] ?? 0) | (1 << (slot & 31));
    if (word < this.#first) this.#first = word;
  }

  #grow(): boolean {
    if (this.#free.length * 32 >= this.#max) return false;
    const grown = new Int32Array(this.#free.length * 2).fill(-1);
    grown.set(this.#free);
    this.#first = this.#free.length;
    this.#free = grown;
    return true;
  }
}
