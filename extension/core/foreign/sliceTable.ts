/**
 * Slices of one track while a file is read: 24 bytes each. They are kept until the file has ended, because only then it is
 * known which of them lie within others: tools write an outer slice before what it contains, behind it, or, as with a
 * `main` that lasts for the whole program, behind everything.
 */

const FIRST_ROWS = 64;

/** A slice in time. `durationNs` is never negative. Times that are not finite are not kept. */
export interface Slice {
  readonly startNs: number;
  readonly durationNs: number;
  /** Number of its name among the import's texts. */
  readonly name: number;
  /** Anything else that the track keeps: an item, a group. */
  readonly extra: number;
}

/** Columns that grow. */
export class SliceTable {
  #length = 0;
  #startNs = new Float64Array(FIRST_ROWS);
  #durationNs = new Float64Array(FIRST_ROWS);
  #name = new Uint32Array(FIRST_ROWS);
  #extra = new Uint32Array(FIRST_ROWS);
  #isSorted = true;

  get length(): number {
    return this.#length;
  }

  add({ startNs, durationNs, name, extra }: Slice): void {
    if (!Number.isFinite(startNs) || !Number.isFinite(durationNs)) return;
    const n = this.#length;
    if (n === this.#startNs.length) this.#grow();
    if (n > 0 && this.#isSorted) {
      const last = this.startNs(n - 1);
      this.#isSorted = startNs > last || (startNs === last && durationNs <= this.durationNs(n - 1));
    }
    this.#startNs[n] = startNs;
    this.#durationNs[n] = durationNs;
    this.#name[n] = name;
    this.#extra[n] = extra;
    this.#length++;
  }

  startNs(row: number): number {
    return this.#startNs[row] ?? 0;
  }

  durationNs(row: number): number {
    return this.#durationNs[row] ?? 0;
  }

  name(row: number): number {
    return this.#name[row] ?? 0;
  }

  extra(row: number): number {
    return this.#extra[row] ?? 0;
  }

  /** Rows by start, the longest of those that start together first; null: they are in this order already. */
  order(): readonly number[] | null {
    if (this.#isSorted) return null;
    const order = Array.from({ length: this.#length }, (_, row) => row);
    // The engine's sort finds runs that are in order already, as tracks have them, and is stable.
    return order.sort(
      (a, b) => this.startNs(a) - this.startNs(b) || this.durationNs(b) - this.durationNs(a),
    );
  }

  #grow(): void {
    const capacity = this.#length + (this.#length >> 1) + FIRST_ROWS;
    const f64 = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    const u32 = (from: Uint32Array): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(capacity);
      to.set(from);
      return to;
    };
    this.#startNs = f64(this.#startNs);
    this.#durationNs = f64(this.#durationNs);
    this.#name = u32(this.#name);
    this.#extra = u32(this.#extra);
  }
}
