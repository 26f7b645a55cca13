/** Draws the time ruler above the rows: ticks, labels, flags of knob changes. */
import { formatDurationNs } from '../../extension/core/format.js';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import { knobChangeText, knobValue } from '../texts.js';
import { fitText, snap, type Surface } from './surface.js';
import { rulerFor, spanOf, xOf, type Ruler, type TimeRange } from '../timeline/timeScale.js';
import type { Theme } from '../theme.js';

export interface RulerFrame {
  readonly theme: Theme;
  readonly range: TimeRange;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpr: number;
  readonly knobChanges: PanelSnapshot['knobChanges'];
  /** The stretch that figures are shown of. */
  readonly marked: TimeRange | null;
}

/** A flag: changes of one knob that stand closer than this are one, from the first value to the last. */
const ONE_FLAG_PX = 28;

interface Flag {
  readonly x: number;
  readonly text: string;
}

type Change = PanelSnapshot['knobChanges'][number];

/** A slider that is drawn and a trial change a knob many times: what they come to is one flag, unless one zooms in. */
export function flagsOf({
  knobChanges,
  range,
  widthPx,
}: Pick<RulerFrame, 'knobChanges' | 'range' | 'widthPx'>): readonly Flag[] {
  const groups: Change[][] = [];
  let lastX = -Infinity;
  for (const change of knobChanges) {
    const x = xOf(range, widthPx, change.atNs);
    const group = groups.at(-1);
    const isSame = group?.at(-1)?.knob === change.knob && x - lastX < ONE_FLAG_PX;
    if (group !== undefined && isSame) group.push(change);
    else groups.push([change]);
    lastX = x;
  }
  return groups.flatMap((group) => {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) return [];
    const isBack = group.length > 1 && first.from === last.to;
    const text = isBack
      ? `${first.name} ${knobValue(first.from)} ⇄ ${knobValue(first.to)}`
      : knobChangeText({ ...first, to: last.to });
    return [{ x: xOf(range, widthPx, first.atNs), text }];
  });
}

function drawFlags(ctx: Surface, frame: RulerFrame): void {
  const { theme, widthPx, heightPx } = frame;
  const marks = flagsOf(frame).filter((m) => m.x > -200 && m.x < widthPx);
  for (const [i, mark] of marks.entries()) {
    // A flag ends where the next one starts.
    const room = Math.min((marks[i + 1]?.x ?? Infinity) - mark.x - 2, widthPx - mark.x, 240);
    const text = fitText(ctx, mark.text, room - 8);
    const width = text === '' ? 3 : ctx.measureText(text).width + 8;
    ctx.fillStyle = theme.warning;
    ctx.fillRect(mark.x, 2, width, heightPx - 3);
    ctx.fillStyle = theme.flagInk;
    if (text !== '') ctx.fillText(text, mark.x + 4, heightPx / 2 + 0.5);
  }
}

/** Height of the grips at the edges of what is marked. */
const GRIP_PX = 11;

/** The marked stretch as a band between two grips, with its length on it where there is room. */
function drawMarked(ctx: Surface, frame: RulerFrame): void {
  const { theme, range, widthPx, heightPx, dpr, marked } = frame;
  if (marked === null) return;
  const clip = (x: number): number => Math.min(Math.max(x, -4), widthPx + 4);
  const left = snap(clip(xOf(range, widthPx, marked.fromNs)), dpr);
  const right = Math.max(snap(clip(xOf(range, widthPx, marked.toNs)), dpr), left + 1);
  ctx.fillStyle = theme.markedBand;
  ctx.fillRect(left, 1, right - left, heightPx - 2);
  ctx.fillStyle = theme.focus;
  ctx.fillRect(left, heightPx - 3, right - left, 2);
  for (const x of [left - 1, right]) {
    ctx.fillRect(x, 0, 1, heightPx);
    ctx.fillRect(x - 1, (heightPx - GRIP_PX) / 2, 3, GRIP_PX);
  }
  const text = formatDurationNs(spanOf(marked));
  const inkPx = ctx.measureText(text).width;
  const [from, to] = [Math.max(left, 0), Math.min(right, widthPx)];
  if (to - from < inkPx + 12) return;
  const x = (from + to - inkPx) / 2;
  ctx.fillStyle = theme.background;
  ctx.fillRect(x - 4, 4, inkPx + 8, heightPx - 8);
  ctx.fillStyle = theme.foreground;
  ctx.fillText(text, x, heightPx / 2 + 0.5);
}

/** Draws the ruler; returns it, because the header beside it shows the base of its labels. */
export function drawRuler(ctx: Surface, frame: RulerFrame): Ruler {
  const { theme, range, widthPx, heightPx, dpr } = frame;
  const ruler = rulerFor(range, widthPx);
  ctx.font = theme.font;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, widthPx, heightPx);
  for (const tick of ruler.ticks) {
    const x = snap(xOf(range, widthPx, tick.atNs), dpr);
    ctx.fillStyle = theme.dim;
    ctx.fillRect(x, heightPx - 6, 1, 6);
    const inkPx = ctx.measureText(tick.label).width;
    if (x + 4 + inkPx <= widthPx) ctx.fillText(tick.label, x + 4, heightPx / 2 + 0.5);
  }
  drawFlags(ctx, frame);
  drawMarked(ctx, frame);
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, heightPx - 1, widthPx, 1);
  return ruler;
}
