/** Draws the overview strip: throughput and latency over the whole session, with the stretches in which records were lost. */
import { area, line, curveStepAfter, scaleLinear } from 'd3';
import type { SearchHit } from '../../extension/core/panel/query.js';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import { formatDurationNs, formatRate } from '../../extension/core/format.js';
import { hitPixels } from '../search/search.js';
import type { PanelState } from '../state.js';
import { snap, type Surface } from './surface.js';
import { momentLabel, rulerFor, xOf, type TimeRange } from '../timeline/timeScale.js';
import type { Theme } from '../theme.js';

export interface OverviewFrame {
  readonly theme: Theme;
  readonly extent: TimeRange;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpr: number;
  readonly throughput: PanelSnapshot['throughput'];
  readonly latency: PanelSnapshot['latency'];
  readonly losses: PanelSnapshot['losses'];
  /** The stretch that figures are shown of. */
  readonly marked: TimeRange | null;
  /** What a search found. */
  readonly found: readonly SearchHit[];
}

/** Height of the labels under the curve; the brush ends above them. */
export const LABELS_PX = 14;
/** Room above the curves, for the texts that say how high they go. */
const AIR_PX = 14;
/** Height of the ticks of what was found. */
const FOUND_PX = 7;

/** The visible range in the strip; at least two pixels wide, or it could be neither seen nor grasped. */
export function windowPixels(
  extent: TimeRange,
  range: TimeRange,
  widthPx: number,
): [number, number] {
  const at = (ns: number): number => Math.min(Math.max(xOf(extent, widthPx, ns), 0), widthPx);
  const from = Math.min(at(range.fromNs), widthPx - 2);
  return [from, Math.max(at(range.toNs), from + 2)];
}

/** What the strip shows of a state. */
export function overviewFrame(
  { nav, marked, search }: PanelState,
  { throughput, latency, losses }: PanelSnapshot,
  theme: Theme,
  size: Pick<OverviewFrame, 'widthPx' | 'heightPx' | 'dpr'>,
): OverviewFrame {
  const series = { throughput, latency, losses };
  return { theme, extent: nav.extent, ...size, ...series, marked, found: search.found };
}

type Point = readonly [atNs: number, perSec: number];

/** The steps of the curve; the last value is repeated at the end of the extent so that its step has a width. */
function pointsOf(frame: OverviewFrame): readonly Point[] {
  const { perSec, stepNs } = frame.throughput;
  const points = perSec.map((value, i): Point => [frame.extent.fromNs + i * stepNs, value]);
  const last = perSec.at(-1);
  return last === undefined ? points : [...points, [frame.extent.toNs, last]];
}

function drawCurve(ctx: Surface, frame: OverviewFrame): void {
  const points = pointsOf(frame);
  const bottom = frame.heightPx - LABELS_PX;
  const highest = Math.max(...frame.throughput.perSec, 0);
  const y = scaleLinear()
    .domain([0, highest === 0 ? 1 : highest])
    .range([bottom, AIR_PX]);
  const x = (p: Point): number => xOf(frame.extent, frame.widthPx, p[0]);
  const path = pathContext(ctx);
  ctx.beginPath();
  area<Point>(x, bottom, (p) => y(p[1]))
    .curve(curveStepAfter)
    .context(path)([...points]);
  ctx.fillStyle = frame.theme.area;
  ctx.fill();
  ctx.beginPath();
  line<Point>(x, (p) => y(p[1]))
    .curve(curveStepAfter)
    .context(path)([...points]);
  ctx.strokeStyle = frame.theme.stages.io.solid;
  ctx.lineWidth = 1;
  ctx.stroke();
  if (highest > 0) {
    ctx.fillStyle = frame.theme.dim;
    ctx.fillText(`max ${formatRate(highest)}`, 4, 8);
  }
}

/** p50, p95, p99: the one that is told in most places is the thick one. */
const LATENCY_WIDTHS = [1, 2, 1];

type LatencySteps = NonNullable<PanelSnapshot['latency']>['steps'];

/** A step; behind the last one that one again, so that it has a width. */
const stepUntil = (steps: LatencySteps, i: number): LatencySteps[number] =>
  steps[Math.min(i, steps.length - 1)] ?? null;

/** The percentiles of what left in each step, on a scale of their own; a step in which nothing left is a hole. */
function drawLatency(ctx: Surface, frame: OverviewFrame): void {
  const { latency, extent, widthPx, theme } = frame;
  if (latency === null) return;
  const { stepNs, steps } = latency;
  const highest = Math.max(...steps.map((step) => step?.[2] ?? 0));
  const y = scaleLinear()
    .domain([0, highest === 0 ? 1 : highest])
    .range([frame.heightPx - LABELS_PX - 1, AIR_PX]);
  const path = pathContext(ctx);
  ctx.strokeStyle = theme.latency;
  for (const [which, width] of LATENCY_WIDTHS.entries()) {
    ctx.lineWidth = width;
    ctx.beginPath();
    line<number>(
      (i) => Math.min(xOf(extent, widthPx, extent.fromNs + i * stepNs), widthPx),
      (i) => y(stepUntil(steps, i)?.[which] ?? 0),
    )
      .defined((i) => stepUntil(steps, i) !== null)
      .curve(curveStepAfter)
      .context(path)(Array.from({ length: steps.length + 1 }, (_, i) => i));
    ctx.stroke();
  }
  ctx.lineWidth = 1;
  const text = `p99 max ${formatDurationNs(highest)}`;
  ctx.fillStyle = theme.dim;
  ctx.fillText(text, widthPx - ctx.measureText(text).width - 4, 8);
}

/** d3 types its contexts as a whole canvas context; its curves use only these calls. */
function pathContext(ctx: Surface): CanvasRenderingContext2D {
  const calls: Pick<Surface, 'moveTo' | 'lineTo' | 'closePath'> = {
    moveTo: (px, py) => {
      ctx.moveTo(px, py);
    },
    lineTo: (px, py) => {
      ctx.lineTo(px, py);
    },
    closePath: () => {
      ctx.closePath();
    },
  };
  return calls as CanvasRenderingContext2D;
}

function drawLosses(ctx: Surface, frame: OverviewFrame): void {
  for (const loss of frame.losses) {
    const x = snap(xOf(frame.extent, frame.widthPx, loss.fromNs), frame.dpr);
    const end = snap(xOf(frame.extent, frame.widthPx, loss.toNs), frame.dpr);
    const width = Math.max(end - x, 2);
    ctx.fillStyle = frame.theme.gap;
    ctx.fillRect(x, 0, width, frame.heightPx - LABELS_PX);
    ctx.fillStyle = frame.theme.warning;
    ctx.fillRect(x, frame.heightPx - LABELS_PX - 3, width, 3);
  }
}

/** A bar above the curve, where no throughput is drawn. */
function drawMarked(ctx: Surface, { theme, extent, widthPx, dpr, marked }: OverviewFrame): void {
  if (marked === null) return;
  const clip = (x: number): number => Math.min(Math.max(x, 0), widthPx);
  const left = snap(clip(xOf(extent, widthPx, marked.fromNs)), dpr);
  const right = snap(clip(xOf(extent, widthPx, marked.toNs)), dpr);
  ctx.fillStyle = theme.focus;
  ctx.fillRect(left, 0, Math.max(right - left, 2), 3);
}

/** A tick for each pixel where something was found, on the line below the curve. */
function drawFound(ctx: Surface, frame: OverviewFrame): void {
  const { theme, extent, widthPx, heightPx, found } = frame;
  ctx.fillStyle = theme.foreground;
  for (const x of hitPixels(found, extent, widthPx)) {
    ctx.fillRect(x, heightPx - LABELS_PX - FOUND_PX, 1, FOUND_PX);
  }
}

function drawLabels(ctx: Surface, frame: OverviewFrame): void {
  const ruler = rulerFor(frame.extent, frame.widthPx, 90);
  const y = frame.heightPx - LABELS_PX / 2;
  for (const tick of ruler.ticks) {
    const x = snap(xOf(frame.extent, frame.widthPx, tick.atNs), frame.dpr);
    const label = ruler.base === null ? tick.label : momentLabel(tick.atNs, ruler.stepNs);
    ctx.fillStyle = frame.theme.grid;
    ctx.fillRect(x, 0, 1, frame.heightPx - LABELS_PX);
    ctx.fillStyle = frame.theme.dim;
    if (x + 4 + ctx.measureText(label).width < frame.widthPx) ctx.fillText(label, x + 3, y);
  }
}

/** Draws the strip; the brush lies above it as a layer of its own. */
export function drawOverview(ctx: Surface, frame: OverviewFrame): void {
  const { theme, widthPx, heightPx } = frame;
  ctx.font = theme.font;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, widthPx, heightPx);
  if (frame.extent.toNs > frame.extent.fromNs) {
    drawLabels(ctx, frame);
    drawCurve(ctx, frame);
    drawLatency(ctx, frame);
    drawLosses(ctx, frame);
    drawFound(ctx, frame);
    drawMarked(ctx, frame);
  }
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, heightPx - LABELS_PX, widthPx, 1);
}
