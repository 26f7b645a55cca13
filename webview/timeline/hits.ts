/**
 * What is under the pointer? Two questions that must not displace each other: the hover, asked for each movement, and the
 * click. Their answers come the same way, so both draw their numbers from one counter.
 */
import type { HitReply } from '../../extension/core/panel/hit.js';
import type { Bridge } from '../bridge.js';
import { counter, singleFlight } from '../singleFlight.js';

export interface HitQuestion {
  readonly row: number;
  readonly level: number;
  readonly atNs: number;
  readonly toleranceNs: number;
  /** What the panel shows now; times of functions are summed over it. */
  readonly range: { readonly fromNs: number; readonly toNs: number };
  /** Where the pointer was, for the tooltip. */
  readonly clientX: number;
  readonly clientY: number;
  /** What to do with the answer. */
  readonly then: 'hover' | 'select' | 'zoom';
}

export interface Hits {
  ask(question: HitQuestion): void;
  take(reply: HitReply): void;
}

const LOST_AFTER_MS = 3000;

/** `answered` is called with each answer that is not old. */
export function createHits(
  bridge: Pick<Bridge, 'post'>,
  answered: (question: HitQuestion, hit: HitReply['hit']) => void,
): Hits {
  const setup = {
    nextSeq: counter(),
    nowMs: (): number => performance.now(),
    lostAfterMs: LOST_AFTER_MS,
  };
  const send = (question: HitQuestion, seq: number): void => {
    const { row, atNs, toleranceNs, level, range } = question;
    bridge.post({ kind: 'hit', request: { seq, row, atNs, toleranceNs, level, range } });
  };
  const hover = singleFlight(send, setup);
  const click = singleFlight(send, setup);
  return {
    ask(question) {
      (question.then === 'hover' ? hover : click).ask(question);
    },
    take(reply) {
      const question = hover.settle(reply.seq) ?? click.settle(reply.seq);
      if (question !== null) answered(question, reply.hit);
    },
  };
}
