/** A place in a timeline that moves forward with whoever walks through time. Good until the timeline is advanced. */
import { BREAKPOINT_MASK, type Breakpoints } from './breakpoints.js';
import type { FreeStateTimeline } from './freeState.js';

/** Breakpoints that are looked at one by one before a search. */
const NEAR = 8;

/** The stretch at hand and its weights, without a search for each step. */
export class TimelineCursor {
  untilNs = -Infinity;
  blocked = 0;
  starved = 0;
  private fromNs = Infinity;
  private segment = -1;
  private data: Breakpoints | null = null;
  private readonly timeline: FreeStateTimeline;

  constructor(timeline: FreeStateTimeline) {
    this.timeline = timeline;
  }

  /** Goes to the stretch that holds at `ns`. */
  seek(ns: number): void {
    if (ns >= this.fromNs) {
      for (let i = 0; i < NEAR; i++) {
        if (ns < this.untilNs) return;
        this.next();
      }
      if (ns < this.untilNs) return;
    }
    this.segment = this.timeline.segmentAt(ns);
    this.data = this.timeline.breakpoints(this.segment);
    this.take();
  }

  private next(): void {
    this.segment++;
    if ((this.segment & BREAKPOINT_MASK) === 0) this.data = this.timeline.breakpoints(this.segment);
    this.take();
  }

  private take(): void {
    const { timeline, segment, data } = this;
    const row = segment & BREAKPOINT_MASK;
    if (data === null) return;
    this.fromNs = data.atNs[row] ?? NaN;
    this.blocked = data.blocked[row] ?? 0;
    this.starved = data.starved[row] ?? 0;
    const isInside = row < BREAKPOINT_MASK && segment + 1 < timeline.length;
    this.untilNs = isInside ? (data.atNs[row + 1] ?? NaN) : timeline.nextChange(segment);
  }
}
