/** Judges advice by what was measured. Pure. */
import type { Interval } from './advice.js';
import type { Shape } from './shape.js';

/** Within this of the best measured rate is as good as the best: two runs of the same setting differ by as much. */
export const NEAR_BEST = 0.02;
/** A prediction this much above the present rate claims a gain. */
const CLAIM = 0.03;
/** Less measured than this is no gain. */
const GAIN = 0.01;

/** A prediction beside what came of it. */
export interface Outcome {
  readonly predicted: Interval;
  /** Items per second, measured afterwards. */
  readonly observed: number;
}

/** |predicted - observed| / observed. */
export function predictionError({ predicted, observed }: Outcome): number {
  return Math.abs(predicted.mid - observed) / observed;
}

/** Whether the stated interval holds what came of it. */
export function isCovered({ predicted, observed }: Outcome): boolean {
  return predicted.low <= observed && observed <= predicted.high;
}

/** Share of the best measured rate that was reached, 1 where it is as good as the best. */
export function shareOfBest(reached: number, best: number): number {
  return reached >= best * (1 - NEAR_BEST) ? 1 : reached / best;
}

/** A claim, and what is true of it, in items per second. */
export interface Claim {
  readonly predicted: Interval;
  /** The rate in the report that claims. */
  readonly present: number;
  /** Measured by itself before and after; undefined: that setting was never measured. */
  readonly truth: { readonly before: number; readonly after: number } | undefined;
}

/** Does it promise more than there is now? */
export function claimsGain({ predicted, present }: Pick<Claim, 'predicted' | 'present'>): boolean {
  return predicted.mid > present * (1 + CLAIM);
}

/** A gain is claimed where none was measured. Where there is nothing to gain, any claim is false. */
export function isFalse(claim: Claim, expects: Shape['expects']): boolean {
  if (!claimsGain(claim)) return false;
  if (expects === 'nothing') return true;
  return claim.truth !== undefined && claim.truth.after < claim.truth.before * (1 + GAIN);
}

/** The middle of the values, of an even number the mean of the two in the middle; NaN without any. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const low = sorted[sorted.length % 2 === 0 ? half - 1 : half];
  const high = sorted[half];
  return low === undefined || high === undefined ? NaN : (low + high) / 2;
}
