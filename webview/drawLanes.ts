/**
 * Draws the boxes of lanes. States differ in shape and not only in colour, so that a colour-blind reader and a black and
 * white print can tell them apart: busy is solid, blocked hatched, starved a thin line, limited a dotted line.
 */
import {
  BoxFlag,
  BoxKind,
  metaFlags,
  metaKind,
  metaLevel,
  metaShare,
} from '../extension/core/panel/messages.js';
import { formatDurationNs } from '../extension/core/format.js';
import type { LaneBand } from './layout.js';
import { boxMeta, boxName, boxWidth, boxX, type LaneBoxes, type Placement } from './picture.js';
import { fitText, snap, strokeLine, type Surface } from './surface.js';
import type { Paint, StageKind, StagePaint, Theme } from './theme.js';

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

/** The colour of a box that is filled; waits that are lines are drawn apart. */
function boxPaint(brush: LaneBrush, meta: number, name: string): Paint {
  const { theme } = brush;
  const paint = theme.stages[brush.stage];
  if (metaKind(meta) === BoxKind.blocked) return theme.blocked;
  const merged = (metaFlags(meta) & BoxFlag.merged) !== 0;
  if (!merged && (metaFlags(meta) & BoxFlag.error) !== 0) return theme.error;
  if (metaKind(meta) === BoxKind.span) return spanPaint(paint, name);
  if (metaKind(meta) === BoxKind.cpu) {
    const isShared = (metaFlags(meta) & BoxFlag.shared) !== 0;
    return isShared ? at(paint.shares, 1) : spanPaint(paint, name);
  }
  const own = metaKind(meta) === BoxKind.gpu ? theme.stages.gpu : paint;
  if (!merged) return own.solid;
  return at(own.shares, Math.round((metaShare(meta) / 255) * (own.shares.length - 1)));
}

function drawLine(ctx: Surface, cell: Cell, paint: string, dotted: boolean): void {
  const y = cell.y + cell.height / 2;
  const thickness = Math.min(2, Math.max(1, cell.height / 4));
  if (!dotted) {
    ctx.fillStyle = paint;
    ctx.fillRect(cell.x, y - thickness / 2, cell.width, thickness);
    return;
  }
  ctx.strokeStyle = paint;
  ctx.lineWidth = thickness + 1;
  ctx.setLineDash([2, 3]);
  strokeLine(ctx, [cell.x, y], [cell.x + cell.width, y]);
  ctx.setLineDash([]);
}

/** A number is shown whole or not at all; a name may be cut. */
function labelText(ctx: Surface, box: Box, roomPx: number): string {
  const took = box.durationNs === null ? '' : formatDurationNs(box.durationNs);
  const whole = [box.name, took].filter((part) => part !== '').join(' ');
  return ctx.measureText(whole).width <= roomPx ? whole : fitText(ctx, box.name, roomPx);
}

function label(ctx: Surface, brush: LaneBrush, cell: Cell, box: Box): void {
  const paint = brush.theme.stages[brush.stage];
  const text = labelText(ctx, box, cell.width - 8);
  if (text === '') return;
  const kind = metaKind(box.meta);
  const isPale = kind === BoxKind.span || kind === BoxKind.cpu;
  ctx.fillStyle = isPale ? brush.theme.foreground : paint.ink;
  ctx.fillText(text, cell.x + 4, cell.y + cell.height / 2 + 0.5);
}

function drawFilled(ctx: Surface, brush: LaneBrush, cell: Cell, box: Box): void {
  const { meta, name } = box;
  const merged = (metaFlags(meta) & BoxFlag.merged) !== 0;
  ctx.fillStyle = boxPaint(brush, meta, name);
  // A pixel of air behind each execution that has room for it, or a row of short ones would look like one long one.
  const air = !merged && cell.width >= 3 ? 1 : 0;
  ctx.fillRect(cell.x, cell.y, cell.width - air, cell.height);
  if (merged && (metaFlags(meta) & BoxFlag.error) !== 0) {
    ctx.fillStyle = brush.theme.error;
    const mark = Math.max(1, Math.min(3, cell.height / 3));
    ctx.fillRect(cell.x, cell.y + cell.height - mark, cell.width, mark);
  }
  const roomy = cell.width >= MIN_LABEL_PX && cell.height >= MIN_LABEL_LEVEL_PX - 1;
  if (roomy && !merged && metaKind(meta) !== BoxKind.blocked) label(ctx, brush, cell, box);
}

interface Box {
  readonly meta: number;
  /** Of a nested span; empty for the stage itself. */
  readonly name: string;
  /** null: the box is cut by the picture's edge, so its pixels do not tell. */
  readonly durationNs: number | null;
}

function drawBox(ctx: Surface, brush: LaneBrush, cell: Cell, box: Box): void {
  switch (metaKind(box.meta)) {
    case BoxKind.starved:
    case BoxKind.cpuIdle:
      drawLine(ctx, cell, brush.theme.starved, false);
      return;
    case BoxKind.limited:
      drawLine(ctx, cell, brush.theme.limited, true);
      return;
    default:
      drawFilled(ctx, brush, cell, box);
  }
}

/** Draws one lane. Boxes outside of the plot are skipped; nothing is drawn narrower than a device pixel. */
export function drawLane(ctx: Surface, brush: LaneBrush, band: LaneBand, boxes: LaneBoxes): void {
  const { place, widthPx, dpr } = brush;
  const gap = band.levelPx >= 4 ? 1 : 0;
  for (let i = 0; i < boxes.count; i += 1) {
    const left = boxX(boxes, i) * place.scale + place.offsetPx;
    const right = left + boxWidth(boxes, i) * place.scale;
    if (right < 0 || left > widthPx) continue;
    const meta = boxMeta(boxes, i);
    // Clipped to the plot: labels of long boxes stay in view and dashes are not counted from far outside.
    const x = snap(Math.max(left, -2), dpr);
    const width = Math.max(snap(Math.min(right, widthPx + 2), dpr) - x, 1 / dpr);
    const y = band.yPx + brush.shiftY + metaLevel(meta) * band.levelPx;
    const cell = { x, y, width, height: band.levelPx - gap };
    drawBox(ctx, brush, cell, {
      meta,
      name: nameOf(brush, boxName(boxes, i)),
      durationNs: durationOf(brush, boxes, i),
    });
  }
}

function durationOf(brush: LaneBrush, boxes: LaneBoxes, i: number): number | null {
  const [left, width] = [boxX(boxes, i), boxWidth(boxes, i)];
  const whole = left > 0 && left + width < brush.replyPx;
  return whole ? (width / brush.replyPx) * brush.replyNs : null;
}

function nameOf(brush: LaneBrush, index: number): string {
  return index === 0 ? '' : (brush.names[index] ?? '');
}
