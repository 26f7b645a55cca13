/** What a person asks for when trying a change or tuning, as options of the engine. */
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import {
  integerIn,
  nullable,
  numberIn,
  object,
  oneOf,
  type Checked,
} from '../../../agent/wire/validate.js';
import type { PipelineReport } from '../report/report.js';
import { defaultTiming } from './blockTiming.js';
import { DEFAULT_ALPHA, DEFAULT_MIN_EFFECT } from './decision.js';
import type { Guard, Objective } from './objective.js';
import { DEFAULT_PATIENCE } from './search.js';
import type { KnobMove } from './setting.js';
import type { TrialOptions, TuneOptions } from './tuning.js';

/** Trials of one search, unless somebody says otherwise. */
export const DEFAULT_MAX_TRIALS = 30;

const limit = nullable(numberIn(1e-3, 1e9));

/** Limits are in milliseconds and MiB; null: none. */
export const checkTuneWish = object({
  objective: oneOf('throughput', 'p95', 'p99', 'cost'),
  /** Items per second, for `cost`. */
  targetRatePerSec: limit,
  maxP95Ms: limit,
  maxP99Ms: limit,
  maxRssMiB: limit,
  /** From the first trial on. */
  timeSec: integerIn(5, 86_400),
});
/** What a search is wished for. */
export type TuneWish = Checked<typeof checkTuneWish>;

export const defaultWish: TuneWish = {
  objective: 'throughput',
  targetRatePerSec: null,
  maxP95Ms: null,
  maxP99Ms: null,
  maxRssMiB: null,
  timeSec: 120,
};

const base = {
  minEffect: DEFAULT_MIN_EFFECT,
  alpha: DEFAULT_ALPHA,
  timing: defaultTiming,
  seed: 1,
} as const;

function objectiveOf({ objective, targetRatePerSec }: TuneWish): Result<Objective> {
  switch (objective) {
    case 'throughput':
      return ok({ kind: 'throughput' });
    case 'p95':
    case 'p99':
      return ok({ kind: 'latency', metric: objective });
    case 'cost':
      return targetRatePerSec === null
        ? fail('Say how many items per second are enough.')
        : ok({ kind: 'cost', targetRatePerSec });
  }
}

const atMost = (metric: Guard['metric'], value: number | null): readonly Guard[] =>
  value === null ? [] : [{ metric, limit: { kind: 'absolute', value } }];

/** The search that is wished for; fails with a sentence when something is missing. */
export function tuneOptionsFor(wish: TuneWish): Result<TuneOptions> {
  const objective = objectiveOf(wish);
  if (!objective.ok) return objective;
  const { maxP95Ms, maxP99Ms, maxRssMiB, timeSec } = wish;
  const target = objective.value.kind === 'cost' ? objective.value.targetRatePerSec : null;
  const guards = [
    ...atMost('p95', maxP95Ms === null ? null : maxP95Ms * 1e6),
    ...atMost('p99', maxP99Ms === null ? null : maxP99Ms * 1e6),
    ...atMost('rssBytes', maxRssMiB === null ? null : maxRssMiB * 2 ** 20),
    ...atMost('ratePerSec', target),
  ];
  return ok({
    pipeline: null,
    options: { ...base, objective: objective.value, guards, isFarAllowed: false },
    ranges: null,
    patience: DEFAULT_PATIENCE,
    timeMs: timeSec * 1000,
    maxTrials: DEFAULT_MAX_TRIALS,
  });
}

/** So much less throughput is still the same, where latency or cost is what a change is for. */
const SAME_RATE = 0.95;

/**
 * How a change is judged that a person asked for: by what it was suggested for, else by throughput. Large steps are allowed,
 * because somebody looks on, and because a clear loss is taken back after its first block.
 */
export function trialOptionsFor(
  pipeline: PipelineReport,
  moves: readonly KnobMove[],
): TrialOptions {
  const suggested = pipeline.suggestions.find(({ knob, to }) =>
    moves.some((move) => move.knob === knob && move.to === to),
  );
  const aim = suggested?.aim ?? 'throughput';
  const rate = pipeline.steady?.throughputPerSec ?? pipeline.throughputPerSec;
  const floor: Guard = {
    metric: 'ratePerSec',
    limit: { kind: 'relative', ratio: SAME_RATE, plus: 0 },
  };
  const options = { ...base, isFarAllowed: true };
  if (aim === 'latency' && pipeline.latencyNs !== null) {
    return { ...options, objective: { kind: 'latency', metric: 'p95' }, guards: [floor] };
  }
  if (aim === 'throughput' || rate <= 0) {
    return { ...options, objective: { kind: 'throughput' }, guards: [] };
  }
  const targetRatePerSec = SAME_RATE * rate;
  return { ...options, objective: { kind: 'cost', targetRatePerSec }, guards: [floor] };
}
