/**
 * Draws the boxes of lanes. States differ in shape and not only in colour, so that a colour-blind reader and a black and
 * white print can tell them apart: busy is solid, blocked hatched, limited dotted, starved hardly there. Boxes are painted once
 * for a picture (`drawLane`), what is written on them anew for each frame (`drawLaneLabels`), so that letters stay sharp and in
 * view however the picture is moved and stretched.
 */
import {
  BoxFlag,
  BoxKind,
  metaFlags,
  metaKind,
  metaLevel,
  metaShare,
} from '../../extension/core/panel/view.js';
import { formatDurationNs } from '../../extension/core/format.js';
import type { LaneBand } from '../timeline/layout.js';
import {
  boxMeta,
  boxName,
  boxWidth,
  boxX,
  type LaneBoxes,
  type Placement,
} from '../timeline/picture.js';
import { fitText, snap, type FillSurface, type Surface } from './surface.js';
import type { StageKind, StagePaint, Theme } from '../theme.js';
import type { Paint } from './tiles.js';

/** Everything that stays the same while the lanes of one stage are drawn. */
export interface LaneBrush {
  readonly theme: Theme;
  readonly stage: StageKind;
  readonly place: Placement;
  readonly widthPx: number;
  readonly dpr: number;
  /** Plot pixel of content pixel 0: minus the scroll position. */
  readonly shiftY: number;
  readonly names: readonly string[];
  /** Of the reply, in reply pixels and nanoseconds: what the widths of its boxes mean. */
  readonly replyPx: number;
  readonly replyNs: number;
}

const MIN_LABEL_PX = 42;
const MIN_LABEL_LEVEL_PX = 13;

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const at = (list: readonly string[], i: number): string => list[i % list.length] ?? '#888888';

function spanPaint(paint: StagePaint, name: string): string {
  let hash = 0;
  for (let i = 0; i < name.length; i += 1) hash = (hash * 31 + name.charCodeAt(i)) >>> 0;
  return at(paint.spans, hash);
}

/** What a box is filled with. */
function boxPaint(brush: LaneBrush, meta: number, name: string): Paint {
  const { theme } = brush;
  const paint = theme.stages[brush.stage];
  switch (metaKind(meta)) {
    case BoxKind.blocked:
      return theme.blocked;
    case BoxKind.starved:
    case BoxKind.cpuIdle:
      return theme.starved;
    case BoxKind.limited:
      return theme.limitedFill;
    case BoxKind.cpu: {
      const isShared = (metaFlags(meta) & BoxFlag.shared) !== 0;
      return isShared ? at(paint.shares, 1) : spanPaint(paint, name);
    }
    default:
      return workPaint(brush, meta, name);
  }
}

/** Of something that ran: an execution, a span, work on a GPU. */
function workPaint(brush: LaneBrush, meta: number, name: string): Paint {
  const { theme } = brush;
  const paint = theme.stages[brush.stage];
  const merged = (metaFlags(meta) & BoxFlag.merged) !== 0;
  if (!merged && (metaFlags(meta) & BoxFlag.error) !== 0) return theme.error;
  if (metaKind(meta) === BoxKind.span) return spanPaint(paint, name);
  const own = metaKind(meta) === BoxKind.gpu ? theme.stages.gpu : paint;
  if (!merged) return own.solid;
  return at(own.shares, Math.round((metaShare(meta) / 255) * (own.shares.length - 1)));
}

/** A number is shown whole or not at all; a name may be cut. */
function labelText(ctx: Surface, box: Box, roomPx: number): string {
  const took = box.durationNs === null ? '' : formatDurationNs(box.durationNs);
  const whole = [box.name, took].filter((part) => part !== '').join(' ');
  return ctx.measureText(whole).width <= roomPx ? whole : fitText(ctx, box.name, roomPx);
}

function drawLabel(ctx: Surface, brush: LaneBrush, cell: Cell, box: Box): void {
  const text = labelText(ctx, box, cell.width - 8);
  if (text === '') return;
  const kind = metaKind(box.meta);
  const isPale = kind === BoxKind.span || kind === BoxKind.cpu;
  const { theme, stage } = brush;
  const own = kind === BoxKind.gpu ? theme.stages.gpu : theme.stages[stage];
  ctx.fillStyle = isPale ? theme.foreground : own.ink;
  ctx.fillText(text, cell.x + 4, cell.y + cell.height / 2 + 0.5);
}

interface Box {
  readonly meta: number;
  /** Of a nested span; empty for the stage itself. */
  readonly name: string;
  /** null: the box is cut by the picture's edge, so its pixels do not tell. */
  readonly durationNs: number | null;
}

/** Where box `i` stands, clipped to the plot so that labels of long boxes stay in view; null: outside of it. */
function cellOf(brush: LaneBrush, band: LaneBand, boxes: LaneBoxes, i: number): Cell | null {
  const { place, widthPx, dpr } = brush;
  const left = boxX(boxes, i) * place.scale + place.offsetPx;
  const right = left + boxWidth(boxes, i) * place.scale;
  if (right < 0 || left > widthPx) return null;
  const x = snap(Math.max(left, -2), dpr);
  const width = Math.max(snap(Math.min(right, widthPx + 2), dpr) - x, 1 / dpr);
  const y = band.yPx + brush.shiftY + metaLevel(boxMeta(boxes, i)) * band.levelPx;
  return { x, y, width, height: band.levelPx - gapOf(band) };
}

/** Between one level and the next. */
const gapOf = (band: LaneBand): number => (band.levelPx >= 4 ? 1 : 0);

/** Height of what a lane does as a whole: its boxes and its columns. */
export const laneHeightPx = (band: LaneBand): number => band.levelPx - gapOf(band);

/** Paints the boxes of one lane. Nothing is drawn narrower than a device pixel. */
export function drawLane(
  ctx: FillSurface,
  brush: LaneBrush,
  band: LaneBand,
  boxes: LaneBoxes,
): void {
  for (let i = 0; i < boxes.count; i += 1) {
    const cell = cellOf(brush, band, boxes, i);
    if (cell === null) continue;
    const meta = boxMeta(boxes, i);
    const merged = (metaFlags(meta) & BoxFlag.merged) !== 0;
    ctx.fillStyle = boxPaint(brush, meta, nameOf(brush, boxName(boxes, i)));
    // A pixel of air behind each execution that has room for it, or a row of short ones would look like one long one.
    const air = !merged && cell.width >= 3 && isWork(meta) ? 1 : 0;
    ctx.fillRect(cell.x, cell.y, cell.width - air, cell.height);
    if (!merged || (metaFlags(meta) & BoxFlag.error) === 0) continue;
    ctx.fillStyle = brush.theme.error;
    const mark = Math.max(1, Math.min(3, cell.height / 3));
    ctx.fillRect(cell.x, cell.y + cell.height - mark, cell.width, mark);
  }
}

/** Writes on the boxes of one lane what there is room for; returns how many texts are left of `budget`. */
export function drawLaneLabels(
  ctx: Surface,
  brush: LaneBrush,
  { band, boxes }: { readonly band: LaneBand; readonly boxes: LaneBoxes },
  budget: number,
): number {
  if (laneHeightPx(band) < MIN_LABEL_LEVEL_PX - 1) return budget;
  let left = budget;
  const minPx = MIN_LABEL_PX / brush.place.scale;
  for (let i = 0; i < boxes.count && left > 0; i += 1) {
    if (boxWidth(boxes, i) < minPx) continue;
    const meta = boxMeta(boxes, i);
    if (!isWork(meta) || (metaFlags(meta) & BoxFlag.merged) !== 0) continue;
    const cell = cellOf(brush, band, boxes, i);
    if (cell === null || cell.width < MIN_LABEL_PX) continue;
    const name = nameOf(brush, boxName(boxes, i));
    drawLabel(ctx, brush, cell, { meta, name, durationNs: durationOf(brush, boxes, i) });
    left -= 1;
  }
  return left;
}

/** An execution, a span, work on a GPU, a function: something with an edge, a name and a duration. */
function isWork(meta: number): boolean {
  const kind = metaKind(meta);
  return (
    kind === BoxKind.busy || kind === BoxKind.span || kind === BoxKind.gpu || kind === BoxKind.cpu
  );
}

function durationOf(brush: LaneBrush, boxes: LaneBoxes, i: number): number | null {
  const [left, width] = [boxX(boxes, i), boxWidth(boxes, i)];
  const whole = left > 0 && left + width < brush.replyPx;
  return whole ? (width / brush.replyPx) * brush.replyNs : null;
}

function nameOf(brush: LaneBrush, index: number): string {
  return index === 0 ? '' : (brush.names[index] ?? '');
}
