/** Draws the time ruler above the rows: ticks, labels, flags of knob changes. */
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import { knobChangeText } from './texts.js';
import { fitText, snap, type Surface } from './surface.js';
import { rulerFor, xOf, type Ruler, type TimeRange } from './timeScale.js';
import type { Theme } from './theme.js';

export interface RulerFrame {
  readonly theme: Theme;
  readonly range: TimeRange;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpr: number;
  readonly knobChanges: PanelSnapshot['knobChanges'];
}

function drawFlags(ctx: Surface, frame: RulerFrame): void {
  const { theme, range, widthPx, heightPx } = frame;
  const marks = frame.knobChanges
    .map((change) => ({ x: xOf(range, widthPx, change.atNs), text: knobChangeText(change) }))
    .filter((m) => m.x > -200 && m.x < widthPx);
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
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, heightPx - 1, widthPx, 1);
  return ruler;
}
