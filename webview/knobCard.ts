/** One knob: its value, its range, where it stands in the source, and a field to set it while the program runs. */
import type { SessionState } from '../extension/core/panel/snapshot.js';
import type { KnobReport } from '../extension/core/report/report.js';
import { badge, button, numberField } from './controls.js';
import { el, setText, type View } from './dom.js';
import { knobFault, knobRange, knobValue, type SourcePosition } from './texts.js';

export interface KnobActions {
  readonly setKnob: (id: string, value: number) => void;
  readonly openSource: (source: SourcePosition) => void;
}

/** A knob can be set only in a session that runs. */
export interface KnobEntry {
  readonly knob: KnobReport;
  readonly session: SessionState;
}

/** Makes the card of a knob. */
export function knobCard(first: KnobEntry, actions: KnobActions): View<KnobEntry> {
  let knob = first.knob;
  const name = el('strong');
  const tunes = el('span', 'dim');
  const live = badge('live');
  live.title = 'can be set while the program runs';
  const value = el('span', 'knob-value');
  const range = el('span', 'dim');
  const remark = el('div', 'dim remark');
  const fault = el('div', 'fault');
  fault.setAttribute('role', 'alert');
  const set = (): void => {
    const typed = field.value();
    const reason = knobFault(knob, typed);
    setText(fault, reason ?? '');
    field.setInvalid(reason !== null);
    if (reason === null) actions.setKnob(knob.id, typed);
  };
  const field = numberField(`New value of ${knob.name}`, set);
  const setButton = button('Set', 'secondary', set);
  setButton.setLabel('Set', `set ${knob.name} in the running program`);
  const source = button('Go to source', 'secondary', () => {
    if (knob.source !== null) actions.openSource(knob.source);
  });
  const setter = el('span', 'knob-setter', field.element, setButton.element);
  const element = el(
    'div',
    'card knob',
    el('div', 'card-title', name, tunes, live),
    el('div', 'knob-line', value, range),
    remark,
    el('div', 'card-buttons', setter, source.element),
    fault,
  );
  return {
    element,
    update(entry) {
      knob = entry.knob;
      element.dataset['knob'] = knob.id;
      setText(name, knob.name);
      setText(tunes, knob.stage ?? knob.queue ?? '');
      setText(value, knobValue(knob.value));
      setText(range, knobRange(knob));
      field.setPlaceholder(knobValue(knob.value));
      setText(remark, knob.remark ?? '');
      remark.hidden = knob.remark === null;
      live.hidden = !knob.live;
      setter.hidden = !knob.live || entry.session !== 'live';
      source.setShown(knob.source !== null);
    },
  };
}
