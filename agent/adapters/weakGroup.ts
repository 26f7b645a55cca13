/** Objects of the program (queues, limiters, streams of one place) that a knob reaches and does not keep alive. */

/** Live ones that a knob reaches; those beyond are left as the program made them. */
const MAX_MEMBERS = 1000;
/** A full group looks for collected members only so often: a look costs some ten microseconds. */
const ADDITIONS_PER_SWEEP = 100;

/** A bounded set of weak references. */
export class WeakGroup<T extends object> {
  readonly #members = new Set<WeakRef<T>>();
  #beforeSweep = 0;

  /** Takes in an object that was just made; not if a thousand others live. */
  add(member: T): void {
    if (this.#members.size >= MAX_MEMBERS) this.#sweepNowAndThen();
    if (this.#members.size < MAX_MEMBERS) this.#members.add(new WeakRef(member));
  }

  /** Calls `act` with each member that is still there. Throws what `act` throws. */
  forEach(act: (member: T) => void): void {
    for (const reference of this.#members) {
      const member = reference.deref();
      if (member !== undefined) act(member);
    }
  }

  #sweepNowAndThen(): void {
    if (this.#beforeSweep > 0) {
      this.#beforeSweep--;
      return;
    }
    this.#beforeSweep = ADDITIONS_PER_SWEEP - 1;
    for (const reference of this.#members) {
      if (reference.deref() === undefined) this.#members.delete(reference);
    }
  }
}
