/** The outcome of something that can fail in the outside world: a socket, a file, a byte that should not be there. */
export type Result<T, E = string> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** Wraps a success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Wraps a failure. */
export function fail<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** States what the code around it has already made sure of. Throws when that is not so: a bug of ours, never bad input. */
export function assert(condition: unknown, what: string): asserts condition {
  if (condition !== true) throw new Error(`Sluice bug: ${what}`);
}

/** Closes a switch over a union: compiles only when every case is handled. */
export function unreachable(value: never): never {
  throw new Error(`Sluice bug: unhandled case ${JSON.stringify(value)}`);
}
