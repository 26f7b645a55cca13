/** One knob: its value, its range, where it stands in the source; while the program runs, a slider and ways back. */
import type { FormerValue } from '../extension/core/panel/knobHistory.js';
import type { RunningTrial, SourceValue } from '../extension/core/panel/live.js';
import type { SessionState } from '../extension/core/panel/snapshot.js';
import type { KnobReport } from '../extension/core/report/report.js';
import { badge, button, numberField } from './controls.js';
import { el, setAttribute, setText, type View } from './dom.js';
import { KnobSetter, type ShownValue } from './live/knobSetter.js';
import { knobSlider } from './live/knobSlider.js';
import type { LiveActions } from './live/liveActions.js';
import { sourceChip } from './live/liveTexts.js';
import { isTurned, waysBack } from './live/waysBack.js';
import { knobFault, knobRange, knobValue, type SourcePosition } from './texts.js';

export interface KnobActions extends LiveActions {
  readonly openSource: (source: SourcePosition) => void;
}

/** A knob can be set only in a session that runs. */
export interface KnobEntry {
  readonly knob: KnobReport;
  readonly session: SessionState;
  /** What it was at; null: it was never changed. */
  readonly start: FormerValue | null;
  readonly before: FormerValue | null;
  readonly running: RunningTrial | null;
  /** undefined: not known. */
  readonly source: SourceValue | undefined;
}

const canSet = ({ knob, session }: KnobEntry): boolean => knob.live && session === 'live';

interface Part {
  readonly elements: readonly HTMLElement[];
  readonly update: (entry: KnobEntry, shown: ShownValue) => void;
}

/** Name and value, and what there is to say of them. */
function knobHead(): Part {
  const name = el('strong');
  const tunes = el('span', 'dim');
  const live = badge('live');
  live.title = 'can be set while the program runs';
  const value = el('span', 'knob-value');
  const range = el('span', 'dim');
  const chipText = el('span');
  const chipWhy = el('span', 'for-readers');
  const chip = el('span', 'chip in-source', chipText, chipWhy);
  const trial = el('span', 'chip on-trial', 'on trial');
  return {
    elements: [
      el('div', 'card-title', name, tunes, live),
      el('div', 'knob-line', value, range, trial, chip),
    ],
    update(entry, shown) {
      const { knob, running } = entry;
      setText(name, knob.name);
      setText(tunes, knob.stage ?? knob.queue ?? '');
      live.hidden = !knob.live;
      setText(value, knobValue(shown.value));
      value.classList.toggle('pending', shown.isPending);
      setAttribute(value, 'title', shown.isPending ? 'being set in the program' : null);
      setText(range, knobRange(knob));
      range.hidden = canSet(entry);
      trial.hidden = !isTurned(running, knob.id);
      const said = sourceChip(entry.source, shown.value);
      chip.hidden = said === null;
      setText(chipText, said?.text ?? '');
      setText(chipWhy, said === null ? '' : `. ${said.title}`);
      setAttribute(chip, 'title', said?.title ?? null);
    },
  };
}

/** A field for the value, with its button and what is wrong with what was typed. */
function knobField(first: KnobEntry, entered: (value: number) => void): Part {
  let { knob } = first;
  const fault = el('div', 'fault');
  fault.setAttribute('role', 'alert');
  const set = (): void => {
    const typed = field.value();
    const reason = knobFault(knob, typed);
    setText(fault, reason ?? '');
    field.setInvalid(reason !== null);
    if (reason === null) entered(typed);
  };
  const field = numberField(`New value of ${knob.name}`, set);
  const setButton = button('Set', 'secondary', set);
  setButton.setLabel('Set', `set ${knob.name} in the running program`);
  const setter = el('span', 'knob-setter', field.element, setButton.element);
  return {
    elements: [setter, fault],
    update(entry) {
      ({ knob } = entry);
      field.setPlaceholder(knobValue(knob.value));
      setter.hidden = !canSet(entry);
    },
  };
}

/** Makes the card of a knob. */
export function knobCard(first: KnobEntry, actions: KnobActions): View<KnobEntry> {
  let entry = first;
  const setTo = (value: number): void => {
    setter.set(value);
    show();
  };
  const slider = knobSlider({
    moved: setTo,
    released: () => {
      show();
    },
  });
  const head = knobHead();
  const field = knobField(first, setTo);
  const [numbers, fault] = field.elements;
  const back = waysBack(actions);
  const remark = el('div', 'dim remark');
  const source = button('Go to source', 'icon', () => {
    if (entry.knob.source !== null) actions.openSource(entry.knob.source);
  });
  const buttons = el('div', 'card-buttons', ...back.elements, source.element);
  if (numbers !== undefined) buttons.prepend(numbers);
  const element = el('div', 'card knob', ...head.elements, slider.element, remark, buttons);
  if (fault !== undefined) element.append(fault);
  const show = (): void => {
    const { knob, start, before, running } = entry;
    const shown = setter.shown(knob.value, slider.isHeld());
    const { value } = shown;
    const isSettable = canSet(entry);
    head.update(entry, shown);
    field.update(entry, shown);
    slider.element.hidden = !isSettable;
    slider.update({ knob, value, start: start === null ? knob.value : start.value });
    back.update({ knob, value, isSettable, start, before, running });
  };
  const setter = new KnobSetter((value) => {
    actions.setKnob(entry.knob.id, value);
  }, show);
  return {
    element,
    update(next) {
      entry = next;
      const { knob } = entry;
      element.dataset['knob'] = knob.id;
      setText(remark, knob.remark ?? '');
      remark.hidden = knob.remark === null;
      source.setShown(knob.source !== null);
      show();
    },
  };
}
