/** Asks for what is searched for: paced while one types, and again when there is more of the session. */
import { paced } from '../frames.js';
import type { PanelHandle, Updated } from '../handle.js';
import { withSearchReply } from './search.js';
import type { PanelState } from '../state.js';

const ASK_EVERY_MS = 150;
/** A session that goes on is searched again so often. */
const RENEW_EVERY_MS = 2000;

/** Asks for what is typed, and again when there is more of the session. `answered` is called after each answer. */
export function createSearchQuestions(handle: PanelHandle, answered: () => void): Updated {
  let asked: { readonly text: string; readonly generation: number; isAnswered: boolean } | null =
    null;
  /** Nothing answers the text that stands there, and nothing will. */
  const isUnasked = ({ search }: PanelState): boolean =>
    asked?.text !== search.text.trim() || (asked.isAnswered && search.reply === null);
  const isOld = ({ search, snapshot }: PanelState): boolean =>
    search.reply !== null && asked?.generation !== snapshot?.generation;
  const ask = (): void => {
    const state = handle.state();
    const text = state.search.text.trim();
    if (text === '' || state.snapshot === null || !(isUnasked(state) || isOld(state))) return;
    const question = { text, generation: state.snapshot.generation, isAnswered: false };
    asked = question;
    handle.ask({ kind: 'search', text }, (reply) => {
      question.isAnswered = true;
      const now = handle.state();
      if (now.search.text.trim() !== text) return;
      handle.change({ ...now, search: withSearchReply(now.search, reply) });
      answered();
    });
  };
  const askSoon = paced<PanelState>(ASK_EVERY_MS, ask);
  const renewSoon = paced<PanelState>(RENEW_EVERY_MS, ask);
  return {
    update(state) {
      if (state.search.text.trim() === '') asked = null;
      else if (state.snapshot === null) return;
      else if (isUnasked(state)) askSoon(state);
      else if (isOld(state)) renewSoon(state);
    },
  };
}
