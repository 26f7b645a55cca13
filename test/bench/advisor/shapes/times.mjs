// How long things take: seeded random times, waits that come out right on average, and work that costs a known time on a core.

/** Another number, another run of the same program. */
const run = Number(process.env.SEED ?? 0);

/** Mulberry32: 0 <= x < 1, the same row for the same seed. */
export function randomRow(seed) {
  let state = (seed + 7919 * run) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Times of an exponential distribution. */
export function exponential(mean, seed) {
  const random = randomRow(seed);
  return () => -mean * Math.log(1 - random());
}

/** Times of a lognormal distribution with this mean; `cv` is standard deviation / mean. */
export function lognormal(mean, cv, seed) {
  const random = randomRow(seed);
  const sigma2 = Math.log(1 + cv * cv);
  const mu = Math.log(mean) - sigma2 / 2;
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.exp(mu + Math.sqrt(sigma2) * normal);
  };
}

/** A debt larger than this comes from a busy machine, not from rounding; it is not made up for. */
const MAX_DEBT_MS = 4;

/** A wait in milliseconds. Timers come late and in whole milliseconds: what one wait took too long the next ones take less. */
export function waiter() {
  let debtMs = 0;
  return async (durationMs) => {
    const startMs = performance.now();
    const askedMs = Math.max(1, Math.round(durationMs - debtMs));
    await new Promise((resolve) => setTimeout(resolve, askedMs));
    debtMs += performance.now() - startMs - durationMs;
    debtMs = Math.min(Math.max(debtMs, -MAX_DEBT_MS), MAX_DEBT_MS);
  };
}

function turns(count, start) {
  let hash = start;
  for (let i = 0; i < count; i++) hash = Math.imul(hash ^ i, 0x9e3779b1) ^ (hash >>> 15);
  return hash;
}

/** Turns of the loop in a millisecond of a core that nobody else uses: the best of some tries. */
export function calibrate() {
  const count = 1_000_000;
  turns(count, 1);
  let bestMs = Infinity;
  for (let i = 0; i < 12; i++) {
    const startMs = performance.now();
    turns(count, i);
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  return Math.round(count / bestMs);
}

let turnsPerMs = Number(process.env.TURNS_PER_MS ?? 0);

/** Computes for so long on a core: the work is fixed, so it takes longer when the core is shared. */
export function compute(durationMs) {
  if (turnsPerMs === 0) turnsPerMs = calibrate();
  return turns(Math.round(durationMs * turnsPerMs), 1);
}
