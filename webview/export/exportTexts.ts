/** What can be exported of a state. Pure. */
import { shownRange } from '../shownRange.js';
import type { PanelState } from '../state.js';
import { spanOf, type TimeRange } from '../timeline/timeScale.js';
import type { PanelView } from '../viewState.js';

/** Views that are no drawings; null: they are. */
const faults: Readonly<Record<PanelView, string | null>> = {
  timeline: null,
  flame: null,
  graph:
    'The graph is made of elements of the page; pictures are made of the timeline and the flame graph.',
  table:
    'A table is no picture, but can be copied; pictures are made of the timeline and the flame graph.',
};

/** Why there is no picture of what is shown; null: there is one. */
export const exportFault = ({ view }: Pick<PanelState, 'view'>): string | null => faults[view];

/** What data is exported: what is marked, else what is on screen, as far as the session reaches. */
export function exportedRange(state: PanelState): TimeRange {
  const { range } = shownRange(state);
  const { extent } = state.nav;
  const fromNs = Math.max(range.fromNs, extent.fromNs);
  const within = { fromNs, toNs: Math.min(range.toNs, extent.toNs) };
  return spanOf(within) > 0 ? within : range;
}
