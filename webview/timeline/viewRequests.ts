/**
 * Which pictures to ask the host for. More than the window is asked for (a quarter of its span on both sides), so that a
 * pan has something to show while the next reply is on its way. Pure.
 */
import type { ViewRequest } from '../../extension/core/panel/view.js';
import { spanOf, type TimeRange } from './timeScale.js';

/** What is on screen. `generation` is the snapshot's: newer data makes an old picture stale. */
export interface Wanted {
  readonly range: TimeRange;
  readonly widthPx: number;
  readonly dpr: number;
  readonly rows: readonly number[];
  readonly generation: number;
}

/** A question to the host, with what it is good for. */
export interface ViewQuestion {
  readonly request: Omit<ViewRequest, 'seq'>;
  readonly rowSet: ReadonlySet<number>;
  readonly generation: number;
}

const OVERSCAN = 0.25;
/** Asked for anew before the reader reaches the end of the overscan. */
const MARGIN = 0.08;
const MAX_WIDTH_PX = 16_384;

/** The question for what is on screen, at the screen's own resolution up to twice CSS pixels. */
export function questionFor(wanted: Wanted): ViewQuestion {
  const { range, rows, generation } = wanted;
  const beyond = spanOf(range) * OVERSCAN;
  const density = Math.min(Math.max(wanted.dpr, 1), 2);
  const widthPx = Math.round(wanted.widthPx * density * (1 + 2 * OVERSCAN));
  return {
    request: {
      fromNs: range.fromNs - beyond,
      toNs: range.toNs + beyond,
      widthPx: Math.min(Math.max(widthPx, 1), MAX_WIDTH_PX),
      rows,
    },
    rowSet: new Set(rows),
    generation,
  };
}

const nsPerPx = (request: Omit<ViewRequest, 'seq'>): number =>
  (request.toNs - request.fromNs) / request.widthPx;

/** Does the answer to `asked` show what is wanted: same data, same resolution, range and rows covered? */
export function answers(asked: ViewQuestion, wanted: Wanted): boolean {
  if (asked.generation !== wanted.generation) return false;
  const ideal = questionFor(wanted);
  const resolution = nsPerPx(asked.request) / nsPerPx(ideal.request);
  // Rounding of widthPx alone changes the resolution by less than a hundredth.
  if (Math.abs(resolution - 1) > 1e-2) return false;
  const margin = spanOf(wanted.range) * MARGIN;
  const covered =
    asked.request.fromNs <= wanted.range.fromNs - margin &&
    asked.request.toNs >= wanted.range.toNs + margin;
  return covered && wanted.rows.every((row) => asked.rowSet.has(row));
}
