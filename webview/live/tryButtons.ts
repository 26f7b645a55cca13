/** The buttons of something that can be tried on the running program and written to its source. */
import type { RunningTrial, WrittenMove } from '../../extension/core/panel/live.js';
import type { SessionState } from '../../extension/core/panel/snapshot.js';
import { button } from '../controls.js';
import { el, setText } from '../dom.js';
import type { LiveActions } from './liveActions.js';

/** What the buttons are about. */
export interface Tryable {
  /** As it is called to those who cannot see the card around it. */
  readonly what: string;
  readonly moves: readonly WrittenMove[];
  readonly why: string;
  /** Why it cannot be tried while the program runs; null: it can. */
  readonly refusal: string | null;
  readonly session: SessionState;
  readonly running: RunningTrial | null;
}

export interface TryButtons {
  readonly elements: readonly HTMLElement[];
  /** Says why it cannot be tried; empty and hidden when it can. */
  readonly remark: HTMLElement;
  update(tryable: Tryable): void;
}

/** Whether just these moves are on trial now. */
export function isOnTrial(running: RunningTrial | null, moves: readonly WrittenMove[]): boolean {
  if (running?.moves.length !== moves.length || moves.length === 0) return false;
  return moves.every(({ knob, to }) =>
    running.moves.some((move) => move.knob === knob && move.to === to),
  );
}

/** Makes the buttons. */
export function tryButtons(actions: LiveActions, label = 'Try live'): TryButtons {
  let current: Tryable | null = null;
  let canTry = false;
  const remark = el('div', 'dim refusal');
  const tryLive = button(label, 'primary', () => {
    if (!canTry || current === null) return;
    const moves = current.moves.map(({ knob, to }) => ({ knob, to }));
    actions.tryLive(moves, current.why);
  });
  const write = button('Write to source', 'secondary', () => {
    if (current !== null) actions.writeToSource(current.moves);
  });
  return {
    elements: [tryLive.element, write.element],
    remark,
    update(tryable) {
      current = tryable;
      const { what, refusal, session, running } = tryable;
      const isLive = session === 'live';
      const busy = running === null ? null : 'a trial is under way: stop it first';
      const reason = refusal ?? busy;
      tryLive.setShown(isLive);
      canTry = reason === null;
      tryLive.setEnabled(canTry);
      tryLive.setLabel(
        label,
        reason ?? `${what}: compare with and without it on the running program`,
      );
      write.setLabel('Write to source', `${what}: change the value in the source`);
      setText(remark, isLive && refusal !== null ? `Not live: ${refusal}` : '');
      remark.hidden = remark.textContent === '';
    },
  };
}
