/** A slider for a knob: by pointer and by keys. The value may be unlimited, which stands at its end. */
import type { KnobReport } from '../../extension/core/report/report.js';
import { formatCount } from '../../extension/core/format.js';
import { el, setAttribute, setText } from '../dom.js';
import { knobValue } from '../texts.js';
import {
  knobScale,
  positionOf,
  STEPS,
  valueAfterKey,
  valueAt,
  type KnobScale,
} from './knobScale.js';

/** What is shown of a knob. */
export interface SliderState {
  readonly knob: KnobReport;
  readonly value: number | null;
  /** At the start of the program; null: unlimited, or not known. */
  readonly start: number | null;
}

export interface KnobSlider {
  readonly element: HTMLElement;
  /** Somebody has hold of it. */
  readonly isHeld: () => boolean;
  update(state: SliderState): void;
}

/** What a slider tells. */
export interface SliderEvents {
  /** With each move. */
  readonly moved: (value: number) => void;
  /** It was let go. */
  readonly released: () => void;
}

/** Makes the slider. */
export function knobSlider(events: SliderEvents): KnobSlider {
  const input = el('input', 'knob-range');
  input.type = 'range';
  input.min = '0';
  input.max = String(STEPS);
  const least = el('span', 'dim');
  const most = el('span', 'dim');
  const mark = el('span', 'knob-start');
  const track = el('span', 'knob-track', input, mark);
  let scale: KnobScale = { min: 0, max: 1, isOpen: false, isLog: false };
  let value: number | null = null;
  let isHeld = false;
  const show = (): void => {
    const position = positionOf(scale, value);
    input.value = String(position);
    input.style.setProperty('--share', String(position / STEPS));
    setAttribute(input, 'aria-valuetext', knobValue(value));
  };
  const move = (to: number): void => {
    value = to;
    show();
    events.moved(to);
  };
  input.addEventListener('pointerdown', () => {
    isHeld = true;
  });
  input.addEventListener('input', () => {
    const to = valueAt(scale, Number(input.value));
    if (to !== value) move(to);
  });
  for (const end of ['change', 'pointerup', 'pointercancel', 'blur'] as const) {
    input.addEventListener(end, () => {
      if (!isHeld) return;
      isHeld = false;
      events.released();
    });
  }
  input.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = valueAfterKey(scale, value, event.key);
    if (to === null) return;
    event.preventDefault();
    if (to !== value) move(to);
  });
  return {
    element: el('div', 'knob-slider', least, track, most),
    isHeld: () => isHeld,
    update({ knob, value: next, start }) {
      setAttribute(input, 'aria-label', `${knob.name}, ${knob.stage ?? knob.queue ?? 'knob'}`);
      // Under somebody's hand nothing moves.
      if (isHeld) return;
      scale = knobScale({ ...knob, value: next }, start);
      value = next;
      setText(least, formatCount(scale.min));
      setText(most, scale.isOpen ? '∞' : formatCount(scale.max));
      mark.hidden = start === null || start === next;
      mark.style.setProperty('--share', String(positionOf(scale, start) / STEPS));
      show();
    },
  };
}
