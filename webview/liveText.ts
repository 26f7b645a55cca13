/** Whether the panel keeps up with a live session, in words. Pure. */
import { formatDurationNs } from '../extension/core/format.js';
import type { PanelState } from './state.js';
import { stateLine } from './texts.js';

/** How the time axis stands to the newest data; null: there is none to come. */
export type Keeping =
  { readonly kind: 'live' } | { readonly kind: 'paused'; readonly behindNs: number };

/** Keeps up as long as nobody looked back; behind by what lies to the right of what is shown. */
export function keepingOf({ snapshot, nav }: Pick<PanelState, 'snapshot' | 'nav'>): Keeping | null {
  if (snapshot?.state !== 'live') return null;
  if (nav.mode.kind !== 'held') return { kind: 'live' };
  return { kind: 'paused', behindNs: Math.max(nav.extent.toNs - nav.range.toNs, 0) };
}

const SECOND_NS = 1e9;

/** `live`, `paused — 12 s behind, press L to follow`, `reading 42%`; whole seconds, for it changes all the time. */
export function liveText(state: Pick<PanelState, 'snapshot' | 'nav'>): string {
  const { snapshot } = state;
  if (snapshot === null) return 'loading';
  const keeping = keepingOf(state);
  if (keeping?.kind !== 'paused') return stateLine(snapshot);
  const seconds = Math.floor(keeping.behindNs / SECOND_NS);
  const behind = seconds === 0 ? '' : `${formatDurationNs(seconds * SECOND_NS)} behind, `;
  return `paused — ${behind}press L to follow`;
}
