/** Brings something into view: pans, zooms and scrolls no more than is needed to see it. */
import type { PanelHandle } from '../handle.js';
import { placeOfRow, type Geometry } from './layout.js';
import { withNavigation } from '../state.js';
import { spanOf, type TimeRange } from './timeScale.js';
import type { TimelineView } from './timelineView.js';

/** What shall be seen. */
export interface Sought {
  /** null: the rows at any time. */
  readonly range: TimeRange | null;
  readonly rows: readonly { readonly row: number; readonly level: number }[];
  /** `fill`: what one wants to see is all of it; `part`: it is one of many, and its surroundings matter. */
  readonly size: 'fill' | 'part';
}

/** Widths on screen: what is narrower than `leastPx` cannot be read, and is then shown `comfortPx` wide. */
interface Widths {
  readonly leastPx: number;
  readonly comfortPx: number;
}

/** Nobody is shown less than this: the surroundings of a moment are what tells. */
const MIN_SHOWN_NS = 20_000;
/** Air beside what is as wide as the window, by its own length. */
const AIR_SHARE = 0.08;
/** Air above and below rows that are scrolled to. */
const AIR_PX = 14;

function widthsOf(size: Sought['size'], widthPx: number): Widths {
  return size === 'fill'
    ? { leastPx: widthPx * 0.05, comfortPx: widthPx * 0.85 }
    : { leastPx: 24, comfortPx: 120 };
}

/** The range to show; null: the present one will do. */
export function rangeToSee(
  range: TimeRange,
  widthPx: number,
  wanted: TimeRange,
  size: Sought['size'],
): TimeRange | null {
  const { leastPx, comfortPx } = widthsOf(size, widthPx);
  const present = spanOf(range);
  const length = wanted.toNs - wanted.fromNs;
  const px = (length / present) * widthPx;
  let span = present;
  if (px > widthPx) span = length * (1 + 2 * AIR_SHARE);
  else if (px < leastPx) {
    span = Math.min(Math.max((length * widthPx) / comfortPx, MIN_SHOWN_NS), present);
  }
  const isInside = wanted.fromNs >= range.fromNs && wanted.toNs <= range.toNs;
  if (span === present && isInside) return null;
  const fromNs = (wanted.fromNs + wanted.toNs - span) / 2;
  return { fromNs, toNs: fromNs + span };
}

/** Where to scroll to. Of rows that are higher than the window together the first ones are shown. */
export function scrollToSee(
  geometry: Geometry,
  window: { readonly scrollPx: number; readonly heightPx: number },
  rows: Sought['rows'],
): number {
  const { scrollPx, heightPx } = window;
  const places = rows.flatMap(({ row, level }) => placeOfRow(geometry, row, level) ?? []);
  if (places.length === 0) return scrollPx;
  const top = Math.min(...places.map((p) => p.yPx));
  const bottom = Math.max(...places.map((p) => p.yPx + p.heightPx));
  if (top >= scrollPx && bottom <= scrollPx + heightPx) return scrollPx;
  const isTooHigh = bottom - top > heightPx - 2 * AIR_PX;
  if (isTooHigh || top < scrollPx) return Math.max(top - AIR_PX, 0);
  return bottom + AIR_PX - heightPx;
}

/** Shows it in the timeline, whatever view is open. */
export function bringIntoView(handle: PanelHandle, timeline: TimelineView, what: Sought): void {
  // First, because a timeline that is not on the page has no size.
  if (handle.state().view !== 'timeline') handle.change({ ...handle.state(), view: 'timeline' });
  const { widthPx, heightPx } = timeline.size();
  if (widthPx === 0 || heightPx === 0) return;
  const state = handle.state();
  const range =
    what.range === null ? null : rangeToSee(state.nav.range, widthPx, what.range, what.size);
  if (range !== null) handle.change(withNavigation(state, { kind: 'show', range }));
  const { scrollPx, geometry } = state;
  const to = scrollToSee(geometry, { scrollPx, heightPx }, what.rows);
  if (to !== scrollPx) timeline.scrollTo(to);
}
