/**
 * Which stretch of a run is its steady state.
 *
 * A run starts cold (workers start, code is compiled, queues fill) and ends with a pipeline that runs empty. Both make every
 * mean wrong. Where the start ends is found by MSER (K. P. White, "An effective truncation heuristic for bias reduction in
 * simulation output", Simulation 69, 1997): cut off so much that the standard error of the mean of the rest is smallest.
 * The end is treated alike, backwards. Neither takes more than half.
 */

/** A stretch of time, in nanoseconds. */
export interface Stretch {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Parts of the stretch in which departures are counted. */
const BINS = 100;
/** Fewer departures than these say nothing about where a start ends. */
const MIN_DEPARTURES = 30;
/** Departures that a bin must hold on average: with fewer, chance makes the steps. */
const PER_BIN = 4;

/** How many of the first values to leave out, at most half: MSER. */
export function warmUpLength(values: readonly number[]): number {
  const { length } = values;
  let sum = 0;
  let squares = 0;
  let best = Infinity;
  let cut = 0;
  for (let i = length - 1; i >= 0; i--) {
    const value = values[i] ?? 0;
    sum += value;
    squares += value * value;
    const count = length - i;
    if (i > length / 2 || count < 5) continue;
    const error = (squares - (sum * sum) / count) / (count * count);
    // The longer stretch wins when both are as good.
    if (error <= best * (1 + 1e-9)) {
      best = error;
      cut = i;
    }
  }
  return cut;
}

/** The steady part of a stretch, by the times at which items left (sorted) and how many left then. */
export function steadyPart(
  stretch: Stretch,
  departures: { readonly atNs: Float64Array; readonly items: Uint32Array },
): Stretch {
  const { fromNs, toNs } = stretch;
  const { atNs, items } = departures;
  if (atNs.length < MIN_DEPARTURES || !(toNs > fromNs)) return stretch;
  const bins = Math.max(Math.min(BINS, Math.floor(atNs.length / PER_BIN)), 10);
  const counts = new Array<number>(bins).fill(0);
  const width = (toNs - fromNs) / bins;
  for (const [i, at] of atNs.entries()) {
    const bin = Math.min(Math.max(Math.floor((at - fromNs) / width), 0), bins - 1);
    counts[bin] = (counts[bin] ?? 0) + (items[i] ?? 0);
  }
  const front = warmUpLength(counts);
  const back = warmUpLength(counts.slice(front).reverse());
  return { fromNs: fromNs + front * width, toNs: toNs - back * width };
}
