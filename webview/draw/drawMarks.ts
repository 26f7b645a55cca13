/**
 * What is written and drawn over the data, anew for each frame: names in boxes, capacities, losses, knob changes, what is
 * selected, followed and found. Its number is bounded by what one can read, not by what was recorded.
 */
import { formatCount } from '../../extension/core/format.js';
import { brushOf, heatAxis, lanesOn } from './drawData.js';
import { drawCapacity } from './drawHeatmap.js';
import { drawLaneLabels } from './drawLanes.js';
import { drawFound, drawPath } from './drawPath.js';
import type { Frame, Mark } from './frame.js';
import { bandsBetween, placeOfRow, type QueueBand, type StageBand } from '../timeline/layout.js';
import { snap, strokeLine, type Surface } from './surface.js';
import { xOf } from '../timeline/timeScale.js';

/** Labels of one frame: more than one can read at a glance only take time. */
const MAX_LABELS = 1500;

/** Draws everything that lies over the data. */
export function drawMarks(ctx: Surface, frame: Frame): void {
  const { theme, heightPx, scrollPx, geometry } = frame;
  ctx.font = theme.font;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const bands = bandsBetween(geometry, scrollPx, scrollPx + heightPx);
  let labels = MAX_LABELS;
  for (const band of bands) {
    if (band.kind === 'queue') drawQueueCapacity(ctx, frame, band);
    else if (band.kind === 'stage') labels = drawNames(ctx, frame, band, labels);
  }
  const bottom = Math.min(heightPx, geometry.heightPx - scrollPx);
  drawLosses(ctx, frame, bottom);
  drawKnobChanges(ctx, frame, bottom);
  drawMarked(ctx, frame, bottom);
  drawFound(ctx, frame);
  drawPath(ctx, frame);
  if (frame.selection !== null) drawSelection(ctx, frame, frame.selection);
}

/** Returns how many labels may still be drawn. */
function drawNames(ctx: Surface, frame: Frame, band: StageBand, budget: number): number {
  const { picture } = frame;
  if (picture === null) return budget;
  const brush = brushOf(frame, picture, band);
  let left = budget;
  for (const lane of lanesOn(frame, band)) {
    const boxes = picture.lanes.get(lane.lane.id);
    if (boxes !== undefined && left > 0)
      left = drawLaneLabels(ctx, brush, { band: lane, boxes }, left);
  }
  return left;
}

function drawQueueCapacity(ctx: Surface, frame: Frame, band: QueueBand): void {
  const { theme, widthPx, dpr, picture } = frame;
  const { capacity, maxDepth, id } = band.row;
  const plot = { theme, widthPx, dpr, ...heatAxis(frame, band), capacity };
  const heat = picture?.queues.get(id);
  // While no reply tells where the axis ends: as the reply will.
  const depths = Math.max(capacity ?? 0, maxDepth) + 1;
  if (heat === undefined || heat.columns === 0) drawCapacity(ctx, plot, depths, 1);
  else drawCapacity(ctx, plot, heat.buckets * heat.depthPerBucket, heat.depthPerBucket);
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
    const text = lossTexts(loss.records).find((t) => ctx.measureText(t).width <= width - 12);
    if (text !== undefined) drawTag(ctx, frame, text, x);
  }
}

/** From the longest to the shortest. */
function lossTexts(records: number): readonly string[] {
  const count = formatCount(records);
  return records === 0
    ? ['not recorded', 'gap']
    : [`${count} records lost`, `${count} lost`, 'lost'];
}

function drawTag(ctx: Surface, { theme }: Frame, text: string, x: number): void {
  const inkPx = ctx.measureText(text).width;
  ctx.fillStyle = theme.background;
  ctx.fillRect(x + 3, 3, inkPx + 6, 14);
  ctx.fillStyle = theme.warning;
  ctx.fillText(text, x + 6, 10.5);
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

/** The edges of the marked stretch; what is outside of it is veiled. */
function drawMarked(ctx: Surface, frame: Frame, bottom: number): void {
  const { marked, range, widthPx, theme, dpr } = frame;
  if (marked === null) return;
  const clip = (x: number): number => Math.min(Math.max(x, -2), widthPx + 2);
  const left = snap(clip(xOf(range, widthPx, marked.fromNs)), dpr);
  const right = Math.max(snap(clip(xOf(range, widthPx, marked.toNs)), dpr), left + 1);
  // An item's way has a veil of its own.
  if (frame.path.length === 0) {
    ctx.fillStyle = theme.markedVeil;
    if (left > 0) ctx.fillRect(0, 0, left, bottom);
    if (right < widthPx) ctx.fillRect(right, 0, widthPx - right, bottom);
  }
  ctx.fillStyle = theme.focus;
  ctx.fillRect(left - 1, 0, 1, bottom);
  ctx.fillRect(right, 0, 1, bottom);
}

function drawSelection(ctx: Surface, frame: Frame, mark: Mark): void {
  const { range, widthPx, theme } = frame;
  const place = placeOfRow(frame.geometry, mark.row, mark.level);
  if (place === null) return;
  const left = Math.max(xOf(range, widthPx, mark.fromNs), -4);
  const right = Math.min(xOf(range, widthPx, mark.toNs), widthPx + 4);
  const top = place.yPx - frame.scrollPx;
  if (right < 0 || left > widthPx || top > frame.heightPx || top + place.heightPx < 0) return;
  ctx.lineWidth = 2;
  ctx.strokeStyle = theme.foreground;
  ctx.strokeRect(left - 1, top - 1, Math.max(right - left, 1) + 2, place.heightPx + 1);
}
