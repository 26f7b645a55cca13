/** Knobs that are on trial: what each is turned back to, and when. Nothing but the book; `KnobCalls` turns them. */

/** Terms of a lease. */
export interface LeaseTerms {
  /** What the knob gets back; Infinity: unlimited. */
  readonly value: number;
  readonly leaseMs: number;
}

interface Lease extends LeaseTerms {
  readonly untilMs: number;
}

/** Leases by knob. Times are milliseconds of one clock that only the caller knows. */
export class KnobLeases {
  readonly #leases = new Map<number, Lease>();

  get size(): number {
    return this.#leases.size;
  }

  /** Begins a lease, in place of one that the knob has. */
  take(knob: number, terms: LeaseTerms, nowMs: number): void {
    this.#leases.set(knob, { ...terms, untilMs: nowMs + terms.leaseMs });
  }

  /** The knob keeps the value that it has. */
  end(knob: number): void {
    this.#leases.delete(knob);
  }

  /** All leases begin anew; false: there is none. */
  hold(nowMs: number): boolean {
    for (const [knob, lease] of this.#leases) {
      this.#leases.set(knob, { ...lease, untilMs: nowMs + lease.leaseMs });
    }
    return this.#leases.size > 0;
  }

  /** Ends the leases that have run out: values to turn back to, by knob. */
  takeExpired(nowMs: number): ReadonlyMap<number, number> {
    const values = new Map<number, number>();
    for (const [knob, { value, untilMs }] of this.#leases) {
      if (untilMs > nowMs) continue;
      values.set(knob, value);
      this.#leases.delete(knob);
    }
    return values;
  }

  /** Ends all leases. */
  takeAll(): ReadonlyMap<number, number> {
    return this.takeExpired(Infinity);
  }
}
