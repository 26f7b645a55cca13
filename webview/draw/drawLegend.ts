/** Draws the legend below a picture that is saved: samples and texts in lines, as the page wraps them. */
import { legendSamples, SAMPLE_PX, type LegendSample, type SampleStyle } from './legendSamples.js';
import type { PictureSurface } from './surface.js';

const LINE_PX = 20;
const PAD_PX = 12;
const GAP_PX = 14;
const INNER_PX = 5;

interface Placed {
  readonly sample: LegendSample;
  readonly x: number;
  readonly line: number;
  /** Of the text before the sample, with the gap behind it. */
  readonly beforePx: number;
}

/** Where the samples stand, and the height of all of them. */
export interface LegendPlan {
  readonly heightPx: number;
  readonly placed: readonly Placed[];
}

/** Places the samples on a width. */
export function planLegend(
  { heatScale }: Pick<SampleStyle, 'heatScale'>,
  widthPx: number,
  measure: (text: string) => number,
): LegendPlan {
  let x = PAD_PX;
  let line = 0;
  const placed = legendSamples(heatScale).map((sample): Placed => {
    const beforePx = sample.before === '' ? 0 : Math.ceil(measure(sample.before)) + INNER_PX;
    const allPx = beforePx + sample.widthPx + INNER_PX + Math.ceil(measure(sample.after));
    if (x > PAD_PX && x + allPx > widthPx - PAD_PX) {
      x = PAD_PX;
      line += 1;
    }
    const place = { sample, x, line, beforePx };
    x += allPx + GAP_PX;
    return place;
  });
  return { placed, heightPx: (line + 1) * LINE_PX + 8 };
}

/** Draws the legend at the origin. */
export function drawLegend(ctx: PictureSurface, plan: LegendPlan, style: SampleStyle): void {
  const { theme } = style;
  ctx.font = theme.font;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const { sample, x, line, beforePx } of plan.placed) {
    const middle = 4 + line * LINE_PX + LINE_PX / 2;
    ctx.fillStyle = theme.dim;
    if (sample.before !== '') ctx.fillText(sample.before, x, middle);
    ctx.fillText(sample.after, x + beforePx + sample.widthPx + INNER_PX, middle);
    ctx.save();
    ctx.translate(x + beforePx, middle - SAMPLE_PX / 2);
    ctx.beginPath();
    ctx.rect(0, 0, sample.widthPx, SAMPLE_PX);
    ctx.clip();
    sample.draw(ctx, style);
    ctx.restore();
  }
}
