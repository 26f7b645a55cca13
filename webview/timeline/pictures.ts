/** Keeps the picture that fits what is on screen: asks for a new one when the present one does not. */
import type { ViewReply } from '../../extension/core/panel/view.js';
import type { Bridge } from '../bridge.js';
import { openReply, type Picture } from './picture.js';
import { counter, singleFlight } from '../singleFlight.js';
import { answers, questionFor, type ViewQuestion, type Wanted } from './viewRequests.js';

/** A host that has not answered for so long has lost the question (it may have been restarted). */
const LOST_AFTER_MS = 5000;
/** One that is slow is given up for a newer question: the engine stops drawing what nobody waits for. */
const SUPERSEDED_AFTER_MS = 300;

export interface Pictures {
  /** Asks for what is wanted unless it is here, which it tells, or on its way. */
  want(wanted: Wanted): boolean;
  /** Takes a reply; old ones are ignored. */
  take(reply: ViewReply): void;
  readonly current: () => Picture | null;
}

/** `changed` is called for each new picture, `failed` with the reason when a reply cannot be used. */
export function createPictures(
  bridge: Pick<Bridge, 'post'>,
  changed: () => void,
  failed: (reason: string) => void,
): Pictures {
  let picture: Picture | null = null;
  let shown: ViewQuestion | null = null;
  let asked: ViewQuestion | null = null;
  const flight = singleFlight<ViewQuestion>(
    (question, seq) => {
      bridge.post({ kind: 'view', request: { seq, ...question.request } });
      // Looks again when the answer should be lost: the loop draws only on changes, and none may come.
      setTimeout(changed, LOST_AFTER_MS + 100);
    },
    {
      nextSeq: counter(),
      nowMs: () => performance.now(),
      lostAfterMs: LOST_AFTER_MS,
      supersededAfterMs: SUPERSEDED_AFTER_MS,
    },
  );
  return {
    want(wanted) {
      if (shown !== null && answers(shown, wanted)) return true;
      if (flight.busy && asked !== null && answers(asked, wanted)) return false;
      asked = questionFor(wanted);
      flight.ask(asked);
      return false;
    },
    take(reply) {
      const question = flight.settle(reply.seq);
      if (question === null) return;
      const opened = openReply(reply);
      // A reply that cannot be used still answers its question: asking again at once would only fail again.
      shown = question;
      if ('fault' in opened) failed(opened.fault);
      else picture = opened;
      changed();
    },
    current: () => picture,
  };
}
