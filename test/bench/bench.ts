/** One measured figure. A ratio carries the limit that the project promises, so that a run can be judged at a glance. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  /** `ns`, `x`, `1/s`, `bytes`, ... */
  readonly unit: string;
  readonly note?: string;
  /** The promise: `value` must not be above (`max`) or below (`min`). */
  readonly max?: number;
  readonly min?: number;
}

/** What every `*.bench.ts` exports as `bench`. */
export type Bench = () => Promise<readonly BenchRow[]>;
