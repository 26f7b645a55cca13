/** What the panel's parts ask of the running program, as messages to the host. */
import type { LiveMessage } from '../../extension/core/panel/messages.js';
import type { RevertTo } from '../../extension/core/panel/knobHistory.js';
import type { WrittenMove } from '../../extension/core/panel/live.js';
import type { KnobMove } from '../../extension/core/trials/setting.js';
import type { TuneWish } from '../../extension/core/trials/wish.js';

export interface LiveActions {
  readonly setKnob: (id: string, value: number) => void;
  /** `knob` null: all. */
  readonly revertKnobs: (knob: string | null, to: RevertTo) => void;
  readonly tryLive: (moves: readonly KnobMove[], why: string) => void;
  readonly tune: (wish: TuneWish) => void;
  readonly stopTrials: () => void;
  readonly writeToSource: (moves: readonly WrittenMove[]) => void;
  readonly ignore: (key: string, ignored: boolean) => void;
}

/** The actions, posted. */
export function liveActions(post: (message: LiveMessage) => void): LiveActions {
  return {
    setKnob: (knob, value) => {
      post({ kind: 'setKnob', knob, value });
    },
    revertKnobs: (knob, to) => {
      post({ kind: 'revertKnobs', knob, to });
    },
    tryLive: (moves, why) => {
      post({ kind: 'tryLive', moves: [...moves], why: why.slice(0, 1000) });
    },
    tune: (wish) => {
      post({ kind: 'tune', wish });
    },
    stopTrials: () => {
      post({ kind: 'stopTrials' });
    },
    writeToSource: (moves) => {
      post({ kind: 'writeToSource', moves: [...moves] });
    },
    ignore: (key, ignored) => {
      post({ kind: 'ignore', key, ignored });
    },
  };
}
