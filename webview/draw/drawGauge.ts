/**
 * Draws a gauge: steps from the row's lower edge upwards, one per column, values that are a bad sign in the warning colour
 * and with a line on top, so that the colour is not all that tells. Columns of which nothing is known between two samples
 * are dotted as losses are; before the first and behind the last sample the row is empty.
 */
import type { GaugeRow } from '../../extension/core/panel/rows.js';
import type { GaugeColumns, Placement } from '../timeline/picture.js';
import { snap, type FillSurface } from './surface.js';
import type { Theme } from '../theme.js';

export interface GaugePlot {
  readonly theme: Theme;
  readonly place: Placement;
  readonly widthPx: number;
  readonly dpr: number;
  /** Of the value axis, in plot pixels. */
  readonly topPx: number;
  readonly bottomPx: number;
  readonly row: Pick<GaugeRow, 'scaleMax' | 'warnAbove'>;
}

/** What one column looks like; neighbours that look the same become one rectangle. */
interface Step {
  readonly kind: 'nothing' | 'gap' | 'value' | 'warning';
  readonly topPx: number;
}

type Edges = readonly [left: number, right: number];

const nothing: Step = { kind: 'nothing', topPx: 0 };

function stepOf(plot: GaugePlot, value: number | undefined): Step {
  if (value === undefined || Number.isNaN(value)) return nothing;
  if (value < 0) return { kind: 'gap', topPx: plot.topPx };
  const { scaleMax, warnAbove } = plot.row;
  const share = Math.min(value / scaleMax, 1);
  const line = 1 / plot.dpr;
  // At least a line: zero was measured, which is not the same as knowing nothing.
  const top = Math.min(plot.bottomPx - share * (plot.bottomPx - plot.topPx), plot.bottomPx - line);
  const isWarning = warnAbove !== null && value > warnAbove;
  return { kind: isWarning ? 'warning' : 'value', topPx: snap(top, plot.dpr) };
}

function drawStep(ctx: FillSurface, plot: GaugePlot, step: Step, [left, right]: Edges): void {
  const { theme, dpr, bottomPx } = plot;
  const width = Math.max(right - left, 1 / dpr);
  if (step.kind === 'gap') ctx.fillStyle = theme.gap;
  else ctx.fillStyle = step.kind === 'warning' ? theme.gaugeWarning : theme.area;
  ctx.fillRect(left, step.topPx, width, bottomPx - step.topPx);
  if (step.kind === 'gap') return;
  ctx.fillStyle = step.kind === 'warning' ? theme.warning : theme.gaugeLine;
  ctx.fillRect(left, step.topPx, width, step.kind === 'warning' ? 2 : 1);
}

/** Draws all columns on screen. Reply columns may be wider or narrower than pixels. */
export function drawGauge(ctx: FillSurface, plot: GaugePlot, gauge: GaugeColumns): void {
  const { place, dpr } = plot;
  const first = Math.max(0, Math.floor(-place.offsetPx / place.scale));
  const end = Math.min(gauge.columns, Math.ceil((plot.widthPx - place.offsetPx) / place.scale));
  const xAt = (column: number): number => snap(column * place.scale + place.offsetPx, dpr);
  for (let start = first; start < end;) {
    const step = stepOf(plot, gauge.values[start]);
    let next = start + 1;
    for (; next < end; next += 1) {
      const other = stepOf(plot, gauge.values[next]);
      if (other.kind !== step.kind || other.topPx !== step.topPx) break;
    }
    if (step.kind !== 'nothing') drawStep(ctx, plot, step, [xAt(start), xAt(next)]);
    start = next;
  }
}
