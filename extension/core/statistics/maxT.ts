/**
 * Many figures of the same few runs, base against head: which of them differ, when the chance that any of those that do not
 * differ is called different shall be 5 % in all?
 *
 * Holm's or Bonferroni's way is no use here: of six runs against six no rank test gives less than p = 0.002, and times thirty
 * figures that is no evidence any more. But runs are dealt into base and head as whole runs, so the figures need not be taken
 * one by one: deal them anew in all ways, and see how often the most extreme of all figures is as extreme as the one at hand
 * (single-step maxT: Westfall and Young, Resampling-Based Multiple Testing, 1993, section 2.3). That is exact when the runs
 * are of one kind, however the figures hang together, and the number of figures costs little.
 */
import { Random } from './random.js';

/** A figure over all runs, those of base first; null: this run has none. */
export type FigureRow = readonly (number | null)[];

/** Ways to deal that are looked at: all of them up to so many, else as many at random. */
const MAX_DEALS = 2000;
/**
 * Added to each standard error, as a share of the figure's size: figures that hardly vary by chance would otherwise be the
 * most extreme of all deals (Tusher, Tibshirani and Chu, PNAS 98, 2001).
 */
const LEAST_ERROR = 0.001;

/**
 * Adjusted p values of the figures, in their order; 1 for a figure of which one side has fewer than two values.
 * `baseRuns`: how many of the runs are base's; the rest are head's.
 */
export function maxT(figures: readonly FigureRow[], baseRuns: number, seed = 1): readonly number[] {
  const runs = figures[0]?.length ?? 0;
  const scales = figures.map((row) => LEAST_ERROR * sizeOf(row));
  const statistics = (isBase: readonly boolean[]): readonly number[] =>
    figures.map((row, i) => statisticOf(row, isBase, scales[i] ?? 0));
  const own = Array.from({ length: runs }, (_, i) => i < baseRuns);
  const observed = statistics(own);
  const beyond = observed.map(() => 0);
  let deals = 0;
  for (const isBase of dealsOf(runs, baseRuns, seed)) {
    deals++;
    const most = statistics(isBase).reduce((max, t) => Math.max(max, t), 0);
    observed.forEach((t, i) => {
      if (most >= t * (1 - 1e-9)) beyond[i] = (beyond[i] ?? 0) + 1;
    });
  }
  return beyond.map((count) => (deals === 0 ? 1 : count / deals));
}

function sizeOf(row: FigureRow): number {
  let sum = 0;
  let count = 0;
  for (const value of row) {
    if (value === null) continue;
    sum += Math.abs(value);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** The difference of the means in standard errors. */
function statisticOf(row: FigureRow, isBase: readonly boolean[], leastError: number): number {
  let [n, m, a, b] = [0, 0, 0, 0];
  row.forEach((value, i) => {
    if (value === null) return;
    if (isBase[i] === true) [n, a] = [n + 1, a + value];
    else [m, b] = [m + 1, b + value];
  });
  if (n < 2 || m < 2) return 0;
  const [meanA, meanB] = [a / n, b / m];
  let squares = 0;
  row.forEach((value, i) => {
    if (value !== null) squares += (value - (isBase[i] === true ? meanA : meanB)) ** 2;
  });
  const error = Math.sqrt((squares / (n + m - 2)) * (1 / n + 1 / m)) + leastError;
  return error > 0 ? Math.abs(meanA - meanB) / error : 0;
}

/** Which runs are base's: in all ways, or in many at random, among which is always the one that happened. */
function* dealsOf(runs: number, baseRuns: number, seed: number): Generator<readonly boolean[]> {
  if (waysToDeal(runs, baseRuns) <= MAX_DEALS) {
    yield* allDeals(runs, baseRuns);
    return;
  }
  const random = new Random(seed);
  const isBase = Array.from({ length: runs }, (_, i) => i < baseRuns);
  yield isBase;
  for (let deal = 1; deal < MAX_DEALS; deal++) {
    for (let i = runs - 1; i > 0; i--) {
      const other = random.below(i + 1);
      [isBase[i], isBase[other]] = [isBase[other] === true, isBase[i] === true];
    }
    yield isBase;
  }
}

function waysToDeal(runs: number, baseRuns: number): number {
  let ways = 1;
  for (let k = 1; k <= baseRuns; k++) ways = (ways * (runs - baseRuns + k)) / k;
  return ways;
}

function* allDeals(runs: number, baseRuns: number): Generator<readonly boolean[]> {
  if (baseRuns > runs) return;
  if (runs === 0) {
    yield [];
    return;
  }
  if (baseRuns > 0) for (const deal of allDeals(runs - 1, baseRuns - 1)) yield [true, ...deal];
  for (const deal of allDeals(runs - 1, baseRuns)) yield [false, ...deal];
}
