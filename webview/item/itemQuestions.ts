/** Asks for the way of the item that is followed: when it is chosen, when the panel comes back, while it is under way. */
import type { ItemReply } from '../../extension/core/panel/query.js';
import { followedOf, pathTimes, type Followed } from './followed.js';
import { paced } from '../frames.js';
import type { PanelHandle, Updated } from '../handle.js';
import type { PanelState } from '../state.js';
import { formatCount } from '../../extension/core/format.js';

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

/** The questions; `events` are called when answers come. */
export class ItemQuestions implements Updated {
  private readonly handle: PanelHandle;
  private readonly events: ItemEvents;
  /** Generation in which the present item was asked for last; null: it was not. */
  private askedIn: number | null = null;
  private last: Followed | null = null;
  private readonly renewSoon = paced<PanelState>(RENEW_EVERY_MS, () => {
    this.renew();
  });

  constructor(handle: PanelHandle, events: ItemEvents) {
    this.handle = handle;
    this.events = events;
  }

  /** Follows the item of the execution that is selected. */
  follow(): void {
    const state = this.handle.state();
    const { selection } = state;
    const fault = followFault(state);
    if (fault !== null) this.handle.notice('info', fault);
    if (selection?.hit.kind !== 'execution' || selection.hit.item === null) return;
    const { item, startNs, stage } = selection.hit;
    const { row } = selection.mark;
    this.handle.ask({ kind: 'itemAt', row, atNs: startNs }, (reply) => {
      this.take(reply, `The way of item ${formatCount(item)} of ${stage} is not known.`);
    });
  }

  /** Follows the item whose number is one higher or lower. */
  step(by: 1 | -1): void {
    const { followed } = this.handle.state();
    if (followed === null || followed.item + by < 0) return;
    const { atNs, pipeline } = followed;
    const item = followed.item + by;
    this.handle.ask({ kind: 'itemPath', item, atNs, pipeline }, (reply) => {
      this.take(reply, `There is no item ${formatCount(item)} in ${pipeline}.`);
    });
  }

  update(state: PanelState): void {
    const { followed, snapshot } = state;
    if (!isSame(followed, this.last)) {
      this.last = followed;
      this.askedIn = null;
      this.events.said(null);
      if (followed === null) this.handle.drop('itemPath');
    }
    if (followed === null || snapshot === null) return;
    const isNew = this.askedIn === null && followed.path === null;
    const isOld = this.askedIn !== null && this.askedIn !== snapshot.generation;
    if (isNew || (isOld && mayGrow(state))) this.renewSoon(state);
  }

  private take(reply: ItemReply, missing: string): void {
    if (reply.path === null) {
      this.events.said(missing);
      return;
    }
    const state = this.handle.state();
    const followed = followedOf(reply.path);
    this.last = followed;
    this.askedIn = state.snapshot?.generation ?? null;
    this.events.said(null);
    this.handle.change({ ...state, followed });
    this.events.found(followed);
  }

  /** Asks for what the state follows already: nothing moves when the answer comes. */
  private renew(): void {
    const { followed, snapshot } = this.handle.state();
    if (followed === null || snapshot === null) return;
    this.askedIn = snapshot.generation;
    const { item, atNs, pipeline } = followed;
    this.handle.ask({ kind: 'itemPath', item, atNs, pipeline }, ({ path }) => {
      const state = this.handle.state();
      if (!isSame(state.followed, followed)) return;
      if (path !== null) this.handle.change({ ...state, followed: { ...followed, path } });
      else if (followed.path === null) this.handle.change({ ...state, followed: null });
    });
  }
}
