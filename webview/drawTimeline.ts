/**
 * Draws the body of the timeline: rows, grid, boxes, heat, losses, knob changes, selection. Pure in the sense that
 * counts: a frame in, calls on a surface out. Costs O(boxes and cells on screen).
 */
import type { PanelSnapshot } from '../extension/core/panel/messages.js';
import { formatCount } from '../extension/core/format.js';
import { drawGauge } from './drawGauge.js';
import { drawLane, type LaneBrush } from './drawLanes.js';
import { drawCapacity, drawHeatmap, type HeatPlot } from './drawHeatmap.js';
import {
  bandsBetween,
  lanesBetween,
  type Geometry,
  type LaneBand,
  type QueueRow,
  type RowBand,
} from './layout.js';
import { placePicture, type Picture, type Placement } from './picture.js';
import { snap, strokeLine, type Surface } from './surface.js';
import { rulerFor, spanOf, xOf, type TimeRange } from './timeScale.js';
import type { Theme } from './theme.js';

/** A marked stretch of a lane or queue. */
export interface Mark {
  readonly row: number;
  readonly level: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/** All that one picture depends on. */
export interface Frame {
  readonly theme: Theme;
  readonly geometry: Geometry;
  /** null: no reply has come yet. */
  readonly picture: Picture | null;
  readonly range: TimeRange;
  readonly scrollPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpr: number;
  readonly losses: PanelSnapshot['losses'];
  readonly knobChanges: PanelSnapshot['knobChanges'];
  readonly selection: Mark | null;
}

/** Space above and below the depth axis of a queue row. */
const HEAT_PAD_PX = 6;
/** Above the highest value of a gauge. */
const GAUGE_PAD_PX = 3;

function drawGrid(ctx: Surface, frame: Frame): void {
  ctx.fillStyle = frame.theme.grid;
  for (const tick of rulerFor(frame.range, frame.widthPx).ticks) {
    const x = snap(xOf(frame.range, frame.widthPx, tick.atNs), frame.dpr);
    ctx.fillRect(x, 0, 1, frame.heightPx);
  }
}

function drawRowGround(ctx: Surface, frame: Frame, band: RowBand): void {
  const y = band.yPx - frame.scrollPx;
  ctx.fillStyle =
    band.kind === 'stage' || band.kind === 'gauges' ? frame.theme.stageRow : frame.theme.queueRow;
  ctx.fillRect(0, y, frame.widthPx, band.heightPx);
  ctx.fillStyle = frame.theme.line;
  ctx.fillRect(0, y + band.heightPx - 1, frame.widthPx, 1);
}

/** Highest depth (exclusive) of a queue's axis while no reply tells it. */
export function depthsOf(row: QueueRow): number {
  return Math.max(row.capacity ?? 0, row.maxDepth) + 1;
}

function drawQueue(ctx: Surface, frame: Frame, band: RowBand & { kind: 'queue' }): void {
  const top = band.yPx - frame.scrollPx;
  const { theme, widthPx, dpr, picture } = frame;
  const heat = picture?.queues.get(band.row.id);
  const plot: HeatPlot = {
    theme,
    widthPx,
    dpr,
    place: { scale: 1, offsetPx: 0 },
    topPx: top + HEAT_PAD_PX,
    bottomPx: top + band.heightPx - HEAT_PAD_PX - 1,
    capacity: band.row.capacity,
  };
  if (picture === null || heat === undefined || heat.columns === 0) {
    drawCapacity(ctx, plot, depthsOf(band.row), 1);
    return;
  }
  const whole = placePicture(picture, frame.range, widthPx);
  const place = { ...whole, scale: (whole.scale * picture.widthPx) / heat.columns };
  drawHeatmap(ctx, { ...plot, place }, heat);
  drawCapacity(ctx, plot, heat.buckets * heat.depthPerBucket, heat.depthPerBucket);
}

function drawGaugeRow(ctx: Surface, frame: Frame, band: RowBand & { kind: 'gauge' }): void {
  const { theme, widthPx, dpr, picture } = frame;
  const gauge = picture?.gauges.get(band.row.id);
  if (picture === null || gauge === undefined || gauge.columns === 0) return;
  const whole = placePicture(picture, frame.range, widthPx);
  const place = { ...whole, scale: (whole.scale * picture.widthPx) / gauge.columns };
  const topPx = band.yPx - frame.scrollPx + GAUGE_PAD_PX;
  const bottomPx = band.yPx - frame.scrollPx + band.heightPx - 1;
  drawGauge(ctx, { theme, place, widthPx, dpr, topPx, bottomPx, row: band.row }, gauge);
}

function drawStage(
  ctx: Surface,
  frame: Frame,
  band: RowBand & { kind: 'stage' },
  place: Placement,
): void {
  const { picture, scrollPx } = frame;
  if (picture === null) return;
  const brush: LaneBrush = {
    theme: frame.theme,
    stage: band.row.stageKind,
    place,
    widthPx: frame.widthPx,
    dpr: frame.dpr,
    shiftY: -scrollPx,
    names: picture.names,
    replyPx: picture.widthPx,
    replyNs: spanOf(picture.range),
  };
  for (const lane of lanesBetween(band.lanes, scrollPx, scrollPx + frame.heightPx)) {
    const boxes = picture.lanes.get(lane.lane.id);
    if (boxes !== undefined) drawLane(ctx, brush, lane, boxes);
  }
}

function drawRow(ctx: Surface, frame: Frame, band: RowBand): void {
  switch (band.kind) {
    case 'group':
    case 'gauges':
      return;
    case 'gauge':
      drawGaugeRow(ctx, frame, band);
      return;
    case 'queue':
      drawQueue(ctx, frame, band);
      return;
    case 'stage': {
      const { picture, range, widthPx } = frame;
      if (picture !== null) drawStage(ctx, frame, band, placePicture(picture, range, widthPx));
    }
  }
}

/** Nothing is known of these stretches: they are covered, so that missing boxes are not read as idle lanes. */
function drawLosses(ctx: Surface, frame: Frame, bottom: number): void {
  const { theme, range, widthPx, dpr } = frame;
  for (const loss of frame.losses) {
    const left = Math.max(xOf(range, widthPx, loss.fromNs), -1);
    const right = Math.min(xOf(range, widthPx, loss.toNs), widthPx + 1);
    if (right < 0 || left > widthPx) continue;
    const x = snap(left, dpr);
    const width = Math.max(snap(right, dpr) - x, 2);
    ctx.fillStyle = theme.gap;
    ctx.fillRect(x, 0, width, bottom);
    ctx.fillStyle = theme.warning;
    ctx.fillRect(x, 0, 1, bottom);
    ctx.fillRect(x + width - 1, 0, 1, bottom);
    const count = formatCount(loss.records);
    const isGap = loss.records === 0;
    const texts = isGap
      ? ['not recorded', 'gap']
      : [`${count} records lost`, `${count} lost`, 'lost'];
    const text = texts.find((t) => ctx.measureText(t).width <= width - 12);
    if (text !== undefined) {
      const inkPx = ctx.measureText(text).width;
      ctx.fillStyle = theme.background;
      ctx.fillRect(x + 3, 3, inkPx + 6, 14);
      ctx.fillStyle = theme.warning;
      ctx.fillText(text, x + 6, 10.5);
    }
  }
}

function drawKnobChanges(ctx: Surface, frame: Frame, bottom: number): void {
  const { theme, range, widthPx, dpr } = frame;
  ctx.strokeStyle = theme.warning;
  ctx.lineWidth = 1;
  ctx.setLineDash([3, 3]);
  for (const change of frame.knobChanges) {
    const x = snap(xOf(range, widthPx, change.atNs), dpr) + 0.5;
    if (x >= 0 && x <= widthPx) strokeLine(ctx, [x, 0], [x, bottom]);
  }
  ctx.setLineDash([]);
}

function laneOf(frame: Frame, row: number): { band: RowBand; lane: LaneBand | null } | null {
  const visible = bandsBetween(frame.geometry, frame.scrollPx, frame.scrollPx + frame.heightPx);
  for (const band of visible) {
    const isWhole = band.kind === 'queue' || band.kind === 'gauge';
    if (isWhole && band.row.id === row) return { band, lane: null };
    if (band.kind !== 'stage') continue;
    const lane = band.lanes.find((l) => l.lane.id === row);
    if (lane !== undefined) return { band, lane };
  }
  return null;
}

function drawSelection(ctx: Surface, frame: Frame, mark: Mark): void {
  const found = laneOf(frame, mark.row);
  if (found === null) return;
  const { range, widthPx, theme } = frame;
  const left = Math.max(xOf(range, widthPx, mark.fromNs), -4);
  const right = Math.min(xOf(range, widthPx, mark.toNs), widthPx + 4);
  if (right < 0 || left > widthPx) return;
  const { band, lane } = found;
  const top = (lane === null ? band.yPx : lane.yPx + mark.level * lane.levelPx) - frame.scrollPx;
  const height = lane === null ? band.heightPx - 1 : lane.levelPx - 1;
  ctx.lineWidth = 2;
  ctx.strokeStyle = theme.foreground;
  ctx.strokeRect(left - 1, top - 1, Math.max(right - left, 1) + 2, height + 2);
}

/** Draws a whole frame over whatever was there. */
export function drawTimeline(ctx: Surface, frame: Frame): void {
  const { theme, widthPx, heightPx, scrollPx, geometry } = frame;
  ctx.font = theme.font;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, widthPx, heightPx);
  const bands = bandsBetween(geometry, scrollPx, scrollPx + heightPx);
  for (const band of bands) drawRowGround(ctx, frame, band);
  drawGrid(ctx, frame);
  for (const band of bands) drawRow(ctx, frame, band);
  const bottom = Math.min(heightPx, geometry.heightPx - scrollPx);
  drawLosses(ctx, frame, bottom);
  drawKnobChanges(ctx, frame, bottom);
  if (frame.selection !== null) drawSelection(ctx, frame, frame.selection);
}
