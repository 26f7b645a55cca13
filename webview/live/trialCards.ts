/** A trial that runs, what came of the last one, what came of a search: cards. */
import type { RunningTrial, TrialRow, TunedState } from '../../extension/core/panel/live.js';
import { button } from '../controls.js';
import { el, setAttribute, setText, type View } from '../dom.js';
import { knobValue } from '../texts.js';
import type { LiveActions } from './liveActions.js';
import {
  donePercent,
  intervalText,
  standingRows,
  timesText,
  tunedHeading,
  tunedSentence,
  verdictTexts,
} from './liveTexts.js';

const TICK_MS = 1000;

function progressBar(): { readonly element: HTMLElement; set(percent: number | null): void } {
  const fill = el('div', 'trial-done');
  const element = el('div', 'trial-bar', fill);
  element.setAttribute('role', 'progressbar');
  element.setAttribute('aria-label', 'trial');
  return {
    element,
    set(percent) {
      element.classList.toggle('unknown', percent === null);
      setAttribute(element, 'aria-valuenow', percent === null ? null : String(percent));
      fill.style.setProperty('width', percent === null ? '30%' : `${percent}%`);
    },
  };
}

/** Makes the card of what runs; null hides it. Its times go on between two messages of the host. */
export function runningCard(actions: LiveActions): View<RunningTrial | null> {
  let running: RunningTrial | null = null;
  let cameMs = 0;
  let ticking = 0;
  const title = el('strong');
  const step = el('div', 'dim');
  const best = el('div');
  const times = el('span', 'dim trial-times');
  const bar = progressBar();
  const stop = button('Stop trial', 'secondary', actions.stopTrials);
  const element = el(
    'div',
    'card running',
    el('div', 'card-title', title),
    step,
    bar.element,
    best,
    el('div', 'card-buttons', stop.element, times),
  );
  const tick = (): void => {
    if (running === null) return;
    const passedMs = performance.now() - cameMs;
    const elapsedMs = running.elapsedMs + passedMs;
    const leftMs = running.leftMs === null ? null : Math.max(0, running.leftMs - passedMs);
    setText(times, timesText(elapsedMs, leftMs));
    bar.set(donePercent(elapsedMs, leftMs));
  };
  const heading = ({ kind, change, trials }: RunningTrial): string => {
    const what = kind === 'tuning' ? `Tuning${trials === 0 ? '' : `, ${trials} tried`}` : 'Trying';
    return change === '' ? what : `${what}${kind === 'tuning' ? ':' : ''} ${change}`;
  };
  return {
    element,
    update(next) {
      element.hidden = next === null;
      if (next === null || next !== running) cameMs = performance.now();
      running = next;
      if (next === null) {
        clearInterval(ticking);
        ticking = 0;
        return;
      }
      if (ticking === 0) ticking = window.setInterval(tick, TICK_MS);
      setText(title, heading(next));
      setText(step, next.isStopping ? 'takes back what was tried' : next.step);
      setText(best, next.best === null ? '' : `Best so far: ${next.best}`);
      best.hidden = next.best === null;
      const label = next.kind === 'tuning' ? 'Stop tuning' : 'Stop trial';
      stop.setLabel(label, 'what is being tried is taken back');
      stop.setEnabled(!next.isStopping);
      tick();
    },
  };
}

/** Makes the card of a verdict; null hides it. */
export function verdictCard(actions: LiveActions): View<TrialRow | null> {
  let row: TrialRow | null = null;
  const verdict = el('strong');
  const change = el('span', 'dim');
  const effect = el('div', 'effect');
  const reason = el('div');
  const write = button('Write to source', 'primary', () => {
    if (row === null) return;
    const moves = row.moves.map(({ knob, to }) => ({ knob, to, expression: null }));
    actions.writeToSource(moves);
  });
  const revert = button('Revert', 'secondary', () => {
    for (const { knob } of row?.moves ?? []) actions.revertKnobs(knob, 'start');
  });
  revert.setLabel('Revert', 'the knobs as they were when the program started');
  const element = el(
    'div',
    'card verdict',
    el('div', 'card-title', verdict, change),
    effect,
    reason,
    el('div', 'card-buttons', write.element, revert.element),
  );
  return {
    element,
    update(next) {
      row = next;
      element.hidden = next === null;
      if (next === null) return;
      const isKept = next.verdict === 'kept';
      setAttribute(element, 'data-verdict', next.verdict);
      setText(verdict, verdictTexts[next.verdict][1]);
      setText(change, next.change);
      const measured = next.effect === null ? '' : intervalText(next.effect);
      // As a rule the sentence says it.
      const isSaid = measured !== '' && next.reason.includes(measured);
      setText(effect, `${next.objective} ${measured}`);
      effect.hidden = measured === '' || isSaid;
      setText(reason, next.reason);
      reason.classList.toggle('effect', isSaid);
      write.setShown(isKept);
      revert.setShown(isKept);
    },
  };
}

function cells(tag: 'td' | 'th', texts: readonly string[]): HTMLElement[] {
  return texts.map((text, i) => {
    if (i > 0) return el(tag, tag === 'td' ? 'number' : '', text);
    const first = el('th', '', text);
    first.scope = 'row';
    return first;
  });
}

function tunedTable({ knobs, before, after }: TunedState): readonly HTMLElement[] {
  const changed = knobs.map(({ name, owner, before: was, after: is }) =>
    el(
      'tr',
      'changed',
      ...cells('td', [
        owner === '' || name.includes(owner) ? name : `${name} · ${owner}`,
        knobValue(was),
        knobValue(is),
      ]),
    ),
  );
  const standing = standingRows(before, after).map((texts) => el('tr', '', ...cells('td', texts)));
  return [...changed, ...standing];
}

/** Makes the card of a search that is over; null hides it. */
export function tunedCard(actions: LiveActions): View<TunedState | null> {
  let shown: TunedState | null = null;
  const heading = el('strong');
  const sentence = el('div');
  const rows = el('tbody');
  const heads = ['', 'before', 'after'].map((text) => {
    const head = text === '' ? el('td') : el('th', 'number', text);
    if (head instanceof HTMLTableCellElement && text !== '') head.scope = 'col';
    return head;
  });
  const table = el('table', 'figures tuned', el('thead', '', el('tr', '', ...heads)), rows);
  table.setAttribute('aria-label', 'What tuning changed');
  const write = button('Write to source', 'primary', () => {
    const moves = (shown?.knobs ?? []).flatMap(({ knob, after }) =>
      after === null ? [] : [{ knob, to: after, expression: null }],
    );
    actions.writeToSource(moves);
  });
  const revert = button('Revert', 'secondary', () => {
    actions.revertKnobs(null, 'start');
  });
  revert.setLabel('Revert', 'all knobs as they were when the program started');
  const buttons = el('div', 'card-buttons', write.element, revert.element);
  const element = el(
    'div',
    'card verdict',
    el('div', 'card-title', heading),
    sentence,
    table,
    buttons,
  );
  return {
    element,
    update(next) {
      if (next === shown && next !== null) return;
      shown = next;
      element.hidden = next === null;
      if (next === null) return;
      setAttribute(element, 'data-verdict', next.kept > 0 ? 'kept' : 'noDifference');
      setText(heading, tunedHeading(next));
      setText(sentence, tunedSentence(next));
      rows.replaceChildren(...tunedTable(next));
      const isChanged = next.knobs.length > 0;
      table.hidden = !isChanged;
      buttons.hidden = !isChanged;
    },
  };
}
