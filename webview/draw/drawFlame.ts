/** Draws boxes of a call tree. Pure drawing: boxes in, calls of a canvas out. */
import { bestInk } from '../contrast.js';
import { FLAME_ROW_PX, type FlameBox } from '../flame/flameBoxes.js';
import { functionOf, totalNs, type FlameTree } from '../flame/flameTree.js';
import { formatPercent } from '../../extension/core/format.js';
import { fitText, snap, type Surface } from './surface.js';
import type { StageKind, Theme } from '../theme.js';

export interface FlameFrame {
  readonly theme: Theme;
  readonly tree: FlameTree;
  readonly focus: number;
  readonly boxes: readonly FlameBox[];
  /** The stage's kind gives the colour. */
  readonly stage: StageKind;
  /** By function; null: nothing is searched for. */
  readonly matches: Uint8Array | null;
  /** Nodes with a frame around them: where the keyboard is, what the pointer is on. */
  readonly cursor: number | null;
  readonly hovered: number | null;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly scrollPx: number;
  readonly dpr: number;
}

const MIN_LABEL_PX = 24;

interface Paper {
  readonly fill: string;
  readonly ink: string;
}

/** Colours that functions have, with one ink for all of them. */
function papersOf({ stages, foreground, background }: Theme, stage: StageKind): readonly Paper[] {
  const { spans } = stages[stage];
  const ink = bestInk(spans, [foreground, background, '#101010', '#ffffff']);
  return spans.map((fill) => ({ fill, ink }));
}

function hashOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i += 1) hash = (hash * 31 + name.charCodeAt(i)) >>> 0;
  return hash;
}

function isMatch({ tree, matches }: FlameFrame, node: number): boolean {
  return matches !== null && matches[tree.columns.function[node] ?? -1] === 1;
}

function paperOf(frame: FlameFrame, papers: readonly Paper[], { node, isMerged }: FlameBox): Paper {
  const { theme, tree, stage } = frame;
  if (isMatch(frame, node))
    return { fill: theme.stages[stage].solid, ink: theme.stages[stage].ink };
  const of = functionOf(tree, node);
  const rest = { fill: theme.starved, ink: theme.foreground };
  if (of === null || isMerged) return rest;
  return papers[hashOf(of.name) % papers.length] ?? rest;
}

/** `all`, `parse`, `parse 42%` where there is room. */
function labelOf(ctx: Surface, { tree }: FlameFrame, node: number, roomPx: number): string {
  const name = functionOf(tree, node)?.name ?? 'all';
  const share = formatPercent(totalNs(tree, node) / Math.max(totalNs(tree, 0), 1));
  const whole = `${name} ${share}`;
  return ctx.measureText(whole).width <= roomPx ? whole : fitText(ctx, name, roomPx);
}

/** Steps back behind what is zoomed to, or what was searched for. */
function isPale(frame: FlameFrame, { row, node }: FlameBox): boolean {
  const { tree, focus, matches } = frame;
  return row < (tree.depth[focus] ?? 0) || (matches !== null && !isMatch(frame, node));
}

function drawBox(ctx: Surface, frame: FlameFrame, box: FlameBox, papers: readonly Paper[]): void {
  const { theme, dpr, scrollPx } = frame;
  const x = snap(box.x, dpr);
  const y = box.row * FLAME_ROW_PX - scrollPx;
  const width = Math.max(snap(box.x + box.width, dpr) - x, 1 / dpr);
  const air = width >= 3 ? 1 : 0;
  const { fill, ink } = paperOf(frame, papers, box);
  const pale = isPale(frame, box);
  const paint = (style: string, top: number, heightPx: number): void => {
    ctx.fillStyle = style;
    ctx.fillRect(x, top, width - air, heightPx);
  };
  paint(fill, y, FLAME_ROW_PX - 1);
  // Found ones are told by more than their colour.
  if (isMatch(frame, box.node)) paint(theme.foreground, y + FLAME_ROW_PX - 4, 3);
  if (pale) paint(theme.veil, y, FLAME_ROW_PX - 1);
  if (width < MIN_LABEL_PX || box.isMerged) return;
  const text = labelOf(ctx, frame, box.node, width - 8);
  ctx.fillStyle = pale ? theme.dim : ink;
  if (text !== '') ctx.fillText(text, x + 4, y + FLAME_ROW_PX / 2);
}

function drawMark(
  ctx: Surface,
  { boxes, scrollPx, dpr }: FlameFrame,
  node: number | null,
  paint: string,
): void {
  const box = boxes.find((b) => b.node === node);
  if (box === undefined) return;
  ctx.strokeStyle = paint;
  const y = box.row * FLAME_ROW_PX - scrollPx;
  ctx.strokeRect(snap(box.x, dpr) + 1, y + 1, Math.max(box.width - 3, 1), FLAME_ROW_PX - 3);
}

/** Draws everything. */
export function drawFlame(ctx: Surface, frame: FlameFrame): void {
  const { theme, stage, boxes, widthPx, heightPx } = frame;
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, widthPx, heightPx);
  ctx.font = theme.font;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const papers = papersOf(theme, stage);
  for (const box of boxes) drawBox(ctx, frame, box, papers);
  ctx.lineWidth = 2;
  drawMark(ctx, frame, frame.hovered, theme.foreground);
  drawMark(ctx, frame, frame.cursor, theme.focus);
}
