/** The trials of a session as a table, the newest first. */
import type { TrialRow } from '../../extension/core/panel/live.js';
import { formatChange } from '../../extension/core/trials/decision.js';
import { button } from '../controls.js';
import { el, keyedList, setAttribute, setText, type View } from '../dom.js';
import { rangeText, verdictTexts } from './liveTexts.js';

/** Rows that are shown unless somebody wants all. */
const FEW = 6;

function trialRowView(): View<TrialRow> {
  const change = el('th', 'trial-change');
  change.scope = 'row';
  const verdict = el('span', 'verdict-mark');
  const mid = el('span', 'effect-mid');
  const range = el('span', 'dim effect-range');
  const blocks = el('td', 'number');
  const element = el(
    'tr',
    '',
    change,
    el('td', '', verdict),
    el('td', 'number', mid, range),
    blocks,
  );
  return {
    element,
    update(row) {
      const { effect } = row;
      const [without, with_] = row.blocks;
      // A value does not part from its arrow.
      setText(change, row.change.replaceAll(' → ', '\u00a0→\u00a0'));
      setAttribute(element, 'title', row.reason);
      setAttribute(verdict, 'data-verdict', row.verdict);
      setText(verdict, verdictTexts[row.verdict][0]);
      setText(mid, effect === null ? '–' : formatChange(effect.mid));
      setText(range, effect === null ? '' : rangeText(effect));
      setText(blocks, `${without} + ${with_}`);
    },
  };
}

/** Makes the table; it hides itself without a row. */
export function trialTable(): View<readonly TrialRow[]> {
  let rows: readonly TrialRow[] = [];
  let isWhole = false;
  const heads = [
    ['Change', ''],
    ['Verdict', ''],
    ['Effect', '95% interval'],
    ['Blocks', 'without and with the change'],
  ].map(([text = '', title = ''], i) => {
    const head = el('th', i > 1 ? 'number' : '', text);
    head.scope = 'col';
    if (title !== '') head.title = title;
    return head;
  });
  const body = el('tbody');
  const table = el('table', 'figures trials', el('thead', '', el('tr', '', ...heads)), body);
  table.setAttribute('aria-label', 'Trials');
  const fill = keyedList<TrialRow>(body, ({ id }) => String(id), trialRowView);
  const more = button('Show all', 'icon', () => {
    isWhole = !isWhole;
    show();
  });
  const element = el('div', 'trials-part', table, more.element);
  const show = (): void => {
    const newest = rows.toReversed();
    element.hidden = rows.length === 0;
    fill(isWhole ? newest : newest.slice(0, FEW));
    more.setShown(rows.length > FEW);
    more.setLabel(isWhole ? 'Show fewer' : `Show all ${rows.length}`, 'trials of this session');
  };
  show();
  return {
    element,
    update(next) {
      if (next === rows) return;
      rows = next;
      show();
    },
  };
}
