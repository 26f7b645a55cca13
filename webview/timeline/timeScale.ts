/**
 * The time axis: a range of nanoseconds over a width in pixels, and what pan and zoom do to it. All pure; `x` is in CSS
 * pixels from the left edge of the plot.
 */
import { formatDurationNs } from '../../extension/core/format.js';

/** A half-open stretch of the session, in nanoseconds since its first record; `toNs > fromNs`. */
export interface TimeRange {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Nobody needs to see less than this: the clock itself is no finer than tens of nanoseconds. */
export const MIN_SPAN_NS = 1000;

export const spanOf = (range: TimeRange): number => range.toNs - range.fromNs;

/** Pixel of a moment. */
export function xOf(range: TimeRange, widthPx: number, atNs: number): number {
  return ((atNs - range.fromNs) / spanOf(range)) * widthPx;
}

/** Moment at a pixel: the inverse of `xOf`. */
export function timeAt(range: TimeRange, widthPx: number, x: number): number {
  return range.fromNs + (x / widthPx) * spanOf(range);
}

/** The whole session with a little air on both sides, so that the first and the last box do not stick to the edge. */
export function fitRange(extent: TimeRange): TimeRange {
  const spanNs = Math.max(spanOf(extent), MIN_SPAN_NS);
  const air = spanNs * 0.01;
  return { fromNs: extent.fromNs - air, toNs: extent.fromNs + spanNs + air };
}

/**
 * Keeps a range inside the session: not wider than all of it, not narrower than `MIN_SPAN_NS`, and moved (never
 * stretched) back in when it hangs over an edge.
 */
export function clampRange(range: TimeRange, extent: TimeRange): TimeRange {
  const whole = fitRange(extent);
  const span = Math.min(Math.max(spanOf(range), MIN_SPAN_NS), spanOf(whole));
  const from = Math.min(Math.max(range.fromNs, whole.fromNs), whole.toNs - span);
  return { fromNs: from, toNs: from + span };
}

/** Scales the span by `factor` (below 1 zooms in) and leaves the moment `atNs` under the pixel that it is under. */
export function zoomAround(range: TimeRange, atNs: number, factor: number): TimeRange {
  const span = spanOf(range);
  const next = Math.max(span * factor, MIN_SPAN_NS);
  const share = (atNs - range.fromNs) / span;
  const from = atNs - share * next;
  return { fromNs: from, toNs: from + next };
}

/** Moves the range by a share of its span; positive looks at later times. */
export function panBy(range: TimeRange, share: number): TimeRange {
  const by = spanOf(range) * share;
  return { fromNs: range.fromNs + by, toNs: range.toNs + by };
}

const SECOND_NS = 1e9;
const MINUTE_NS = 60 * SECOND_NS;
/** Steps above a second that a person divides time by; decimal steps would give labels like 100 s = 1:40. */
const COARSE_STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400,
];

/** The smallest readable step that puts at most `count` ticks on `spanNs`: 1, 2 or 5 times a power of ten below 1 s. */
export function tickStepNs(spanNs: number, count: number): number {
  const least = Math.max(spanNs / Math.max(count, 1), 1);
  if (least > 0.5 * SECOND_NS) {
    const step = COARSE_STEPS_S.find((s) => s * SECOND_NS >= least);
    return (step ?? Math.ceil(least / (86_400 * SECOND_NS)) * 86_400) * SECOND_NS;
  }
  const power = 10 ** Math.floor(Math.log10(least));
  const multiple = [1, 2, 5, 10].find((m) => m * power >= least * (1 - 1e-9)) ?? 10;
  return multiple * power;
}

/** Ticks of a ruler. `base` is what every label is relative to; null: the session's start. */
export interface Ruler {
  readonly stepNs: number;
  readonly base: { readonly atNs: number; readonly label: string } | null;
  readonly ticks: readonly { readonly atNs: number; readonly label: string }[];
}

function decimalsFor(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

/** `12 s`, `0.25 s`, `2:05`, `1:00:05`: a moment of the session, with as many digits as `stepNs` makes different. */
export function momentLabel(atNs: number, stepNs: number): string {
  const sign = atNs < -0.5 ? '−' : '';
  const abs = Math.abs(atNs);
  const decimals = decimalsFor(stepNs / SECOND_NS);
  if (abs < MINUTE_NS) return `${sign}${(abs / SECOND_NS).toFixed(decimals)} s`;
  // Rounded first, so that 119.9996 does not become 1:60.
  const totalS = Number((abs / SECOND_NS).toFixed(decimals));
  const hours = Math.floor(totalS / 3600);
  const minutes = Math.floor(totalS / 60) % 60;
  const digits = decimals === 0 ? 2 : decimals + 3;
  const seconds = (totalS % 60).toFixed(decimals).padStart(digits, '0');
  const head = hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}` : String(minutes);
  return `${sign}${head}:${seconds}`;
}

function offsetLabel(offsetNs: number, stepNs: number): string {
  const [unit, name] = stepNs >= 1e3 ? [1e3, 'µs'] : [1, 'ns'];
  return `+${(offsetNs / unit).toFixed(decimalsFor(stepNs / unit))} ${name}`;
}

/**
 * Ticks for a range. Above a millisecond labels count from the session's start; below, `12.483120 s` on each tick would
 * hide what differs, so labels are offsets from a base that the ruler shows once.
 */
export function rulerFor(range: TimeRange, widthPx: number, pxPerTick = 110): Ruler {
  const stepNs = tickStepNs(spanOf(range), Math.max(1, Math.floor(widthPx / pxPerTick)));
  const baseUnitNs = stepNs >= 1e3 ? 1e6 : 1e3;
  const fine = stepNs < 1e6;
  const baseNs = fine ? Math.floor(range.fromNs / baseUnitNs) * baseUnitNs : 0;
  const first = Math.ceil((range.fromNs - baseNs) / stepNs);
  const last = Math.floor((range.toNs - baseNs) / stepNs);
  const ticks = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const offsetNs = (first + i) * stepNs;
    const label = fine ? offsetLabel(offsetNs, stepNs) : momentLabel(offsetNs, stepNs);
    return { atNs: baseNs + offsetNs, label };
  });
  const base = fine ? { atNs: baseNs, label: momentLabel(baseNs, baseUnitNs) } : null;
  return { stepNs, base, ticks };
}

/** Both ends of a range, with as many digits as make steps of this size different, or finer ones. */
function endsOf(range: TimeRange, stepNs: number): readonly [from: string, to: string] {
  const step = Math.min(10 ** Math.floor(Math.log10(Math.max(stepNs, 1))), SECOND_NS);
  return [momentLabel(range.fromNs, step), momentLabel(range.toNs, step)];
}

/** `4.6 s – 16.5 s`: fine enough for its length to be seen in it. */
export function momentPair(range: TimeRange): string {
  return endsOf(range, spanOf(range) / 30).join(' – ');
}

/** `12.483 s … 12.495 s (12 ms)`: a range for readers of text. */
export function rangeLabel(range: TimeRange): string {
  return `${endsOf(range, spanOf(range) / 10).join(' … ')} (${formatDurationNs(spanOf(range))})`;
}
