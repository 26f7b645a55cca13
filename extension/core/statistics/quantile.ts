/** Middle, spread and quantiles of plain lists. None of these changes its input. */

/** A list or a typed array. */
export type Values = ArrayLike<number> & Iterable<number>;

/**
 * The value below which a share `q` (0..1) of the values lies, between two of them by straight line: type 7 of Hyndman and
 * Fan (The American Statistician 50, 1996), as in R and NumPy. NaN when there are none.
 */
export function quantile(values: ArrayLike<number>, q: number): number {
  return quantileOfSorted(Float64Array.from(values).sort(), q);
}

/** The same of values that are in ascending order already. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return NaN;
  const at = Math.min(Math.max(q, 0), 1) * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] ?? NaN;
  const share = at - below;
  // Not `low + share x (high - low)` where that is infinite minus infinite.
  return share === 0 ? low : low * (1 - share) + (sorted[below + 1] ?? low) * share;
}

/** The middle value, or the mean of the two in the middle. NaN when there are none. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** The arithmetic mean. NaN when there are none. */
export function mean(values: Values): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The standard deviation of the sample, with n - 1 below the line. NaN below two values. */
export function deviation(values: Values): number {
  if (values.length < 2) return NaN;
  const middle = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - middle) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/** Standard deviation / mean. NaN below two values, or when the mean is 0. */
export function coefficientOfVariation(values: Values): number {
  const middle = mean(values);
  return middle === 0 ? NaN : deviation(values) / Math.abs(middle);
}
