/** Suggestions as cards: what to change, what it brings, and ways to try it, to write it down, and to be rid of it. */
import {
  notLiveReason,
  suggestionKey,
  type LiveState,
  type RunningTrial,
  type WrittenMove,
} from '../../extension/core/panel/live.js';
import type { SessionState } from '../../extension/core/panel/snapshot.js';
import {
  changeText,
  effectText,
  planText,
  probeText,
} from '../../extension/core/report/adviceFacts.js';
import type {
  FindingReport,
  PipelineReport,
  ProbeReport,
  Suggestion,
} from '../../extension/core/report/report.js';
import { badge, button } from '../controls.js';
import { el, setAttribute, setText, type View } from '../dom.js';
import type { KnobActions } from '../knobCard.js';
import { sentences } from '../sentences.js';
import { howPredicted } from './liveTexts.js';
import { isOnTrial, tryButtons } from './tryButtons.js';

/** What every card is shown beside. */
export interface Around {
  readonly pipeline: PipelineReport;
  readonly session: SessionState;
  readonly live: LiveState;
}

export interface SuggestionEntry extends Around {
  readonly suggestion: Suggestion;
  readonly isIgnored: boolean;
}

/** All suggestions of a pipeline as one change. */
export interface PlanEntry extends Around {
  readonly suggestions: readonly Suggestion[];
}

export interface ProbeEntry extends Around {
  readonly probe: ProbeReport;
}

/** A way to the source; hidden while there is none. */
export function sourceButton(
  actions: Pick<KnobActions, 'openSource'>,
): View<FindingReport['source']> {
  let target: FindingReport['source'] = null;
  const go = button('Go to source', 'icon', () => {
    if (target !== null) actions.openSource(target);
  });
  return {
    element: go.element,
    update(source) {
      target = source;
      go.setShown(source !== null);
    },
  };
}

/** `on trial` while it is, else what came of it last. */
function trialMark(): {
  readonly element: HTMLElement;
  readonly update: (running: RunningTrial | null, moves: readonly WrittenMove[]) => boolean;
} {
  const element = badge('on trial');
  element.classList.add('on-trial');
  return {
    element,
    update(running, moves) {
      const isOn = isOnTrial(running, moves);
      element.hidden = !isOn;
      return isOn;
    },
  };
}

const moveOf = ({ knob, to, expression }: Suggestion): WrittenMove => ({ knob, to, expression });

/** A button that unfolds what is behind it. */
function disclosure(label: string, content: HTMLElement): HTMLElement {
  let isOpen = false;
  const toggle = button(label, 'icon', () => {
    isOpen = !isOpen;
    show();
  });
  const show = (): void => {
    content.hidden = !isOpen;
    setAttribute(toggle.element, 'aria-expanded', String(isOpen));
  };
  show();
  return toggle.element;
}

/** Makes the card of a suggestion. */
export function suggestionCard(actions: KnobActions): View<SuggestionEntry> {
  let key = '';
  let isIgnored = false;
  const title = el('strong');
  const mark = trialMark();
  const effect = el('div', 'effect');
  const reason = el('div');
  const costs = sentences();
  const evidence = sentences();
  const explanation = el('div', 'explanation', evidence.element, el('div', 'dim', howPredicted));
  const tries = tryButtons(actions);
  const source = sourceButton(actions);
  const ignore = button('Ignore', 'icon', () => {
    actions.ignore(key, !isIgnored);
  });
  const more = [disclosure('Explain', explanation), ignore.element, source.element];
  const element = el(
    'div',
    'card suggestion',
    el('div', 'card-title', title, mark.element),
    effect,
    reason,
    costs.element,
    explanation,
    tries.remark,
    el('div', 'card-buttons', ...tries.elements),
    el('div', 'card-buttons quiet', ...more),
  );
  return {
    element,
    update(entry) {
      const { pipeline, suggestion, session, live } = entry;
      const { running } = live;
      const what = changeText(pipeline, suggestion);
      const moves = [moveOf(suggestion)];
      const refusal = notLiveReason(pipeline.knobs, moves);
      key = suggestionKey(pipeline, suggestion);
      isIgnored = entry.isIgnored;
      setText(title, what);
      setText(effect, effectText(pipeline, suggestion));
      setText(reason, suggestion.reason);
      costs.update(suggestion.costs.map((cost) => `Costs: ${cost}`));
      evidence.update(suggestion.evidence);
      tries.update({ what, moves, why: suggestion.reason, refusal, session, running });
      element.classList.toggle('trying', mark.update(running, moves));
      element.classList.toggle('ignored', isIgnored);
      if (isIgnored) ignore.setLabel('Show again', `${what}: no longer ignored`);
      else ignore.setLabel('Ignore', `${what}: hidden in this workspace`);
      source.update(pipeline.knobs.find(({ id }) => id === suggestion.knob)?.source ?? null);
    },
  };
}

/** Makes the card of a plan: all of it as one change. */
export function planCard(actions: KnobActions): View<PlanEntry> {
  const title = el('strong', '', 'All together');
  const mark = trialMark();
  const effect = el('div', 'effect');
  const list = sentences();
  const tries = tryButtons(actions);
  const element = el(
    'div',
    'card suggestion plan',
    el('div', 'card-title', title, mark.element),
    effect,
    list.element,
    tries.remark,
    el('div', 'card-buttons', ...tries.elements),
  );
  return {
    element,
    update({ pipeline, suggestions, session, live }) {
      const { running } = live;
      const moves = suggestions.map(moveOf);
      const changes = suggestions.map((suggestion) => changeText(pipeline, suggestion));
      setText(effect, planText(pipeline).replace(/^together /, ''));
      list.update(changes);
      const refusal = notLiveReason(pipeline.knobs, moves);
      const what = `all ${suggestions.length} changes together`;
      const why = `suggested together: ${changes.join(', ')}`;
      tries.update({ what, moves, why, refusal, session, running });
      element.classList.toggle('trying', mark.update(running, moves));
    },
  };
}

/** Makes the card of a value that is worth a trial. */
export function probeCard(actions: KnobActions): View<ProbeEntry> {
  const text = el('div');
  const mark = trialMark();
  const tries = tryButtons(actions);
  const element = el(
    'div',
    'card suggestion probe',
    el('div', 'card-title', el('strong', '', 'Worth a trial'), mark.element),
    text,
    tries.remark,
    el('div', 'card-buttons', ...tries.elements),
  );
  return {
    element,
    update({ pipeline, probe, session, live }) {
      const { running } = live;
      const what = probeText(pipeline, probe);
      const moves = [{ knob: probe.knob, to: probe.to, expression: null }];
      const refusal = notLiveReason(pipeline.knobs, moves);
      setText(text, what);
      tries.update({ what, moves, why: probe.reason, refusal, session, running });
      element.classList.toggle('trying', mark.update(running, moves));
    },
  };
}
