/** Highest value of any stretch of a growing column, in logarithmic time. */
import { F64Column } from './columns.js';

/** Values per entry of the level above: 115,200 samples, eight hours of a gauge, have four levels. */
const FAN = 16;

/** Looks at a column that only grows; what stood in it when it was read must stay. */
export class MaxPyramid {
  readonly #levels: F64Column[];

  constructor(values: F64Column) {
    this.#levels = [values];
  }

  /** Highest of the values in [from, to); -Infinity when there are none. */
  max(from: number, to: number): number {
    let [low, high] = [from, to];
    let best = -Infinity;
    for (let level = 0; low < high; level++) {
      const values = this.#level(level);
      const isShort = high - low <= 2 * FAN;
      while (low < high && (isShort || low % FAN !== 0)) best = Math.max(best, values.at(low++));
      while (low < high && high % FAN !== 0) best = Math.max(best, values.at(--high));
      low /= FAN;
      high /= FAN;
    }
    return best;
  }

  /** The level, with an entry for each full group of the level below. */
  #level(level: number): F64Column {
    const own = this.#levels[level] ?? new F64Column();
    const below = this.#levels[level - 1];
    if (below === undefined) return own;
    this.#levels[level] = own;
    while ((own.length + 1) * FAN <= below.length) {
      let best = -Infinity;
      for (let i = own.length * FAN; i < (own.length + 1) * FAN; i++)
        best = Math.max(best, below.at(i));
      own.push(best);
    }
    return own;
  }
}
