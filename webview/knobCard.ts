/** One knob: its value, its range, where it stands in the source; while the program runs, a slider and ways back. */
import type { FormerValue } from '../extension/core/panel/knobHistory.js';
import type { RunningTrial, SourceValue } from '../extension/core/panel/live.js';
import type { SessionState } from '../extension/core/panel/snapshot.js';
import type { KnobReport } from '../extension/core/report/report.js';
import { badge, button, numberField } from './controls.js';
import { el, setAttribute, setText, type View } from './dom.js';
import { paced } from './frames.js';
import { knobSlider } from './live/knobSlider.js';
import type { LiveActions } from './live/liveActions.js';
import { sourceChip } from './live/liveTexts.js';
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

/** A program is told at most so often while the slider is drawn. */
const SEND_EVERY_MS = 120;
/** A value that the program has not taken over by then is not shown any more. */
const PATIENCE_MS = 3000;

/** The value that was asked for last, until the program is there. */
interface Wanted {
  readonly value: number | null;
  readonly untilMs: number;
}

/** Ways back; each hides itself when it leads nowhere. */
function wayBack(actions: KnobActions): {
  readonly elements: readonly HTMLElement[];
  readonly update: (entry: KnobEntry, value: number | null) => void;
} {
  let knob = '';
  const start = button('Revert', 'secondary', () => {
    actions.revertKnobs(knob, 'start');
  });
  const before = button('Back', 'secondary', () => {
    actions.revertKnobs(knob, 'before');
  });
  return {
    elements: [start.element, before.element],
    update(entry, value) {
      knob = entry.knob.id;
      const { name } = entry.knob;
      const isOpen = entry.knob.live && entry.session === 'live';
      const isOnTrial = entry.running?.moves.some((move) => move.knob === knob) === true;
      const stops = isOnTrial ? '; the trial is stopped first' : '';
      if (entry.start !== null) {
        const to = knobValue(entry.start.value);
        start.setLabel(`Revert to ${to}`, `${name} as it was when the program started${stops}`);
      }
      const isOff = entry.start !== null && entry.start.value !== value;
      start.setShown(isOpen && (isOff || (isOnTrial && entry.start !== null)));
      if (entry.before !== null) {
        const to = knobValue(entry.before.value);
        before.setLabel(`Back to ${to}`, `${name} as it was before the last change${stops}`);
      }
      const isElsewhere =
        entry.before !== null &&
        entry.before.value !== value &&
        entry.before.value !== entry.start?.value;
      before.setShown(isOpen && isElsewhere && !isOnTrial);
    },
  };
}

/** Sets the value at once, and tells what was asked for until the program is there. */
class KnobSetter {
  readonly #send: (value: number) => void;
  readonly #expired: () => void;
  #wanted: Wanted | null = null;

  constructor(send: (value: number) => void, expired: () => void) {
    this.#send = paced(SEND_EVERY_MS, send);
    this.#expired = expired;
  }

  set(value: number): void {
    this.#wanted = { value, untilMs: performance.now() + PATIENCE_MS };
    this.#send(value);
    setTimeout(this.#expired, PATIENCE_MS + 1);
  }

  /** The value to show, and whether the program is still on its way there. */
  shown(present: number | null, isHeld: boolean): { value: number | null; isPending: boolean } {
    const wanted = this.#wanted;
    const isOver = wanted !== null && !isHeld && performance.now() >= wanted.untilMs;
    if (wanted?.value === present || isOver) this.#wanted = null;
    return this.#wanted === null
      ? { value: present, isPending: false }
      : { value: this.#wanted.value, isPending: true };
  }
}

/** Makes the card of a knob. */
export function knobCard(first: KnobEntry, actions: KnobActions): View<KnobEntry> {
  let entry = first;
  const name = el('strong');
  const tunes = el('span', 'dim');
  const live = badge('live');
  live.title = 'can be set while the program runs';
  const value = el('span', 'knob-value');
  const range = el('span', 'dim');
  const chip = el('span', 'chip in-source');
  const trial = el('span', 'chip on-trial', 'on trial');
  const remark = el('div', 'dim remark');
  const fault = el('div', 'fault');
  fault.setAttribute('role', 'alert');
  const setter = new KnobSetter(
    (to) => {
      actions.setKnob(entry.knob.id, to);
    },
    () => {
      show();
    },
  );
  const slider = knobSlider({
    moved: (to) => {
      setter.set(to);
      show();
    },
    released: () => {
      show();
    },
  });
  const field = numberField(`New value of ${first.knob.name}`, () => {
    set();
  });
  const set = (): void => {
    const typed = field.value();
    const reason = knobFault(entry.knob, typed);
    setText(fault, reason ?? '');
    field.setInvalid(reason !== null);
    if (reason !== null) return;
    setter.set(typed);
    show();
  };
  const setButton = button('Set', 'secondary', set);
  setButton.setLabel('Set', `set ${first.knob.name} in the running program`);
  const back = wayBack(actions);
  const source = button('Go to source', 'icon', () => {
    if (entry.knob.source !== null) actions.openSource(entry.knob.source);
  });
  const numbers = el('span', 'knob-setter', field.element, setButton.element);
  const element = el(
    'div',
    'card knob',
    el('div', 'card-title', name, tunes, live),
    el('div', 'knob-line', value, range, trial, chip),
    slider.element,
    remark,
    el('div', 'card-buttons', numbers, ...back.elements, source.element),
    fault,
  );
  const show = (): void => {
    const { knob, session, start, running } = entry;
    const shown = setter.shown(knob.value, slider.isHeld());
    const isSettable = knob.live && session === 'live';
    setText(value, knobValue(shown.value));
    value.classList.toggle('pending', shown.isPending);
    setAttribute(value, 'title', shown.isPending ? 'being set in the program' : null);
    slider.element.hidden = !isSettable;
    slider.update({ knob, value: shown.value, start: start?.value ?? knob.value });
    setText(range, knobRange(knob));
    range.hidden = isSettable;
    trial.hidden = running?.moves.some((move) => move.knob === knob.id) !== true;
    const said = sourceChip(entry.source, shown.value);
    chip.hidden = said === null;
    setText(chip, said?.text ?? '');
    setAttribute(chip, 'title', said?.title ?? null);
    numbers.hidden = !isSettable;
    back.update(entry, shown.value);
  };
  return {
    element,
    update(next) {
      entry = next;
      const { knob } = entry;
      element.dataset['knob'] = knob.id;
      setText(name, knob.name);
      setText(tunes, knob.stage ?? knob.queue ?? '');
      field.setPlaceholder(knobValue(knob.value));
      setText(remark, knob.remark ?? '');
      remark.hidden = knob.remark === null;
      live.hidden = !knob.live;
      source.setShown(knob.source !== null);
      show();
    },
  };
}
