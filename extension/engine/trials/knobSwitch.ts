/** The knobs of a trial, between the setting as it is and the candidate. The candidate is always on a lease. */
import { ok, type Result } from '../../../agent/wire/result.js';
import type { Side } from '../../core/trials/blockOrder.js';
import type { KnobLease } from '../liveKnobs.js';

/** A knob of a trial: its value as it is (null: unlimited), and the candidate's. */
export interface TurnedKnob {
  readonly knob: string;
  readonly from: number | null;
  readonly to: number;
}

/** What turns knobs in the program: `LiveKnobs`. */
export interface KnobTurner {
  set(knob: string, value: number, lease: KnobLease | null): Promise<Result<null>>;
  hold(pid: number): Promise<Result<null>>;
  release(pid: number, keep: boolean): Promise<Result<null>>;
}

/** A hung engine is noticed by the agent after this time. */
export const LEASE_MS = 1500;
const HOLD_MS = 300;

/** Owns the leases of one trial. `dispose` gives the knobs back, unless they were kept. */
export class KnobSwitch {
  readonly #turner: KnobTurner;
  readonly #knobs: readonly TurnedKnob[];
  readonly #pids: readonly number[];
  #side: Side = 'a';
  #timer: NodeJS.Timeout | null = null;
  #heldMs = 0;
  #lost: string | null = null;

  constructor(turner: KnobTurner, knobs: readonly TurnedKnob[]) {
    this.#turner = turner;
    this.#knobs = knobs;
    this.#pids = [...new Set(knobs.map(({ knob }) => Number(knob.split(':')[0])))];
  }

  get side(): Side {
    return this.#side;
  }

  /** Why the candidate is not in effect any more though nobody took it back; null: it is. */
  get lost(): string | null {
    if (this.#side === 'a') return null;
    if (this.#lost === null && performance.now() - this.#heldMs > LEASE_MS) {
      this.#lost = 'the lease ran out, because this process was busy for too long';
    }
    return this.#lost;
  }

  /** Puts the program under one of the settings. On failure it is under the old one. */
  async to(side: Side): Promise<Result<null>> {
    if (side === this.#side) return ok(null);
    return side === 'b' ? this.#candidate() : this.#back();
  }

  /** The candidate stays, for good. */
  async keep(): Promise<Result<null>> {
    const set = await this.to('b');
    if (!set.ok) return set;
    const kept = await this.#release(true);
    if (kept.ok) this.#side = 'a';
    else await this.#back();
    return kept;
  }

  /** Takes the candidate back if it is in effect. A program that is gone needs nothing. */
  async dispose(): Promise<void> {
    await this.to('a');
  }

  async #candidate(): Promise<Result<null>> {
    this.#lost = null;
    this.#heldMs = performance.now();
    // From the first knob on something must be taken back.
    this.#side = 'b';
    for (const { knob, from, to } of this.#knobs) {
      const set = await this.#turner.set(knob, to, { restore: from, leaseMs: LEASE_MS });
      if (set.ok) continue;
      await this.#back();
      return set;
    }
    this.#timer = setInterval(() => void this.#hold(), HOLD_MS);
    return ok(null);
  }

  async #back(): Promise<Result<null>> {
    const released = await this.#release(false);
    this.#side = 'a';
    return released;
  }

  async #release(keep: boolean): Promise<Result<null>> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    let answer: Result<null> = ok(null);
    for (const pid of this.#pids) {
      const released = await this.#turner.release(pid, keep);
      if (!released.ok) answer = released;
    }
    return answer;
  }

  async #hold(): Promise<void> {
    const sentMs = performance.now();
    const held = await Promise.all(this.#pids.map(async (pid) => this.#turner.hold(pid)));
    if (this.#timer === null) return;
    const refused = held.find((answer) => !answer.ok);
    if (refused?.ok === false) this.#lost = refused.error;
    else this.#heldMs = sentMs;
  }
}
