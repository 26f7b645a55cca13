/**
 * Monotonic time. `performance.now` is the cheapest clock that Node has, and it is CLOCK_MONOTONIC less an origin of its own
 * in each thread. `performance.timeOrigin` gives that origin only to tens of microseconds, so each thread measures it.
 */

// The functions as they were at the start: fake timers of a test framework must not bend a recording.
const nowMs = performance.now.bind(performance);
const monotonic = process.hrtime.bigint.bind(process.hrtime);

const TRIES = 25;

/** CLOCK_MONOTONIC less `performance.now`, in nanoseconds, from the reading with the narrowest bracket. */
function calibrate(): number {
  let bestOffset = 0;
  let bestBracket = Infinity;
  for (let i = 0; i < TRIES; i++) {
    const before = nowMs() * 1e6;
    const middle = Number(monotonic());
    const after = nowMs() * 1e6;
    if (after - before < bestBracket) {
      bestBracket = after - before;
      bestOffset = middle - (before + after) / 2;
    }
  }
  // Readings are whole nanoseconds from their origin, so with a half in the offset none ever lies at a whole number, where
  // the rounding of doubles would decide which one it becomes.
  return Math.floor(bestOffset) + 0.5;
}

/** Copies of this code in one thread share the offset, so that their times compare exactly. */
const KEY = Symbol.for('sluice.clock.v1');

function sharedOffset(): number {
  const known: unknown = Reflect.get(globalThis, KEY);
  if (typeof known === 'number') return known;
  const offset = calibrate();
  Object.defineProperty(globalThis, KEY, { value: offset, enumerable: false });
  return offset;
}

/** What to add to a reading of `performance.now`, or to a `startTime` of a performance entry, in nanoseconds. */
export const clockOffsetNs = sharedOffset();

function createClock(): () => number {
  // Constants of a function: those of a module are variables once it is bundled, and would be read anew for each call.
  const read = nowMs;
  const offsetNs = clockOffsetNs;
  return () => read() * 1e6 + offsetNs;
}

/** CLOCK_MONOTONIC in nanoseconds. Readings of all threads and processes of a machine compare to about a microsecond. */
export const nowNs = createClock();
