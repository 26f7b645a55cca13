/** Marks on single executions: the way of an item through the stages, and what a search found. */
import { formatDurationNs } from '../../extension/core/format.js';
import type { ItemVisit } from '../../extension/core/panel/query.js';
import type { Frame } from './frame.js';
import { bandOfRow, placeOfRow, type Band } from '../timeline/layout.js';
import type { Surface } from './surface.js';
import { xOf } from '../timeline/timeScale.js';

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly height: number;
}

/** Where a stretch of a row stands on the plot; far outside of it when it is far away. Null: the row is not there. */
function boxOf(
  frame: Frame,
  at: { readonly row: number; readonly level: number },
  fromNs: number,
  toNs: number,
): Box | null {
  const place: Band | null = placeOfRow(frame.geometry, at.row, at.level);
  if (place === null) return null;
  const { range, widthPx, scrollPx } = frame;
  const clip = (x: number): number => Math.min(Math.max(x, -widthPx), 2 * widthPx);
  const left = clip(xOf(range, widthPx, fromNs));
  const right = Math.max(clip(xOf(range, widthPx, toNs)), left + 2);
  return { left, right, top: place.yPx - scrollPx, height: Math.max(place.heightPx - 1, 2) };
}

/** A shape that stands out from any ground: drawn thick in the background's colour, then thin in the focus colour. */
function outlined(ctx: Surface, frame: Frame, draw: () => void): void {
  ctx.strokeStyle = frame.theme.background;
  ctx.lineWidth = 4;
  draw();
  ctx.strokeStyle = frame.theme.focus;
  ctx.lineWidth = 2;
  draw();
}

/**
 * Everything else steps back; each stop of the item is outlined in its stage's colour, and a line leads from the end of one to
 * the start of the next: its length along the time axis is what the item waited.
 */
export function drawPath(ctx: Surface, frame: Frame): void {
  const { path, theme, widthPx, heightPx } = frame;
  if (path.length === 0) return;
  ctx.fillStyle = theme.veil;
  ctx.fillRect(0, 0, widthPx, heightPx);
  let before: Box | null = null;
  for (const visit of path) {
    const box = boxOf(frame, { row: visit.row, level: 0 }, visit.startNs, endOf(visit));
    if (box === null) continue;
    if (before !== null) {
      drawWay(ctx, frame, before, box);
      if (visit.waitedNs !== null) drawWait(ctx, frame, { from: before, to: box }, visit.waitedNs);
    }
    before = box;
  }
  for (const visit of path) drawStop(ctx, frame, visit);
}

/** On each side of a text. */
const TEXT_AIR_PX = 6;

/** How long the item waited, on the line that shows it, where that is long enough. */
function drawWait(
  ctx: Surface,
  { theme, widthPx }: Frame,
  { from, to }: { readonly from: Box; readonly to: Box },
  waitedNs: number,
): void {
  const [left, right] = [Math.max(from.right, 0), Math.min(to.left, widthPx)];
  const text = formatDurationNs(waitedNs);
  const inkPx = ctx.measureText(text).width;
  if (right - left < inkPx + 6 * TEXT_AIR_PX) return;
  const x = (left + right - inkPx) / 2;
  const y = to.top + to.height / 2;
  ctx.fillStyle = theme.background;
  ctx.fillRect(x - TEXT_AIR_PX, y - 7, inkPx + 2 * TEXT_AIR_PX, 14);
  ctx.fillStyle = theme.foreground;
  ctx.fillText(text, x, y + 0.5);
}

const endOf = (visit: ItemVisit): number => visit.startNs + visit.durationNs;

function drawWay(ctx: Surface, frame: Frame, from: Box, to: Box): void {
  const startY = from.top + from.height / 2;
  const endY = to.top + to.height / 2;
  outlined(ctx, frame, () => {
    ctx.beginPath();
    ctx.moveTo(from.right, startY);
    // Down at once, then along the lane that it waits for: what stretches sideways is waiting.
    ctx.lineTo(from.right, endY);
    ctx.lineTo(to.left, endY);
    ctx.stroke();
  });
}

function drawStop(ctx: Surface, frame: Frame, visit: ItemVisit): void {
  const box = boxOf(frame, { row: visit.row, level: 0 }, visit.startNs, endOf(visit));
  const band = bandOfRow(frame.geometry, visit.row);
  if (box === null || band?.kind !== 'stage') return;
  const { theme } = frame;
  const paint = theme.stages[band.row.stageKind];
  ctx.fillStyle = visit.failed ? theme.error : paint.solid;
  ctx.fillRect(box.left, box.top, box.right - box.left, box.height);
  outlined(ctx, frame, () => {
    ctx.strokeRect(box.left - 1, box.top - 1, box.right - box.left + 2, box.height + 2);
  });
  const text = formatDurationNs(visit.durationNs);
  const inkPx = ctx.measureText(text).width;
  if (inkPx + TEXT_AIR_PX > box.right - box.left || box.height < 12) return;
  ctx.fillStyle = visit.failed ? theme.background : paint.ink;
  ctx.fillText(text, Math.max(box.left, 0) + TEXT_AIR_PX / 2, box.top + box.height / 2 + 0.5);
}

/** Marks narrower than this are drawn this wide. */
const FOUND_PX = 3;

/** Outlines what a search found on any ground, and the one that is looked at in the focus colour. */
export function drawFound(ctx: Surface, frame: Frame): void {
  const { found, foundAt, theme, range, heightPx } = frame;
  for (const [i, hit] of found.entries()) {
    if (hit.startNs > range.toNs || hit.startNs + hit.durationNs < range.fromNs) continue;
    const box = boxOf(frame, hit, hit.startNs, hit.startNs + hit.durationNs);
    if (box === null || box.top > heightPx || box.top + box.height < 0) continue;
    const width = Math.max(box.right - box.left, FOUND_PX);
    const isLookedAt = i === foundAt;
    const by = isLookedAt ? 1 : 0.5;
    ctx.strokeStyle = theme.background;
    ctx.lineWidth = isLookedAt ? 5 : 3;
    ctx.strokeRect(box.left - by, box.top - by, width + 2 * by, box.height + 2 * by);
    ctx.strokeStyle = isLookedAt ? theme.focus : theme.foreground;
    ctx.lineWidth = isLookedAt ? 3 : 1;
    ctx.strokeRect(box.left - by, box.top - by, width + 2 * by, box.height + 2 * by);
  }
}
