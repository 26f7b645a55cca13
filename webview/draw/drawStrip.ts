/**
 * Draws columns: how the time of each was spent, stacked. What is busy stands on the ground, above it blocked (hatched), limited
 * (dotted) and starved (faint); what is left is idle and empty. So a hundred executions in a pixel read as a height, and a
 * zoom out of single boxes keeps the same areas:
 *
 *     ░░░░▒▒▒▒░░        starved, blocked
 *     ░░▓▓▒▒▒▒░░
 *     ▓▓▓▓▓▓▓▓▓▓        busy
 */
import {
  stripBlocked,
  stripBusy,
  stripFlags,
  StripFlag,
  stripLimited,
  stripStarved,
} from '../../extension/core/panel/view.js';
import type { Placement, StripColumns } from '../timeline/picture.js';
import type { FillSurface } from './surface.js';
import type { Theme } from '../theme.js';
import type { Paint } from './tiles.js';

/** Where the columns are drawn, in CSS pixels. */
export interface StripPlot {
  readonly theme: Theme;
  /** Of what is busy. */
  readonly busy: Paint;
  readonly place: Placement;
  readonly widthPx: number;
  readonly dpr: number;
  readonly yPx: number;
  readonly heightPx: number;
}

/** Heights of one pixel column from the ground up, in device pixels. */
interface Stack {
  busy: number;
  blocked: number;
  limited: number;
  starved: number;
  hasError: boolean;
}

/** Adds up what the columns under one pixel show, each as much as it covers of it. */
class PixelSum {
  busy = 0;
  blocked = 0;
  limited = 0;
  starved = 0;
  flags = 0;

  take(words: Uint32Array, from: number, to: number): void {
    this.busy = this.blocked = this.limited = this.starved = this.flags = 0;
    const first = Math.max(Math.floor(from), 0);
    const end = Math.min(Math.ceil(to), words.length);
    for (let i = first; i < end; i += 1) {
      const word = words[i] ?? 0;
      if (word === 0) continue;
      const weight = (Math.min(i + 1, to) - Math.max(i, from)) / (to - from);
      this.busy += weight * stripBusy(word);
      this.blocked += weight * stripBlocked(word);
      this.limited += weight * stripLimited(word);
      this.starved += weight * stripStarved(word);
      this.flags |= stripFlags(word);
    }
  }

  /** Heights that never reach over the top; anything that is there at all is at least a pixel high. */
  stack(height: number): Stack {
    let left = height;
    const part = (share: number): number => {
      const wanted = share <= 0 ? 0 : Math.max(Math.round(share * height), share > 0.002 ? 1 : 0);
      const got = Math.min(wanted, left);
      left -= got;
      return got;
    };
    return {
      busy: part(this.busy),
      blocked: part(this.blocked),
      limited: part(this.limited),
      starved: part(this.starved),
      hasError: (this.flags & StripFlag.error) !== 0,
    };
  }
}

function isSame(a: Stack, b: Stack): boolean {
  return (
    a.busy === b.busy &&
    a.blocked === b.blocked &&
    a.limited === b.limited &&
    a.starved === b.starved &&
    a.hasError === b.hasError
  );
}

function isEmpty({ busy, blocked, limited, starved }: Stack): boolean {
  return busy + blocked + limited + starved === 0;
}

/** Draws all columns on screen; neighbours that look the same become one stack. */
export function drawStrip(ctx: FillSurface, plot: StripPlot, strip: StripColumns): void {
  const { place, dpr } = plot;
  // In device pixels: column i of the strip stands at i * scale + offset.
  const scale = place.scale * dpr;
  const offset = (place.offsetPx + strip.first * place.scale) * dpr;
  const from = Math.max(Math.floor(offset), 0);
  const to = Math.min(Math.ceil(offset + strip.words.length * scale), plot.widthPx * dpr);
  const height = Math.round(plot.heightPx * dpr);
  const sum = new PixelSum();
  const stackAt = (pixel: number): Stack => {
    sum.take(strip.words, (pixel - offset) / scale, (pixel + 1 - offset) / scale);
    return sum.stack(height);
  };
  for (let start = from; start < to;) {
    const stack = stackAt(start);
    let end = start + 1;
    while (end < to && isSame(stackAt(end), stack)) end += 1;
    if (!isEmpty(stack)) drawStack(ctx, plot, stack, [start / dpr, end / dpr]);
    start = end;
  }
}

function drawStack(
  ctx: FillSurface,
  plot: StripPlot,
  stack: Stack,
  [left, right]: readonly [number, number],
): void {
  const { theme, dpr } = plot;
  let y = plot.yPx + plot.heightPx;
  const layer = (pixels: number, paint: Paint): void => {
    if (pixels === 0) return;
    const height = pixels / dpr;
    y -= height;
    ctx.fillStyle = paint;
    ctx.fillRect(left, y, right - left, height);
  };
  layer(stack.busy, plot.busy);
  layer(stack.blocked, theme.blocked);
  layer(stack.limited, theme.limitedFill);
  layer(stack.starved, theme.starved);
  if (!stack.hasError) return;
  const mark = Math.max(1, Math.min(3, plot.heightPx / 3));
  ctx.fillStyle = theme.error;
  ctx.fillRect(left, plot.yPx + plot.heightPx - mark, right - left, mark);
}
