/** Work that can be left and taken up again between any two steps. */
export interface Job<T> {
  /** Does a little, well under a millisecond as a rule; false when there is nothing left to do. */
  step(): boolean;
  /** The result, once `step` has returned false. */
  finish(): T;
}

/** A generator as a job: each `yield` is a place where it may be left. */
export function generatorJob<T>(work: Generator<undefined, T>): Job<T> {
  let result: { readonly value: T } | null = null;
  return {
    step() {
      if (result !== null) return false;
      const next = work.next();
      if (next.done === true) result = { value: next.value };
      return result === null;
    },
    finish() {
      if (result === null) throw new Error('the job has not been done yet');
      return result.value;
    },
  };
}

/** Does all of it at once. */
export function runJob<T>(job: Job<T>): T {
  while (job.step());
  return job.finish();
}
