/** The search: a field with what it was taken for, how much was found, and steps from hit to hit. */
import type { SearchHit } from '../../extension/core/panel/query.js';
import { button, searchField, type SearchField } from '../controls.js';
import { el, setAttribute, setText } from '../dom.js';
import type { PanelHandle, Updated } from '../handle.js';
import {
  isWholeRow,
  lookedAtText,
  MAX_SEARCH_CHARS,
  searchCount,
  stepped,
  withSearchText,
  type Search,
} from './search.js';
import { createSearchQuestions } from './searchQuestions.js';
import type { PanelState } from '../state.js';

export interface SearchPart extends Updated {
  readonly element: HTMLElement;
  readonly focus: () => void;
  /** To the next hit, or the one before. */
  readonly step: (by: 1 | -1) => void;
  /** Searches for nothing. */
  readonly clear: () => void;
}

/** Goes to a hit and selects it. */
function lookAt(handle: PanelHandle, hit: SearchHit): void {
  const { row, level, startNs, durationNs } = hit;
  const rows = [{ row, level }];
  if (isWholeRow(hit)) {
    handle.bringIntoView({ range: null, rows, size: 'part' });
    return;
  }
  const range = { fromNs: startNs, toNs: startNs + durationNs };
  handle.bringIntoView({ range, rows, size: 'part' });
  handle.select(hit);
}

interface Bar {
  readonly element: HTMLElement;
  readonly field: SearchField;
  readonly update: (search: Search) => void;
}

function createBar(actions: {
  readonly typed: (text: string) => void;
  readonly pressed: (event: KeyboardEvent) => void;
  readonly step: (by: 1 | -1) => void;
}): Bar {
  const setup = {
    label: 'Search the session: names, durations, items',
    hint: 'Search name, >20ms, #12',
    maxLength: MAX_SEARCH_CHARS,
  };
  const field = searchField(setup, { typed: actions.typed, pressed: actions.pressed });
  const previous = button('‹', 'secondary', () => {
    actions.step(-1);
  });
  previous.setLabel('‹', 'previous hit (Shift+Enter)');
  const next = button('›', 'secondary', () => {
    actions.step(1);
  });
  next.setLabel('›', 'next hit (Enter)');
  const count = el('span', 'search-count');
  const meaning = el('span', 'search-meaning dim');
  const fault = el('div', 'search-fault');
  const lookedAt = el('span', 'for-readers');
  const status = el('span', 'search-status', count, lookedAt, meaning, fault);
  status.setAttribute('role', 'status');
  const steps = el('span', 'search-steps', previous.element, next.element);
  const element = el('div', 'search', field.element, steps, status);
  element.setAttribute('role', 'search');
  return {
    element,
    field,
    update(search) {
      const { text, reply, found } = search;
      const isWrong = reply?.isWrong === true;
      field.setValue(text);
      field.setInvalid(isWrong);
      setText(count, searchCount(search));
      setText(lookedAt, lookedAtText(search));
      setText(meaning, isWrong ? '' : (reply?.meaning ?? ''));
      setAttribute(meaning, 'title', reply?.meaning ?? null);
      setText(fault, isWrong ? reply.meaning : '');
      fault.hidden = !isWrong;
      steps.hidden = text.trim() === '';
      previous.setEnabled(found.length > 0);
      next.setEnabled(found.length > 0);
    },
  };
}

/** Makes the search. `leave` is called when the keyboard shall be the timeline's again. */
export function createSearchPart(handle: PanelHandle, leave: () => void): SearchPart {
  /** Asked for before there was anything to step through. */
  let wanted: 1 | -1 | null = null;
  const questions = createSearchQuestions(handle, () => {
    const by = wanted;
    wanted = null;
    if (by !== null) step(by);
  });
  const change = (search: Search): void => {
    handle.change({ ...handle.state(), search });
  };
  const step = (by: 1 | -1): void => {
    const { search, nav } = handle.state();
    if (search.text.trim() === '') bar.field.focus();
    wanted = search.reply === null ? by : null;
    const next = stepped(search, by, nav.range);
    const hit = next.found[next.at];
    if (hit === undefined) return;
    change(next);
    lookAt(handle, hit);
  };
  const clear = (): void => {
    change(withSearchText(handle.state().search, ''));
  };
  const bar = createBar({
    step,
    typed: (text) => {
      wanted = null;
      change(withSearchText(handle.state().search, text));
    },
    pressed: (event) => {
      if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
      else if (event.key !== 'Escape') return;
      else if (handle.state().search.text === '') leave();
      else clear();
      event.preventDefault();
    },
  });
  let last: Search | null = null;
  return {
    element: bar.element,
    focus: () => {
      bar.field.focus();
    },
    step,
    clear,
    update(state: PanelState) {
      questions.update(state);
      if (state.search !== last) bar.update(state.search);
      last = state.search;
    },
  };
}
