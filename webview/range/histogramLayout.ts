/**
 * Where the bars of a histogram of durations stand. Pure; drawing, hover and keyboard share it.
 *
 *      p50      p95 p99      labels of the percentiles, MARKS_PX
 *       │▂▇█▇▅▃▂ │  │  ▏▃    bars; behind a gap, one bar for all that took longer than the last edge
 *      0     10 ms    20 ms  labels of the axis, AXIS_PX
 */
import { formatCount, formatDurationNs, formatPercent } from '../../extension/core/format.js';
import type { DurationHistogram } from '../../extension/core/panel/query.js';

/** How the height of a bar follows from its count. */
export type CountScale = 'linear' | 'log';

export interface Bar {
  readonly x: number;
  readonly widthPx: number;
  readonly topPx: number;
  readonly heightPx: number;
  readonly count: number;
}

export interface HistogramLayout {
  /** One a bin, and one more where executions took longer than the last edge. */
  readonly bars: readonly Bar[];
  readonly topPx: number;
  readonly bottomPx: number;
  /** Pixel of a duration; the last edge for everything beyond. */
  readonly xOf: (durationNs: number) => number;
}

export const MARKS_PX = 16;
export const AXIS_PX = 17;
/** The bar of what is beyond, and the gap before it. */
const BEYOND_PX = 9;
const GAP_PX = 6;
/** Bars that are not nothing can be seen. */
const LEAST_PX = 1.5;

/** A height between 0 and 1. */
function heightOf(count: number, most: number, scale: CountScale): number {
  if (count === 0 || most === 0) return 0;
  return scale === 'linear' ? count / most : Math.log1p(count) / Math.log1p(most);
}

/** Places the bars in a picture of that size. */
export function layoutHistogram(
  { edgesNs, counts, beyond }: DurationHistogram,
  size: { readonly widthPx: number; readonly heightPx: number },
  scale: CountScale,
): HistogramLayout {
  const [low, high] = [edgesNs[0] ?? 0, edgesNs.at(-1) ?? 1];
  const plotPx = Math.max(size.widthPx - (beyond > 0 ? BEYOND_PX + GAP_PX : 0), 1);
  const topPx = MARKS_PX;
  const bottomPx = size.heightPx - AXIS_PX;
  const most = Math.max(...counts, beyond, 1);
  const xOf = (ns: number): number =>
    Math.min(Math.max((ns - low) / Math.max(high - low, 1), 0), 1) * plotPx;
  const bar = (count: number, x: number, widthPx: number): Bar => {
    const share = heightOf(count, most, scale);
    const heightPx = share === 0 ? 0 : Math.max(share * (bottomPx - topPx), LEAST_PX);
    return { x, widthPx, topPx: bottomPx - heightPx, heightPx, count };
  };
  const bars = counts.map((count, i) => {
    const x = xOf(edgesNs[i] ?? low);
    return bar(count, x, xOf(edgesNs[i + 1] ?? high) - x);
  });
  if (beyond > 0) bars.push(bar(beyond, plotPx + GAP_PX, BEYOND_PX));
  return { bars, topPx, bottomPx, xOf };
}

/** The bar whose place is nearest to a pixel; null: there is none at all. */
export function barAt({ bars }: HistogramLayout, x: number): number | null {
  const at = bars.findIndex((b) => x < b.x + b.widthPx);
  if (at !== -1) return at;
  return bars.length === 0 ? null : bars.length - 1;
}

/** All executions of a histogram. */
export const totalOf = ({ counts, beyond }: DurationHistogram): number =>
  counts.reduce((sum, n) => sum + n, beyond);

/** `8 ms – 8.5 ms`, `longer than 30 ms` */
export function binText({ edgesNs }: DurationHistogram, bin: number): string {
  const [from, to] = [edgesNs[bin], edgesNs[bin + 1]];
  if (from === undefined || to === undefined) {
    return `longer than ${formatDurationNs(edgesNs.at(-1) ?? 0)}`;
  }
  return `${formatDurationNs(from)} – ${formatDurationNs(to)}`;
}

/** `8 ms – 8.5 ms: 132 of 1,204 (11%)` */
export function barText(histogram: DurationHistogram, bin: number): string {
  const count = histogram.counts[bin] ?? histogram.beyond;
  const total = totalOf(histogram);
  const share = total === 0 ? '' : ` (${formatPercent(count / total)})`;
  return `${binText(histogram, bin)}: ${formatCount(count)} of ${formatCount(total)}${share}`;
}

/** The histogram in a sentence, for readers who do not see it. */
export function histogramSentence(histogram: DurationHistogram): string {
  const { edgesNs, counts, beyond } = histogram;
  const most = counts.indexOf(Math.max(...counts));
  const total = totalOf(histogram);
  if (total === 0) return 'No execution ended in the range.';
  const span = `${formatDurationNs(edgesNs[0] ?? 0)} to ${formatDurationNs(edgesNs.at(-1) ?? 0)}`;
  const rest = beyond === 0 ? '' : `; ${formatCount(beyond)} took longer`;
  const count = formatCount(counts[most] ?? 0);
  return `${formatCount(total)} executions took ${span}${rest}. Most of them, ${count}, took ${binText(histogram, most)}.`;
}
