/** How long blocks of a trial are, and how much of each is thrown away. */

/** Bounds of a trial's times, in nanoseconds. */
export interface TimingLimits {
  readonly minBlockNs: number;
  readonly maxBlockNs: number;
  readonly minWarmUpNs: number;
  readonly maxWarmUpNs: number;
}

export const defaultTiming: TimingLimits = {
  minBlockNs: 500e6,
  maxBlockNs: 30e9,
  minWarmUpNs: 100e6,
  maxWarmUpNs: 5e9,
};

/** What a pipeline does at present. */
export interface Pace {
  /** Items per second that leave it. */
  readonly throughputPerSec: number;
  /** Mean time that an item is in it, R = N / X (Little, Operations Research 9, 1961); null: not known. */
  readonly residenceNs: number | null;
}

export interface BlockTiming {
  /** What begins before a change took effect is over by then, as a rule: three residence times. */
  readonly warmUpNs: number;
  readonly blockNs: number;
}

/** Fewer are too few for a mean. */
export const MIN_COMPLETIONS = 30;
const WARM_UP_RESIDENCES = 3;
const BLOCK_RESIDENCES = 7;

/**
 * Times for a pipeline of this pace. An unbounded queue in front of it may hold hours of work, which says nothing about how
 * soon a change takes effect; hence the upper bounds. null: so few items leave it that not even the longest block has enough.
 */
export function blockTiming(pace: Pace, limits: TimingLimits = defaultTiming): BlockTiming | null {
  const { throughputPerSec, residenceNs } = pace;
  const enoughNs = throughputPerSec > 0 ? (MIN_COMPLETIONS / throughputPerSec) * 1e9 : Infinity;
  if (enoughNs > limits.maxBlockNs) return null;
  const residence = Math.min(residenceNs ?? 0, limits.maxWarmUpNs / WARM_UP_RESIDENCES);
  return {
    warmUpNs: Math.max(WARM_UP_RESIDENCES * residence, limits.minWarmUpNs),
    blockNs: Math.min(
      Math.max(enoughNs, BLOCK_RESIDENCES * residence, limits.minBlockNs),
      limits.maxBlockNs,
    ),
  };
}

/** How long a trial of so many blocks takes at most, in nanoseconds, with the wait for its last records. */
export function trialNs(
  { warmUpNs, blockNs }: BlockTiming,
  blocks: number,
  settleNs: number,
): number {
  return blocks * (warmUpNs + blockNs) + settleNs;
}
