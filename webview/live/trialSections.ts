/** The sections of trials at the side: what came of predictions; what runs, what came of it, and the way to a search. */
import type { LiveState, PromiseReport } from '../../extension/core/panel/live.js';
import type { SessionState } from '../../extension/core/panel/snapshot.js';
import { button } from '../controls.js';
import { el, keyedList, setAttribute, setText, type View } from '../dom.js';
import { section } from '../section.js';
import type { LiveActions } from './liveActions.js';
import { promiseTexts, tunedHeading, verdictTexts } from './liveTexts.js';
import { runningCard, tunedCard, verdictCard } from './trialCards.js';
import { trialTable } from './trialTable.js';
import { tuneForm } from './tuneForm.js';

function promiseCard(): View<PromiseReport> {
  const head = el('strong');
  const knobs = el('span', 'dim');
  const text = el('div');
  const element = el('div', 'card verdict promise', el('div', 'card-title', head, knobs), text);
  return {
    element,
    update(promise) {
      const texts = promiseTexts(promise);
      setAttribute(element, 'data-verdict', promise.verdict);
      setText(head, texts.head);
      setText(knobs, promise.knobs);
      setText(text, texts.text);
    },
  };
}

/** What of the live state came last, a search or a trial beside one: that is what a card tells. */
function newest(live: LiveState, last: LiveState | null): 'trial' | 'search' | null {
  if (live.tuned !== null && JSON.stringify(live.tuned) !== JSON.stringify(last?.tuned ?? null)) {
    return 'search';
  }
  const id = live.rows.at(-1)?.id ?? 0;
  return id > (last?.rows.at(-1)?.id ?? 0) ? 'trial' : null;
}

/** What a screen reader is told when something is over. */
function overText({ rows, tuned }: LiveState, what: 'trial' | 'search'): string {
  if (what === 'search') return tuned === null ? '' : tunedHeading(tuned);
  const row = rows.at(-1);
  return row === undefined ? '' : `${row.change}: ${verdictTexts[row.verdict][1]}. ${row.reason}`;
}

export interface TrialSections {
  readonly promises: HTMLElement;
  readonly trials: HTMLElement;
  update(live: LiveState, session: SessionState): void;
}

/** The button that leads to a search, and the form behind it. */
function tunePart(actions: LiveActions): {
  readonly element: HTMLElement;
  readonly update: (isOpen: boolean, hasTrials: boolean) => void;
} {
  const hint = el(
    'div',
    'dim',
    'Try a suggestion, move a slider, or let Sluice search for better values by itself.',
  );
  const open = button('Tune…', 'secondary', () => {
    show(true);
    form.focus();
  });
  open.setLabel('Tune…', 'search for better settings while the program runs');
  const form = tuneForm({
    start: (wish) => {
      show(false);
      actions.tune(wish);
    },
    cancel: () => {
      show(false);
      open.element.focus();
    },
  });
  const bar = el('div', 'tune-bar', hint, el('div', 'card-buttons', open.element));
  const element = el('div', '', bar, form.element);
  const show = (isForm: boolean): void => {
    form.element.hidden = !isForm;
    bar.hidden = isForm;
  };
  show(false);
  return {
    element,
    update(isOpen, hasTrials) {
      element.hidden = !isOpen;
      hint.hidden = hasTrials;
    },
  };
}

/** Nothing runs, and nothing ran. */
export const isEmpty = ({ running, rows, tuned }: LiveState): boolean =>
  running === null && rows.length === 0 && tuned === null;

/** Makes the sections; each hides itself when it has nothing to say. */
export function trialSections(actions: LiveActions): TrialSections {
  const promises = section('Predictions');
  const trials = section('Trials');
  const running = runningCard(actions);
  const verdict = verdictCard(actions);
  const tuned = tunedCard(actions);
  const table = trialTable();
  const tune = tunePart(actions);
  const told = el('div', 'for-readers');
  told.setAttribute('role', 'status');
  trials.body.append(
    ...[running, tuned, verdict, table].map(({ element }) => element),
    tune.element,
    told,
  );
  const fillPromises = keyedList<PromiseReport>(
    promises.body,
    ({ knobs }) => knobs,
    () => promiseCard(),
  );
  const showTrials = (live: LiveState, session: SessionState): void => {
    const isFree = live.running === null;
    running.update(live.running);
    verdict.update(isFree && shown === 'trial' ? (live.rows.at(-1) ?? null) : null);
    tuned.update(isFree && shown === 'search' ? live.tuned : null);
    table.update(live.rows);
    tune.update(session === 'live' && isFree, live.rows.length > 0);
  };
  let last: LiveState | null = null;
  let shown: 'trial' | 'search' | null = null;
  return {
    promises: promises.element,
    trials: trials.element,
    update(live, session) {
      const came = live === last ? null : newest(live, last);
      if (came !== null) {
        // While a search runs its trials stand in the table.
        const isPart = came === 'trial' && live.running?.kind === 'tuning';
        shown = isPart ? null : came;
        setText(told, overText(live, came));
      }
      last = live;
      fillPromises(live.promises ?? []);
      promises.element.hidden = (live.promises ?? []).length === 0;
      trials.element.hidden = session !== 'live' && isEmpty(live);
      showTrials(live, session);
    },
  };
}
