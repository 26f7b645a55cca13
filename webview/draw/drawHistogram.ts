/** Draws a histogram of durations: bars, percentiles, axis, and the bar that is looked at. Pure: a frame in, calls on a surface out. */
import { formatDurationNs } from '../../extension/core/format.js';
import type { DurationHistogram } from '../../extension/core/panel/query.js';
import {
  AXIS_PX,
  layoutHistogram,
  type CountScale,
  type HistogramLayout,
} from '../range/histogramLayout.js';
import { snap, type Surface } from './surface.js';
import type { StageKind, Theme } from '../theme.js';
import { tickStepNs } from '../timeline/timeScale.js';

export interface HistogramFrame {
  readonly theme: Theme;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpr: number;
  readonly kind: StageKind;
  /** null: nothing to draw yet. */
  readonly histogram: DurationHistogram | null;
  readonly percentiles: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  readonly scale: CountScale;
  /** The bar that is looked at. */
  readonly at: number | null;
}

/** Between two labels. */
const AIR_PX = 6;

function drawBars(ctx: Surface, frame: HistogramFrame, layout: HistogramLayout): void {
  const { theme, dpr, kind, at } = frame;
  for (const [i, bar] of layout.bars.entries()) {
    const left = snap(bar.x, dpr);
    const right = snap(bar.x + bar.widthPx, dpr);
    if (i === at) {
      ctx.fillStyle = theme.grid;
      ctx.fillRect(left, layout.topPx, right - left, layout.bottomPx - layout.topPx);
    }
    if (bar.count === 0) continue;
    // Wide bars stand apart, narrow ones would vanish.
    const gap = right - left > 3 ? 1 / dpr : 0;
    const top = snap(bar.topPx, dpr);
    ctx.fillStyle = i === at ? theme.foreground : theme.stages[kind].solid;
    ctx.fillRect(left, top, Math.max(right - left - gap, 1), layout.bottomPx - top);
  }
}

/** Lines at the percentiles; their labels give way to each other, the median first. */
function drawPercentiles(ctx: Surface, frame: HistogramFrame, layout: HistogramLayout): void {
  const { theme, widthPx, dpr, percentiles, histogram } = frame;
  if (percentiles === null || histogram === null) return;
  const lastNs = histogram.edgesNs.at(-1) ?? 0;
  let freeFrom = 0;
  for (const name of ['p50', 'p95', 'p99'] as const) {
    if (percentiles[name] > lastNs) continue;
    const x = snap(layout.xOf(percentiles[name]), dpr);
    ctx.fillStyle = theme.dim;
    ctx.fillRect(x, layout.topPx - 4, 1, layout.bottomPx - layout.topPx + 4);
    const inkPx = ctx.measureText(name).width;
    const left = Math.min(Math.max(x + 3, freeFrom), widthPx - inkPx - 1);
    if (left < freeFrom) continue;
    ctx.fillStyle = theme.foreground;
    ctx.fillText(name, left, layout.topPx - 8);
    freeFrom = left + inkPx + AIR_PX;
  }
}

function drawAxis(ctx: Surface, frame: HistogramFrame, layout: HistogramLayout): void {
  const { theme, widthPx, heightPx, dpr, histogram } = frame;
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, layout.bottomPx, widthPx, 1);
  if (histogram === null) return;
  const { edgesNs } = histogram;
  const [low, high] = [edgesNs[0] ?? 0, edgesNs.at(-1) ?? 0];
  const step = tickStepNs(high - low, Math.max(Math.floor(widthPx / 62), 1));
  const y = heightPx - AXIS_PX / 2 + 1;
  let freeFrom = 0;
  for (let ns = Math.ceil(low / step) * step; ns <= high; ns += step) {
    const x = snap(layout.xOf(ns), dpr);
    ctx.fillStyle = theme.dim;
    ctx.fillRect(Math.min(x, widthPx - 1), layout.bottomPx, 1, 4);
    const label = formatDurationNs(ns);
    const inkPx = ctx.measureText(label).width;
    const left = Math.min(Math.max(x - inkPx / 2, 0), widthPx - inkPx);
    if (left < freeFrom) continue;
    ctx.fillText(label, left, y);
    freeFrom = left + inkPx + AIR_PX;
  }
}

/** Draws a whole picture over whatever was there. */
export function drawHistogram(ctx: Surface, frame: HistogramFrame): void {
  const { theme, widthPx, heightPx, histogram, scale } = frame;
  ctx.font = theme.font;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, widthPx, heightPx);
  const shown = histogram ?? { row: 0, edgesNs: [0, 1], counts: [], beyond: 0 };
  const layout = layoutHistogram(shown, { widthPx, heightPx }, scale);
  drawBars(ctx, frame, layout);
  drawAxis(ctx, frame, layout);
  drawPercentiles(ctx, frame, layout);
}
