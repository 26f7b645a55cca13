/** Asks about the stretch that a view is about, and again when there is newer data of it. */
import { createFetcher } from './fetcher.js';
import type { PanelHandle } from './handle.js';
import type { Question, ReplyTo } from './queries.js';
import { isHeld } from './shownRange.js';
import type { PanelState } from './state.js';

type RangeQuestion = Extract<Question, { kind: 'flame' | 'executions' }>;

/** Returns what is to be called with each state that the view shows; null: it shows none. `show` gets the answers. */
export function rangeAsker<Q extends RangeQuestion>(
  handle: PanelHandle,
  questionOf: (state: PanelState) => Q,
  show: (reply: ReplyTo<Q['kind']>) => void,
): (state: PanelState | null) => void {
  const fetcher = createFetcher();
  return (state) => {
    if (state === null) {
      fetcher.want(null);
      return;
    }
    const question = questionOf(state);
    const { fromNs, toNs, ...rest } = question;
    const time = `${fromNs} ${toNs}`;
    fetcher.want({
      // A stretch that moves with the newest data is the same question about newer data.
      key: JSON.stringify([rest, isHeld(state) ? time : null]),
      stamp: `${time} ${state.snapshot?.generation ?? -1}`,
      send: (done) => {
        handle.ask(question, (reply) => {
          show(reply);
          done();
        });
      },
    });
  };
}
