/**
 * Learning when a task is over from what it returned, on the way to a library that waits for it.
 *
 * A plain promise gets our reactions before the library's, and is passed on as it is: the library attaches its own in any
 * case, so nothing becomes handled that was not, and no microtask comes later. Another thenable must be asked only once
 * (query builders start work when asked), so the library gets one in its place that asks it when the library asks.
 */
import { isPlainPromise } from '../src/plainPromise.js';
import { isCallable } from './construct.js';

/** Called when the task is over, with its result or its error. */
export type Done = (isFailed: boolean, value: unknown) => void;

// Taken once: a promise of the program may carry a `then` of its own, which `await` would not call either.
// eslint-disable-next-line @typescript-eslint/unbound-method -- called through Reflect.apply only
const { then } = Promise.prototype;

function thenOf(value: object): unknown {
  try {
    return Reflect.get(value, 'then');
  } catch {
    // The library will come across the same error, and knows what to do with it.
    return undefined;
  }
}

/** Calls `done` and then the reaction, as the library would have been called. */
function reaction(next: unknown, isFailed: boolean, done: Done): (...args: unknown[]) => unknown {
  return (...args) => {
    done(isFailed, args[0]);
    return isCallable(next) ? Reflect.apply(next, undefined, args) : undefined;
  };
}

/**
 * What to hand to the library instead of `value`, which a task returned; `done` is called when it settles, at once when
 * there is nothing to wait for.
 */
export function onSettled(value: unknown, done: Done): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
    done(false, value);
    return value;
  }
  if (isPlainPromise(value)) {
    void Reflect.apply(then, value, [
      (result: unknown) => {
        done(false, result);
      },
      (error: unknown) => {
        done(true, error);
      },
    ]);
    return value;
  }
  const theirs = thenOf(value);
  if (!isCallable(theirs)) {
    done(false, value);
    return value;
  }
  return {
    then: (resolve: unknown, reject: unknown): unknown =>
      Reflect.apply(theirs, value, [reaction(resolve, false, done), reaction(reject, true, done)]),
  };
}
