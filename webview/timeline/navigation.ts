/**
 * What the time axis shows and why: a small state machine, pure.
 *
 *     fit      the whole session, growing with it
 *     follow   the last `windowNs` of a live session
 *     held     a range that the user chose; new data does not move it
 *
 * Any look back holds; "Follow", "Fit" and a pan to the newest data are the ways out.
 */
import type { SessionState } from '../../extension/core/panel/snapshot.js';
import { clampRange, fitRange, panBy, spanOf, zoomAround, type TimeRange } from './timeScale.js';

export type NavigationMode =
  | { readonly kind: 'fit' }
  | { readonly kind: 'follow'; readonly windowNs: number }
  | { readonly kind: 'held' };

export interface Navigation {
  readonly mode: NavigationMode;
  readonly range: TimeRange;
  readonly extent: TimeRange;
  readonly live: boolean;
}

/** What can happen to the time axis. Shares and times refer to the present range. */
export type NavigationAction =
  /** New data arrived, or the session changed its state. */
  | { readonly kind: 'data'; readonly extent: TimeRange; readonly state: SessionState }
  | { readonly kind: 'show'; readonly range: TimeRange }
  | { readonly kind: 'pan'; readonly share: number }
  /** `atNs` absent: around the newest moment when following, else around the middle. */
  | { readonly kind: 'zoom'; readonly factor: number; readonly atNs?: number }
  | { readonly kind: 'fit' }
  | { readonly kind: 'follow' }
  | { readonly kind: 'hold' }
  | { readonly kind: 'home' }
  | { readonly kind: 'end' };

/** How much of a live session is shown at first. */
export const FOLLOW_WINDOW_NS = 10e9;

/** Before any data. */
export const noNavigation: Navigation = {
  mode: { kind: 'fit' },
  range: { fromNs: 0, toNs: 1e9 },
  extent: { fromNs: 0, toNs: 0 },
  live: false,
};

/** The newest `windowNs`; all of a session that is still shorter. */
function newest(extent: TimeRange, windowNs: number): TimeRange {
  const from = Math.max(extent.fromNs, extent.toNs - windowNs);
  return { fromNs: from, toNs: Math.max(extent.toNs, from + 1e6) };
}

function settle(nav: Navigation): Navigation {
  switch (nav.mode.kind) {
    case 'fit':
      return { ...nav, range: fitRange(nav.extent) };
    case 'follow':
      return { ...nav, range: newest(nav.extent, nav.mode.windowNs) };
    case 'held':
      return { ...nav, range: clampRange(nav.range, nav.extent) };
  }
}

const held = (nav: Navigation, range: TimeRange): Navigation =>
  settle({ ...nav, mode: { kind: 'held' }, range });

function withData(nav: Navigation, extent: TimeRange, state: SessionState): Navigation {
  const live = state === 'live';
  const first = spanOf(nav.extent) <= 0;
  let mode = nav.mode;
  if (live && first && mode.kind === 'fit') mode = { kind: 'follow', windowNs: FOLLOW_WINDOW_NS };
  // The run is over: there is no newest data to follow, and the whole of it is what one wants to see.
  if (!live && mode.kind === 'follow') mode = { kind: 'fit' };
  return settle({ ...nav, live, extent, mode });
}

function zoomed(nav: Navigation, factor: number, atNs: number | undefined): Navigation {
  if (nav.mode.kind === 'follow' && atNs === undefined) {
    const whole = Math.max(spanOf(nav.extent), 1e6);
    const windowNs = Math.min(Math.max(spanOf(nav.range) * factor, 1e6), Math.max(whole, 1e9));
    return settle({ ...nav, mode: { kind: 'follow', windowNs } });
  }
  const around = atNs ?? (nav.range.fromNs + nav.range.toNs) / 2;
  return held(nav, zoomAround(nav.range, around, factor));
}

const following = (nav: Navigation, otherwiseNs: number): Navigation => {
  const windowNs = nav.mode.kind === 'held' ? spanOf(nav.range) : otherwiseNs;
  return settle({ ...nav, mode: { kind: 'follow', windowNs } });
};

/** A pan that arrives at the newest data of a live session keeps up with it again. */
function panned(nav: Navigation, share: number): Navigation {
  const range = panBy(nav.range, share);
  const isAtEdge = nav.live && share > 0 && range.toNs >= nav.extent.toNs;
  if (!isAtEdge) return held(nav, range);
  // All of it is shown already, and grows.
  return nav.mode.kind === 'fit' ? nav : following(nav, spanOf(nav.range));
}

const atEnd = (nav: Navigation, span: number): Navigation =>
  held(nav, { fromNs: nav.extent.toNs - span, toNs: nav.extent.toNs });

/** The next state; never fails. `follow` on a session that is not live shows its end. */
export function navigate(nav: Navigation, action: NavigationAction): Navigation {
  const span = spanOf(nav.range);
  switch (action.kind) {
    case 'data':
      return withData(nav, action.extent, action.state);
    case 'show':
      return held(nav, action.range);
    case 'pan':
      return panned(nav, action.share);
    case 'zoom':
      return zoomed(nav, action.factor, action.atNs);
    case 'fit':
      return settle({ ...nav, mode: { kind: 'fit' } });
    case 'follow':
      return nav.live ? following(nav, FOLLOW_WINDOW_NS) : atEnd(nav, span);
    case 'hold':
      return held(nav, nav.range);
    case 'home':
      return held(nav, { fromNs: nav.extent.fromNs, toNs: nav.extent.fromNs + span });
    case 'end':
      return nav.live ? following(nav, span) : atEnd(nav, span);
  }
}
