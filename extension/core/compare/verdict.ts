/** When a figure counts as different. */
import type { MetricComparison, Verdict } from './comparison.js';

/** Four against four is the fewest of which a difference can be told from chance (p = 0.029; three against three: 0.1). */
export const MIN_RUNS = 4;
const SIGNIFICANT = 0.05;

/** Is it no chance? By the test of the figure by itself, and as it counts among all. */
export function isSignificant({
  p,
  adjustedP,
}: Pick<MetricComparison, 'p' | 'adjustedP'>): boolean {
  return p !== null && adjustedP !== null && p < SIGNIFICANT && adjustedP < SIGNIFICANT;
}

type Judged = Pick<MetricComparison, 'change' | 'shift' | 'p' | 'adjustedP' | 'better'>;

/** Different is what is at least as large as `least` and no chance. */
export function verdictOf(figure: Judged, least: number): Verdict {
  if (figure.p === null) return 'notEnoughRuns';
  if (!isLarge(figure, least) || !isSignificant(figure) || figure.shift === 0) return 'same';
  if (figure.better === 'neither') return 'changed';
  return figure.shift > 0 === (figure.better === 'higher') ? 'better' : 'worse';
}

/** What came from nothing is larger by any measure. */
function isLarge({ change }: Judged, least: number): boolean {
  return change === null || Math.abs(change.mid) >= least;
}

/** May this figure be called different? By its size alone where there are too few runs for more. */
export function isNotable(row: MetricComparison, threshold: number): boolean {
  if (row.verdict !== 'notEnoughRuns') return row.verdict !== 'same';
  return row.shift !== 0 && isLarge(row, threshold);
}
