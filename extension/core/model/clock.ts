/** Ticks of a trace as nanoseconds since the session's anchor. */
import { TICKS_PER_SECOND } from '../../../agent/wire/format.js';
import type { FxtEvent } from '../../../agent/wire/records.js';
import { highOfNs, nsSince, TWO_32 } from '../../../agent/wire/ticks.js';

/**
 * The anchor is the first tick seen, so all times of a session are small numbers that a double holds exactly. Records of
 * other threads may lie before it: negative times are ordinary.
 */
export class SessionClock {
  private anchorHi = 0;
  private anchorLo = 0;
  private isAnchored = false;
  private nsPerTick = 1;

  /** The trace counts other ticks than nanoseconds (foreign files). Must come before the first event. */
  setTicksPerSecond(ticksPerSecond: number): void {
    if (ticksPerSecond > 0) this.nsPerTick = TICKS_PER_SECOND / ticksPerSecond;
  }

  /** Nanoseconds since the anchor; the first call sets it. */
  at(hi: number, lo: number): number {
    if (!this.isAnchored) {
      this.isAnchored = true;
      this.anchorHi = hi;
      this.anchorLo = lo;
    }
    return nsSince(this.anchorHi, this.anchorLo, hi, lo) * this.nsPerTick;
  }

  /**
   * Writes when an event happened to a row, and how long it took by the word behind its arguments (which says something else in
   * events that take no time). From object to object and with `nsSince` written out: a number that is handed from call to call
   * would cost an object each.
   */
  read(event: Readonly<FxtEvent>, row: { startNs: number; durationNs: number }): void {
    const { ticksHi, ticksLo, extraHi, extraLo } = event;
    const { anchorHi, anchorLo, nsPerTick } = this;
    if (!this.isAnchored) {
      this.at(ticksHi, ticksLo);
      this.read(event, row);
      return;
    }
    row.startNs = ((ticksHi - anchorHi) * TWO_32 + (ticksLo - anchorLo)) * nsPerTick;
    row.durationNs = ((extraHi - ticksHi) * TWO_32 + (extraLo - ticksLo)) * nsPerTick;
  }

  /** The same for a monotonic time in nanoseconds, as declarations carry it. */
  atMonotonic(ns: number): number {
    const whole = Math.floor(ns);
    return this.at(highOfNs(whole), whole >>> 0);
  }
}
