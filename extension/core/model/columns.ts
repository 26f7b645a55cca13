/**
 * Growable typed-array columns. A trace is columns, not objects: a million executions as objects are a million things for
 * the garbage collector to visit, as columns they are four arrays. Growth is by half, so a column wastes at most a third.
 */

const FIRST_CAPACITY = 16;

function grown(capacity: number): number {
  return capacity + (capacity >> 1) + FIRST_CAPACITY;
}

/** A column of doubles: times in nanoseconds, sums. Reads behind the end give NaN. */
export class F64Column {
  length = 0;
  private data = new Float64Array(FIRST_CAPACITY);

  at(index: number): number {
    return index < this.length ? (this.data[index] ?? NaN) : NaN;
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = new Float64Array(grown(this.length));
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length++] = value;
  }

  set(index: number, value: number): void {
    this.data[index] = value;
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    this.length = Math.min(this.length, length);
  }

  /** Index of the first value greater than `value`, searching [from, to). The column must be sorted there. */
  upperBound(value: number, from = 0, to = this.length): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.data[middle] ?? NaN) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the first value not less than `value`, searching [from, to). The column must be sorted there. */
  lowerBound(value: number, from = 0, to = this.length): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.data[middle] ?? NaN) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.data.byteLength;
  }
}

/** A column of unsigned 32-bit numbers. Reads behind the end give 0. */
export class U32Column {
  length = 0;
  private data = new Uint32Array(FIRST_CAPACITY);

  at(index: number): number {
    return index < this.length ? (this.data[index] ?? 0) : 0;
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = new Uint32Array(grown(this.length));
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length++] = value;
  }

  set(index: number, value: number): void {
    this.data[index] = value;
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    this.length = Math.min(this.length, length);
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.data.byteLength;
  }
}
