/**
 * Programs that do a round of items and begin the next one when all have come out (`await Promise.all`): how much is asked of
 * the pipeline then depends on how fast it is, unlike with items that come by the clock.
 */
import { endsNs, type OperatingPoint } from '../measure/operatingPoint.js';
import { coefficientOfVariation, deviation, mean, median } from '../statistics/quantile.js';

export interface Rounds {
  /** Items of a round. */
  readonly customers: number;
  /** Mean time from the end of a round to the start of the next, in nanoseconds. */
  readonly thinkNs: number;
}

const MIN_ROUNDS = 8;
const REGULAR = 0.15;

/** The rounds of a pipeline; null: it has none, or they come by the clock. */
export function roundsOf(point: OperatingPoint): Rounds | null {
  const { begins, pausesNs } = beginsOf(point);
  if (begins.length < MIN_ROUNDS) return null;
  const starts = point.stages[0]?.sampled.startNs;
  const sizes = steps(begins);
  const timesNs = steps(begins.map((at) => starts?.[at] ?? 0));
  if (coefficientOfVariation(sizes) > REGULAR || mean(pausesNs) > mean(timesNs) / 2) return null;
  // A clock makes the rounds equally long, and what is left of them varies; here it is the other way round.
  if (deviation(timesNs) <= deviation(pausesNs)) return null;
  return { customers: Math.max(Math.round(median(sizes)), 1), thinkNs: mean(pausesNs) };
}

/**
 * Executions of the first stage before which as little was under way as ever, and how long it had been so. As ever, and not
 * nothing: the window may begin in the middle of a round, and then what was under way there has left and not begun.
 */
function beginsOf({ stages }: OperatingPoint): { begins: number[]; pausesNs: number[] } {
  const last = stages.at(-1);
  const ends = last === undefined ? undefined : endsNs(last.sampled).sort();
  const starts = stages[0]?.sampled.startNs ?? new Float64Array();
  let gone = 0;
  const goneBefore = starts.map((start) => {
    while ((ends?.[gone] ?? Infinity) <= start) gone++;
    return gone;
  });
  const underWay = goneBefore.map((count, i) => i - count);
  const least = underWay.reduce((a, b) => Math.min(a, b), Infinity);
  const begins = [...underWay.keys()].filter(
    (i) => underWay[i] === least && (goneBefore[i] ?? 0) > 0,
  );
  const pausesNs = begins.map((i) => (starts[i] ?? 0) - (ends?.[(goneBefore[i] ?? 0) - 1] ?? 0));
  return { begins, pausesNs };
}

const steps = (values: readonly number[]): readonly number[] =>
  values.slice(1).map((value, i) => value - (values[i] ?? 0));
