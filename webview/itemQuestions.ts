/** Asks for the way of the item that is followed: when it is chosen, when the panel comes back, while it is under way. */
import type { ItemReply } from '../extension/core/panel/query.js';
import { followedOf, pathTimes, type Followed } from './followed.js';
import { paced } from './frames.js';
import type { PanelHandle } from './handle.js';
import type { Updated } from './parts.js';
import type { PanelState } from './state.js';
import { formatCount } from '../extension/core/format.js';

export interface ItemQuestions extends Updated {
  /** Follows the item of the execution that is selected. */
  readonly follow: () => void;
  /** Follows the item whose number is one higher or lower. */
  readonly step: (by: 1 | -1) => void;
}

/** What the questions tell besides changes of the state. */
export interface ItemEvents {
  /** A way came that was asked for by the user: he wants to see it. */
  readonly found: (followed: Followed) => void;
  /** Why there is nothing to be seen; null: there is. */
  readonly said: (text: string | null) => void;
}

/** The end of a way that is older than this is the end. */
const UNDER_WAY_NS = 30e9;
const RENEW_EVERY_MS = 1000;

/** Whether more visits may still come. */
export function mayGrow({ followed, snapshot }: PanelState): boolean {
  if (followed === null || snapshot === null) return false;
  const isGoing = snapshot.state === 'live' || snapshot.state === 'reading';
  const times = followed.path === null ? null : pathTimes(followed.path);
  return isGoing && (times === null || times.range.toNs > snapshot.extentNs[1] - UNDER_WAY_NS);
}

const isSame = (a: Followed | null, b: Followed | null): boolean =>
  a?.item === b?.item && a?.pipeline === b?.pipeline && a?.atNs === b?.atNs;

/** Why the item of what is selected cannot be followed; null: it can. */
export function followFault({ selection }: Pick<PanelState, 'selection'>): string | null {
  const hit = selection?.hit;
  if (hit?.kind !== 'execution') return 'Select an execution first: its item can be followed then.';
  return hit.item === null ? `${hit.stage} does not tell which item it works on.` : null;
}

/** Makes the questions. */
export function createItemQuestions(handle: PanelHandle, events: ItemEvents): ItemQuestions {
  /** Generation in which the present item was asked for last; null: it was not. */
  let askedIn: number | null = null;
  let last: Followed | null = null;

  const take = (reply: ItemReply, missing: string): void => {
    if (reply.path === null) {
      events.said(missing);
      return;
    }
    const followed = followedOf(reply.path);
    last = followed;
    askedIn = handle.state().snapshot?.generation ?? null;
    events.said(null);
    handle.change({ ...handle.state(), followed });
    events.found(followed);
  };
  /** Asks for what the state follows already: nothing moves when the answer comes. */
  const renew = (): void => {
    const { followed, snapshot } = handle.state();
    if (followed === null || snapshot === null) return;
    askedIn = snapshot.generation;
    const { item, atNs, pipeline } = followed;
    handle.ask({ kind: 'itemPath', item, atNs, pipeline }, ({ path }) => {
      const state = handle.state();
      if (!isSame(state.followed, followed)) return;
      if (path !== null) handle.change({ ...state, followed: { ...followed, path } });
      else if (followed.path === null) handle.change({ ...state, followed: null });
    });
  };
  const renewSoon = paced<PanelState>(RENEW_EVERY_MS, renew);

  return {
    follow() {
      const state = handle.state();
      const { selection } = state;
      const fault = followFault(state);
      if (fault !== null) handle.notice('info', fault);
      if (selection?.hit.kind !== 'execution' || selection.hit.item === null) return;
      const { item, startNs, stage } = selection.hit;
      const { row } = selection.mark;
      const missing = `Item ${formatCount(item)} of ${stage} cannot be followed.`;
      handle.ask({ kind: 'itemAt', row, atNs: startNs }, (reply) => {
        take(reply, missing);
      });
    },
    step(by) {
      const { followed } = handle.state();
      const item = (followed?.item ?? -1) + by;
      if (followed === null || item < 0) return;
      const { atNs, pipeline } = followed;
      handle.ask({ kind: 'itemPath', item, atNs, pipeline }, (reply) => {
        take(reply, `There is no item ${formatCount(item)} in ${pipeline}.`);
      });
    },
    update(state) {
      const { followed, snapshot } = state;
      if (!isSame(followed, last)) {
        last = followed;
        askedIn = null;
        events.said(null);
        if (followed === null) handle.drop('itemPath');
      }
      if (followed === null || snapshot === null) return;
      const isDue = askedIn === null ? followed.path === null : askedIn !== snapshot.generation;
      if (isDue && (followed.path === null || mayGrow(state))) renewSoon(state);
    },
  };
}
