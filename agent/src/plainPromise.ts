/**
 * Which results can be waited for without changing them.
 *
 * To learn when a promise settles one must hang a handler on it, and a promise with a handler no longer counts as unhandled:
 * a program that would have died of a rejection would live on. So the caller gets the promise that `then` returns instead,
 * which settles in the same way one microtask later (Node's own tracing channels do the same). That is only right for plain
 * promises: a subclass may carry methods that the caller needs (`cancel`), and calling `then` on other thenables may start
 * work (query builders do). Those are passed on untouched, and their stage says in a note that it cannot be timed.
 */

/** Is this a promise of the language itself, nothing more? */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Promise.prototype &&
    value instanceof Promise
  );
}

/** Is this something else that can be awaited? */
export function isOtherThenable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
