/** Buttons that lead a knob back to what it was; each hides itself when it leads nowhere. */
import type { FormerValue, RevertTo } from '../../extension/core/panel/knobHistory.js';
import type { RunningTrial } from '../../extension/core/panel/live.js';
import type { KnobReport } from '../../extension/core/report/report.js';
import { button, type Button } from '../controls.js';
import { knobValue } from '../texts.js';
import type { LiveActions } from './liveActions.js';

/** Where a knob may go back to. */
export interface Ways {
  readonly knob: KnobReport;
  /** The value that is shown. */
  readonly value: number | null;
  /** It can be set. */
  readonly isSettable: boolean;
  /** null: it was never changed. */
  readonly start: FormerValue | null;
  readonly before: FormerValue | null;
  readonly running: RunningTrial | null;
}

export interface WaysBack {
  readonly elements: readonly HTMLElement[];
  update(ways: Ways): void;
}

/** Whether a knob is turned by a trial. */
export function isTurned(running: RunningTrial | null, knob: string): boolean {
  return running?.moves.some((move) => move.knob === knob) === true;
}

/** Shows a way back to a value; null: there is none. */
function showWay(way: Button, label: string, to: FormerValue | null, title: string): void {
  way.setShown(to !== null);
  if (to !== null) way.setLabel(`${label} ${knobValue(to.value)}`, title);
}

/** The ways that lead somewhere. */
function openWays(
  { start, before, value, isSettable }: Ways,
  isOnTrial: boolean,
): Pick<Ways, 'start' | 'before'> {
  if (!isSettable) return { start: null, before: null };
  // A trial turns it to and fro: the way to the start stays.
  const isOff = isOnTrial || start?.value !== value;
  const isElsewhere = before?.value !== value && before?.value !== start?.value;
  return { start: isOff ? start : null, before: isElsewhere && !isOnTrial ? before : null };
}

/** Makes the buttons. */
export function waysBack(actions: LiveActions): WaysBack {
  let knob = '';
  const wayTo = (to: RevertTo): Button =>
    button('Revert', 'secondary', () => {
      actions.revertKnobs(knob, to);
    });
  const toStart = wayTo('start');
  const toBefore = wayTo('before');
  return {
    elements: [toStart.element, toBefore.element],
    update(ways) {
      const { id, name } = ways.knob;
      knob = id;
      const isOnTrial = isTurned(ways.running, id);
      const stops = isOnTrial ? '; the trial is stopped first' : '';
      const open = openWays(ways, isOnTrial);
      const title = `${name} as it was when the program started${stops}`;
      showWay(toStart, 'Revert to', open.start, title);
      showWay(toBefore, 'Back to', open.before, `${name} before the last change`);
    },
  };
}
