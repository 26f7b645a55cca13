/** The stretch that figures are shown of: where it can be grasped, and what becomes of it. All pure. */
import { fitRange, spanOf, timeAt, xOf, type TimeRange } from '../timeline/timeScale.js';

/** How near to an edge the pointer has to be to grasp it. */
export const EDGE_PX = 5;
/** A stretch is never shorter: there are no figures of less. */
export const MIN_MARKED_NS = 1;

/** An edge, or the stretch as a whole. */
export type Grip = 'from' | 'to' | 'inside';

/** What a marked stretch is measured against: the window, its width and the whole session. */
export interface MarkWindow {
  readonly range: TimeRange;
  readonly extent: TimeRange;
  readonly widthPx: number;
}

/** What of a marked stretch is at a pixel; null: nothing. Of two edges that are close together the nearer one. */
export function gripAt(marked: TimeRange | null, window: MarkWindow, x: number): Grip | null {
  if (marked === null) return null;
  const from = xOf(window.range, window.widthPx, marked.fromNs);
  const to = xOf(window.range, window.widthPx, marked.toNs);
  const [toFrom, toTo] = [Math.abs(x - from), Math.abs(x - to)];
  if (Math.min(toFrom, toTo) <= EDGE_PX) return toFrom < toTo ? 'from' : 'to';
  return x > from && x < to ? 'inside' : null;
}

/** All that can be marked: the air beside the session has no figures. */
const wholeOf = (extent: TimeRange): TimeRange => (spanOf(extent) > 0 ? extent : fitRange(extent));

/** Between two moments, in either order, and not beyond the session. */
export function stretchBetween(aNs: number, bNs: number, extent: TimeRange): TimeRange {
  const whole = wholeOf(extent);
  const held = (ns: number): number => Math.min(Math.max(ns, whole.fromNs), whole.toNs);
  const fromNs = Math.min(held(Math.min(aNs, bNs)), whole.toNs - MIN_MARKED_NS);
  return { fromNs, toNs: Math.max(held(Math.max(aNs, bNs)), fromNs + MIN_MARKED_NS) };
}

/** The marked stretch while the pointer is dragged to `x`. */
export type MarkDrag = (x: number, window: MarkWindow) => TimeRange;

/** A new stretch, from a pixel on. */
export function newMark(x: number, window: MarkWindow): MarkDrag {
  const startNs = timeAt(window.range, window.widthPx, x);
  return (toX, now) => stretchBetween(startNs, timeAt(now.range, now.widthPx, toX), now.extent);
}

/** One edge is moved, beyond the other one if need be; or the whole stretch, which keeps its length. */
export function movedMark(marked: TimeRange, grip: Grip, x: number, window: MarkWindow): MarkDrag {
  const startNs = timeAt(window.range, window.widthPx, x);
  return (toX, now) => {
    const byNs = timeAt(now.range, now.widthPx, toX) - startNs;
    const { fromNs, toNs } = marked;
    if (grip === 'from') return stretchBetween(fromNs + byNs, toNs, now.extent);
    if (grip === 'to') return stretchBetween(fromNs, toNs + byNs, now.extent);
    const whole = wholeOf(now.extent);
    const span = Math.min(spanOf(marked), spanOf(whole));
    const at = Math.min(Math.max(fromNs + byNs, whole.fromNs), whole.toNs - span);
    return { fromNs: at, toNs: at + span };
  };
}
