/**
 * Asks for the figures of the marked stretch: while it is dragged not more often than one can read, one question at a time, and
 * anew when more of the stretch has become known.
 */
import type { StatsReply } from '../../extension/core/panel/query.js';
import type { SessionState } from '../../extension/core/panel/snapshot.js';
import { paced } from '../frames.js';
import type { PanelHandle, Updated } from '../handle.js';
import { histogramRowOf } from './rangeState.js';
import { counter, singleFlight } from '../singleFlight.js';
import type { PanelState } from '../state.js';

const ASK_EVERY_MS = 120;
/** An answer that has not come for so long is not waited for. */
const LOST_AFTER_MS = 5000;
/** Nor asked again for ever: a host that fails says so each time. */
const MAX_RETRIES = 3;
/** Records come some time after what they tell of: until then a stretch that the session has passed may still gain some. */
const LATE_NS = 2e9;

/** What is asked, and what was known when it was. */
export interface RangeQuestion {
  readonly fromNs: number;
  readonly toNs: number;
  readonly row: number | null;
  readonly session: SessionState;
  readonly generation: number;
  /** Up to where the session was known. */
  readonly knownNs: number;
}

/** What a state asks for; null: nothing is marked, or there is nothing to have figures of. */
export function questionOf(state: PanelState): RangeQuestion | null {
  const { marked, snapshot } = state;
  if (marked === null || snapshot?.emptyText !== null) return null;
  const { state: session, generation, extentNs } = snapshot;
  return { ...marked, row: histogramRowOf(state), session, generation, knownNs: extentNs[1] };
}

/** Whether the answer to one question answers another one as well. */
export function isAnsweredBy(question: RangeQuestion, asked: RangeQuestion): boolean {
  const { fromNs, toNs, row, session, generation } = question;
  if (fromNs !== asked.fromNs || toNs !== asked.toNs || row !== asked.row) return false;
  if (session !== asked.session) return false;
  if (generation === asked.generation || (session !== 'live' && session !== 'reading')) return true;
  // A file is not read in the order of time.
  return session === 'live' && asked.knownNs > toNs + LATE_NS;
}

/** Asks whenever the state wants other figures than were asked for last. `nowMs`: for tests. */
export function createRangeQuestions(
  handle: PanelHandle,
  nowMs = (): number => performance.now(),
): Updated {
  let asked: RangeQuestion | null = null;
  let isAnswered = false;
  let retries = 0;
  const look = (): void => {
    const question = questionOf(handle.state());
    if (question === null || (asked !== null && isAnsweredBy(question, asked))) return;
    asked = question;
    isAnswered = false;
    flight.ask(question);
  };
  const take = (question: RangeQuestion, reply: StatsReply): void => {
    isAnswered ||= asked === question;
    retries = 0;
    const state = handle.state();
    if (state.marked === null) return;
    // From now on the histogram is of this stage, also when another one becomes the bottleneck.
    const { row } = question;
    const histogramRow = state.histogramRow ?? row;
    handle.change({ ...state, figures: { ...reply, askedRow: row }, histogramRow });
  };
  const flight = singleFlight<RangeQuestion>(
    (question, seq) => {
      const { fromNs, toNs, row } = question;
      handle.ask({ kind: 'stats', fromNs, toNs, row }, (reply) => {
        flight.settle(seq);
        take(question, reply);
      });
      setTimeout(() => {
        // Perhaps the host that was asked is gone; what was wanted meanwhile still waits for its answer.
        if (isAnswered || !flight.isUnderWay(seq) || retries >= MAX_RETRIES) return;
        retries += 1;
        asked = null;
        look();
      }, LOST_AFTER_MS + 100);
    },
    { nextSeq: counter(), nowMs, lostAfterMs: LOST_AFTER_MS },
  );
  const lookSoon = paced<PanelState>(ASK_EVERY_MS, look);
  return {
    update(state) {
      if (state.marked === null) asked = null;
      else lookSoon(state);
    },
  };
}
