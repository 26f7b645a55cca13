/** Following a promise that the program gets. */
import { isPlainPromise } from '../src/plainPromise.js';

// Taken once: the program may replace `then`.
// eslint-disable-next-line @typescript-eslint/unbound-method -- called through Reflect.apply only
const { then } = Promise.prototype;

/**
 * The promise that the program should get instead of `value`: it settles in the same way, one microtask later, after
 * `done` was called. It is another one because reacting to the program's own would make a rejection handled that is not;
 * stack traces of `await` reach through it. What is no plain promise is returned as it is, and `done` called at once.
 */
export function followed(value: unknown, done: (isFailed: boolean) => void): unknown {
  if (!isPlainPromise(value)) {
    done(false);
    return value;
  }
  return Reflect.apply(then, value, [
    (result: unknown) => {
      done(false);
      return result;
    },
    (error: unknown) => {
      done(true);
      throw error;
    },
  ]);
}
