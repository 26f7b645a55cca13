/**
 * How much larger one sample is than another, with a 95 % interval: the Hodges-Lehmann shift, the median of all pairwise
 * differences (Hodges and Lehmann, Annals of Mathematical Statistics 34, 1963). The interval goes from one order statistic of
 * the differences to another, as the Mann-Whitney distribution says (Hollander, Wolfe and Chicken, Nonparametric Statistical
 * Methods, section 4.3): it leaves 0 out where that test finds a difference.
 */
import type { Interval } from '../report/report.js';
import { differencesOutside } from './mannWhitney.js';
import { median, quantileOfSorted } from './quantile.js';

/** Values used of a side; of more, as many that stand evenly among the sorted ones. */
const MAX_VALUES = 400;

/**
 * head / base - 1: 0.1 when head is 10 % larger. By differences of logarithms, since what makes programs slower multiplies.
 *
 * Logarithms need positive values. Where one is 0 or less the plain shift is set against the median of base; that is null
 * when this median is not positive either and the samples differ. Also null without values on one side. With too few
 * values for 95 % (below four against four) the interval goes from the least to the greatest difference.
 */
export function relativeEffect(base: readonly number[], head: readonly number[]): Interval | null {
  if (base.every((v) => v > 0) && head.every((v) => v > 0)) {
    const shift = shiftOf(base.map(Math.log), head.map(Math.log));
    return shift === null ? null : mapped(shift, Math.expm1);
  }
  const shift = shiftOf(base, head);
  if (shift === null) return null;
  const unit = median(base);
  if (unit > 0) return mapped(shift, (v) => v / unit);
  return shift.low === 0 && shift.high === 0 ? shift : null;
}

/** head - base, in the unit of the values. null without values on one side. */
export function shiftOf(base: readonly number[], head: readonly number[]): Interval | null {
  if (base.length === 0 || head.length === 0) return null;
  const from = thinned(base);
  const to = thinned(head);
  const differences = new Float64Array(from.length * to.length);
  let at = 0;
  for (const b of from) for (const h of to) differences[at++] = h - b;
  differences.sort();
  const outside = Math.max(differencesOutside(from.length, to.length), 0);
  return {
    low: differences[outside] ?? NaN,
    mid: quantileOfSorted(differences, 0.5),
    high: differences[differences.length - 1 - outside] ?? NaN,
  };
}

function thinned(values: readonly number[]): ArrayLike<number> & Iterable<number> {
  if (values.length <= MAX_VALUES) return values;
  const sorted = Float64Array.from(values).sort();
  return Float64Array.from({ length: MAX_VALUES }, (_, i) =>
    quantileOfSorted(sorted, (i + 0.5) / MAX_VALUES),
  );
}

function mapped({ low, mid, high }: Interval, change: (value: number) => number): Interval {
  return { low: change(low), mid: change(mid), high: change(high) };
}
