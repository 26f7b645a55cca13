/** How large the pipeline graph is shown. Pure. */
import { MAX_GRAPH_ZOOM, MIN_GRAPH_ZOOM } from '../viewState.js';

/** What is looked at, and through what: sizes in pixels. */
export interface ZoomSizes {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly windowWidthPx: number;
  readonly windowHeightPx: number;
}

/** Below this letters cannot be read, above it nodes look like posters. */
const READABLE = { least: 0.75, most: 1.25 } as const;
const STEP = 1.25;

const clamp = (zoom: number): number => Math.min(Math.max(zoom, MIN_GRAPH_ZOOM), MAX_GRAPH_ZOOM);

/** The zoom at which all of it is seen. */
export function fitZoom({ widthPx, heightPx, windowWidthPx, windowHeightPx }: ZoomSizes): number {
  if (widthPx <= 0 || heightPx <= 0 || windowWidthPx <= 0 || windowHeightPx <= 0) return 1;
  return clamp(Math.min(windowWidthPx / widthPx, windowHeightPx / heightPx, READABLE.most));
}

/** The zoom that was chosen; null: as much as can be seen with letters that can be read. */
export function shownZoom(chosen: number | null, sizes: ZoomSizes): number {
  return chosen ?? Math.max(fitZoom(sizes), READABLE.least);
}

/** A step larger or smaller. */
export const steppedZoom = (zoom: number, direction: 1 | -1): number =>
  clamp(zoom * STEP ** direction);

/** Zoom by a wheel, in pixels of its turn. */
export const wheeledZoom = (zoom: number, deltaPx: number): number =>
  clamp(zoom * 2 ** (-deltaPx / 400));

/** Where to scroll so that the point of the sheet at `at` of the window stays there while the zoom changes. */
export function scrollFor(scroll: number, at: number, from: number, to: number): number {
  return Math.max(0, ((scroll + at) / from) * to - at);
}
