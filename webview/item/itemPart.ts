/** Following an item: its card at the side, its questions, and where they lead. */
import { pathTimes, selectionOf, type Followed } from './followed.js';
import type { PanelHandle, Updated } from '../handle.js';
import { createItemCard } from './itemCard.js';
import { ItemQuestions, mayGrow } from './itemQuestions.js';
import type { PanelState } from '../state.js';

export interface ItemPart extends Updated {
  readonly element: HTMLElement;
  /** Follows the item of what is selected. */
  readonly follow: () => void;
}

/** Shows the whole way, if it is not to be seen anyway. */
function revealPath(handle: PanelHandle, { path }: Followed): void {
  const times = path === null ? null : pathTimes(path);
  if (path === null || times === null) return;
  const rows = path.visits.map(({ row }) => ({ row, level: 0 }));
  handle.bringIntoView({ range: times.range, rows, size: 'fill' });
}

/** Makes the part. */
export function createItemPart(handle: PanelHandle): ItemPart {
  const card = createItemCard({
    step: (by) => {
      questions.step(by);
    },
    zoom: () => {
      const path = handle.state().followed?.path ?? null;
      const times = path === null ? null : pathTimes(path);
      if (times === null) return;
      const air = times.totalNs * 0.08;
      const { fromNs, toNs } = times.range;
      handle.change({ ...handle.state(), view: 'timeline' });
      handle.navigate({ kind: 'show', range: { fromNs: fromNs - air, toNs: toNs + air } });
    },
    clear: () => {
      handle.change({ ...handle.state(), followed: null });
    },
    visit: (visit) => {
      const { path } = handle.state().followed ?? { path: null };
      if (path === null) return;
      handle.change({ ...handle.state(), selection: selectionOf(path, visit) });
      const { startNs, durationNs, row } = visit;
      const range = { fromNs: startNs, toNs: startNs + durationNs };
      handle.bringIntoView({ range, rows: [{ row, level: 0 }], size: 'part' });
    },
  });
  const questions = new ItemQuestions(handle, {
    found: (followed) => {
      revealPath(handle, followed);
    },
    said: (text) => {
      if (text !== null && handle.state().followed === null) handle.notice('info', text);
      card.say(text);
    },
  });
  let last: PanelState | null = null;
  const isSame = (a: PanelState, b: PanelState): boolean =>
    a.followed === b.followed && a.selection === b.selection && a.snapshot === b.snapshot;
  return {
    element: card.element,
    follow: () => {
      questions.follow();
    },
    update(state) {
      questions.update(state);
      if (last === null || !isSame(state, last)) card.update(state, mayGrow(state));
      last = state;
    },
  };
}
