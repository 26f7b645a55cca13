/** A number that changes at known moments: a stage's parallelism, a queue's capacity. null: unknown or unlimited. */
export interface Step {
  readonly fromNs: number;
  readonly value: number | null;
}

/** Steps kept per history; a knob that turns more often than this keeps its newest values only. */
const MAX_STEPS = 10_000;

/** The values of a number over time. Before the first step it has the first step's value. */
export class StepHistory {
  /** In time order, never empty. */
  steps: readonly Step[] = [{ fromNs: -Infinity, value: null }];
  /** Grows with every change. */
  version = 0;
  private known = false;

  /** The newest value. */
  get current(): number | null {
    return this.steps.at(-1)?.value ?? null;
  }

  /** The value at a moment. */
  at(ns: number): number | null {
    let value = this.steps[0]?.value ?? null;
    for (const step of this.steps) {
      if (step.fromNs > ns) break;
      value = step.value;
    }
    return value;
  }

  /** When the value changes next, behind a moment; Infinity: never. */
  nextChange(ns: number): number {
    for (const { fromNs } of this.steps) if (fromNs > ns) return fromNs;
    return Infinity;
  }

  /**
   * A declaration says that the value is this. Declarations carry no time, so a change is dated to `nowNs`, the newest
   * moment seen so far, until a knob change with an exact time says better.
   */
  declare(value: number | null, nowNs: number): void {
    if (!this.known) {
      this.known = true;
      this.replace([{ fromNs: -Infinity, value }]);
    } else if (value !== this.current) {
      this.replace([...this.steps, { fromNs: Math.max(nowNs, this.lastFromNs), value }]);
    }
  }

  /** A knob change says that the value is `to` from `atNs` on (and was `from` before, should nothing older be known). */
  change(atNs: number, from: number | null, to: number | null): void {
    const last = this.steps.at(-1);
    if (!this.known) {
      this.known = true;
      this.replace([
        { fromNs: -Infinity, value: from },
        { fromNs: atNs, value: to },
      ]);
    } else if (last?.value !== to) {
      this.replace([...this.steps, { fromNs: atNs, value: to }]);
    } else if (this.steps.length === 1) {
      // Declared with the new value from the start: what came before is only known from here.
      this.replace([
        { fromNs: -Infinity, value: from },
        { fromNs: atNs, value: to },
      ]);
    } else if (this.lastFromNs > atNs) {
      // The declaration of the same change came first, with a later, inexact time.
      this.replace([...this.steps.slice(0, -1), { fromNs: atNs, value: to }]);
    }
  }

  private get lastFromNs(): number {
    return this.steps.at(-1)?.fromNs ?? -Infinity;
  }

  private replace(steps: readonly Step[]): void {
    this.steps = [...steps].sort((a, b) => a.fromNs - b.fromNs).slice(-MAX_STEPS);
    this.version++;
  }
}
