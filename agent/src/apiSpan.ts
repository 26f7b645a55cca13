/** Runs a function as a span. */
import { isPlainPromise } from './plainPromise.js';
import type { ThreadRecorder } from './recorder.js';

const MAX_NAME_CHARS = 200;

/** Runs `fn` and records it as a span; what it returns or throws passes through. */
export function spanned<T>(recorder: ThreadRecorder, name: string, fn: () => T): T {
  const { spans } = recorder;
  const text = typeof name === 'string' && name !== '' ? name.slice(0, MAX_NAME_CHARS) : 'span';
  const span = spans.begin(text, recorder.now());
  let result: T;
  let hasReturned = false;
  // `finally` and not `catch`: an error that is caught and thrown again is reported at the wrong line.
  try {
    result = fn();
    hasReturned = true;
  } finally {
    if (!hasReturned) spans.end(span, recorder.now());
  }
  if (!isPlainPromise(result)) {
    spans.end(span, recorder.now());
    return result;
  }
  const continued = spans.continues(span);
  const settled = result.then(
    (value) => {
      spans.endAsync(continued, recorder.now());
      return value;
    },
    (error: unknown) => {
      spans.endAsync(continued, recorder.now());
      throw error;
    },
  );
  // Same settlement, one microtask later; see plainPromise.ts.
  return settled as T;
}
