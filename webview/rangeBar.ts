/** Says which stretch of time numbers are about, and widens it to all of the session. */
import { button } from './controls.js';
import { el, setText } from './dom.js';
import type { PanelHandle } from './handle.js';
import { isWhole, shownRangeText } from './shownRange.js';
import { withNavigation, type PanelState } from './state.js';

export interface RangeBar {
  readonly element: HTMLElement;
  update(state: PanelState): void;
}

/** Makes the bar. */
export function createRangeBar(handle: PanelHandle): RangeBar {
  const text = el('span', 'range-text');
  const whole = button('Whole session', 'secondary', () => {
    handle.change(withNavigation({ ...handle.state(), marked: null }, { kind: 'fit' }));
  });
  return {
    element: el('span', 'range-bar', text, whole.element),
    update(state) {
      setText(text, shownRangeText(state));
      whole.setShown(!isWhole(state));
    },
  };
}
