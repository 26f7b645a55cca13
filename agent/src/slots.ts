/**
 * Which lanes of a stage are in use: gives out the lowest free number, so that a chart has no more rows than it needs. The
 * first 32 are one word, because nearly all stages need no more.
 */
export class Slots {
  /** Bit set: free. Slots 0 to 31. */
  #low = -1;
  /** The same for slots from 32, 32 to a word. */
  #high: Int32Array = new Int32Array(0);
  /** No word of `#high` below this one has a free slot. */
  #first = 0;
  readonly #max: number;

  /** At most `max` slots, a multiple of 32, are in use at once. */
  constructor(max: number) {
    this.#max = max;
  }

  /** The lowest free slot, or -1 when all are taken. */
  take(): number {
    const free = this.#low;
    if (free === 0) return this.#takeHigh();
    this.#low = free & (free - 1);
    return 31 - Math.clz32(free & -free);
  }

  /** Frees a slot that `take` returned. */
  release(slot: number): void {
    if (slot < 32) this.#low |= 1 << slot;
    else this.#releaseHigh(slot - 32);
  }

  #takeHigh(): number {
    for (let word = this.#first; word < this.#high.length; word++) {
      const free = this.#high[word] ?? 0;
      if (free === 0) continue;
      this.#high[word] = free & (free - 1);
      this.#first = word;
      return 32 + word * 32 + 31 - Math.clz32(free & -free);
    }
    return this.#grow() ? this.#takeHigh() : -1;
  }

  #releaseHigh(index: number): void {
    const word = index >> 5;
    this.#high[word] = (this.#high[word] ?? 0) | (1 << (index & 31));
    if (word < this.#first) this.#first = word;
  }

  #grow(): boolean {
    const words = this.#high.length;
    const allowed = Math.min(Math.max(1, words * 2), this.#max / 32 - 1);
    if (allowed <= words) return false;
    const grown = new Int32Array(allowed).fill(-1);
    grown.set(this.#high);
    this.#first = words;
    this.#high = grown;
    return true;
  }
}
