/** The parts of the page and how they stand; no behaviour. */
import { formatPercent } from '../extension/core/format.js';
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import { progressRing } from './controls.js';
import { el, setAttribute, setText } from './dom.js';
import type { Parts } from './parts.js';
import type { PanelState } from './state.js';

export interface Page {
  /** Shows and hides what the state asks for, and names the state on the root for tests and styles. */
  update(state: PanelState): void;
  /** Shows a message until the next one. */
  notice(level: 'info' | 'error', text: string): void;
  /** Says something to a screen reader when it is idle. */
  say(text: string): void;
}

const NOTHING = 'Nothing to draw';

function emptyHeading(snapshot: PanelSnapshot): string {
  if (snapshot.state === 'waiting') return 'Waiting for the program';
  return snapshot.state === 'reading'
    ? `Reading the file: ${formatPercent(snapshot.readShare)}`
    : NOTHING;
}

function emptyView(): { element: HTMLElement; update: (state: PanelState) => void } {
  const ring = progressRing('waiting');
  const title = el('h2');
  const text = el('p');
  const element = el('div', 'empty', ring, title, text);
  return {
    element,
    update({ snapshot }) {
      element.hidden = snapshot !== null && snapshot.emptyText === null;
      const heading = snapshot === null ? 'Loading' : emptyHeading(snapshot);
      ring.hidden = heading === NOTHING;
      setText(title, heading);
      setText(text, snapshot?.emptyText ?? '');
    },
  };
}

/** Puts the parts under `root`. */
export function createPage(root: HTMLElement, parts: Parts): Page {
  const noticeText = el('span');
  const close = el('button', 'notice-close', '×');
  close.type = 'button';
  close.setAttribute('aria-label', 'close the message');
  const notice = el('div', 'notice', noticeText, close);
  notice.setAttribute('role', 'status');
  notice.hidden = true;
  close.addEventListener('click', () => {
    notice.hidden = true;
  });
  const live = el('div', 'for-readers');
  live.setAttribute('aria-live', 'polite');
  const empty = emptyView();
  const { topBar, overview, timeline, graph, flame, tables, legend, side, tooltip } = parts;
  const center = el(
    'main',
    'center',
    overview.element,
    timeline.element,
    legend.element,
    graph.element,
    flame.element,
    tables.element,
    empty.element,
  );
  const body = el('div', 'body', center, side.element);
  root.replaceChildren(topBar.element, notice, body, tooltip.element, live);
  return {
    update(state) {
      const { snapshot } = state;
      const drawable = snapshot !== null && snapshot.emptyText === null;
      setAttribute(root, 'data-state', snapshot?.state ?? 'loading');
      setAttribute(root, 'data-generation', String(snapshot?.generation ?? -1));
      setAttribute(root, 'data-view', state.view);
      setAttribute(root, 'data-mode', state.nav.mode.kind);
      const picture = drawable && state.view === 'timeline';
      for (const part of [overview, timeline, legend]) part.element.hidden = !picture;
      graph.element.hidden = !drawable || state.view !== 'graph';
      flame.element.hidden = !drawable || state.view !== 'flame';
      tables.element.hidden = !drawable;
      empty.update(state);
    },
    notice(level, text) {
      setText(noticeText, text);
      setAttribute(notice, 'data-level', level);
      notice.hidden = text === '';
    },
    say(text) {
      setText(live, text);
    },
  };
}
