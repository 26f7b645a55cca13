/**
 * The best setting of all knobs together.
 *
 * Step by step from the present: of all single steps, and of all stages at their limit one step up together (a balanced
 * pipeline gains from nothing alone), the one that brings most is taken, until none brings anything. Then everything that was
 * raised is taken back as far as nothing is lost: the smallest setting that does it is the cheapest. Downward steps are tried
 * as well as upward ones: where lanes are in each other's way, fewer do more.
 */
import type { SimulationResult } from '../simulation/workload.js';
import { cushioned } from './cushion.js';
import { stepsFrom, type Lever, type Setting } from './levers.js';
import type { PipelineModel } from './model.js';

/** What is asked for. Limits are hard: a setting beyond them is not considered. */
export interface Objective {
  /** `throughput`: as much as possible; `cost`: as few lanes as do `targetRatePerSec`. */
  readonly aim: 'throughput' | 'cost';
  readonly targetRatePerSec?: number;
  readonly maxLatencyP95Ns?: number;
  readonly maxLatencyP99Ns?: number;
}

export const maximumThroughput: Objective = { aim: 'throughput' };

/** Gains below this are no reason for a step; losses below it are none against one. */
const STEP_GAIN = 0.01;
const TRIM_LOSS = 0.005;
const MAX_ROUNDS = 12;
/** Stages that are busy for so much of the time are at their limit. */
const AT_LIMIT = 0.85;

/** The best setting that was found. */
export function* bestSetting(
  model: PipelineModel,
  objective: Objective,
): Generator<undefined, Setting> {
  const search = new Search(model, objective);
  if (objective.aim === 'cost') return yield* search.cheapest(model.present);
  const best = yield* search.trimmed(yield* search.climbed(model.present));
  const deeper = yield* cushioned(model, best);
  return (yield* search.isAllowed(deeper)) ? deeper : best;
}

/** Whether the present setting keeps the limits of an objective. */
export function* keepsLimits(
  model: PipelineModel,
  objective: Objective,
): Generator<undefined, boolean> {
  return yield* new Search(model, objective).isAllowed(model.present);
}

class Search {
  private readonly model: PipelineModel;
  private readonly objective: Objective;

  constructor(model: PipelineModel, objective: Objective) {
    this.model = model;
    this.objective = objective;
  }

  /** Whether a setting keeps the limits. Like throughput, latency is the measured one times what the simulation makes of it. */
  *isAllowed(setting: Setting): Generator<undefined, boolean> {
    const { maxLatencyP95Ns = Infinity, maxLatencyP99Ns = Infinity } = this.objective;
    if (maxLatencyP95Ns === Infinity && maxLatencyP99Ns === Infinity) return true;
    const then = yield* this.model.evaluate(setting);
    const now = yield* this.model.evaluate(this.model.present);
    const measured = this.model.point.latencyNs ?? now.latencyNs;
    const { p95, p99 } = then.latencyNs;
    return (
      (p95 * measured.p95) / now.latencyNs.p95 <= maxLatencyP95Ns &&
      (p99 * measured.p99) / now.latencyNs.p99 <= maxLatencyP99Ns
    );
  }

  /** Uphill as far as it goes. */
  *climbed(from: Setting): Generator<undefined, Setting> {
    let best = from;
    let score = yield* this.score(best);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let next: Setting | null = null;
      let nextScore = score * (1 + STEP_GAIN);
      for (const candidate of yield* this.candidates(best)) {
        const found = yield* this.score(candidate);
        if (found <= nextScore) continue;
        next = candidate;
        nextScore = found;
      }
      if (next === null) return best;
      best = next;
      score = nextScore;
    }
    return best;
  }

  /** Everything that was raised, lowered again as far as nothing is lost by it. */
  *trimmed(setting: Setting): Generator<undefined, Setting> {
    const wanted = (yield* this.score(setting)) * (1 - TRIM_LOSS);
    let best = setting;
    for (const [i, lever] of this.model.levers.entries()) {
      for (const value of lowerValues(lever, best[i] ?? lever.value)) {
        const tried = best.with(i, value);
        if ((yield* this.score(tried)) < wanted) break;
        best = tried;
      }
    }
    return best;
  }

  /** As few lanes as keep up with the target. */
  *cheapest(from: Setting): Generator<undefined, Setting> {
    const target = this.objective.targetRatePerSec ?? 0;
    let best = from;
    if ((yield* this.rate(best)) < target) best = yield* this.climbed(best);
    for (const [i, lever] of this.model.levers.entries()) {
      if (lever.kind !== 'lanes') continue;
      for (let value = (best[i] ?? 1) - 1; value >= lever.min; value--) {
        const tried = best.with(i, value);
        if ((yield* this.rate(tried)) < target) break;
        best = tried;
      }
    }
    return best;
  }

  private *candidates(from: Setting): Generator<undefined, readonly Setting[]> {
    const { levers } = this.model;
    const singles = levers.flatMap((lever, i) =>
      stepsFrom(lever, from[i] ?? lever.value).map((value) => from.with(i, value)),
    );
    return [...singles, ...jointSteps(levers, from, yield* this.model.evaluate(from))];
  }

  /** Throughput; nothing where a limit is broken. */
  private *score(setting: Setting): Generator<undefined, number> {
    if (!(yield* this.isAllowed(setting))) return 0;
    return (yield* this.model.evaluate(setting)).throughputPerSec;
  }

  private *rate(setting: Setting): Generator<undefined, number> {
    return (yield* this.isAllowed(setting)) ? yield* this.model.throughputAt(setting) : 0;
  }
}

/** All stages at their limit up together, and all queues. */
function jointSteps(
  levers: readonly Lever[],
  from: Setting,
  { stages }: SimulationResult,
): readonly Setting[] {
  const raised = (isMeant: (lever: Lever) => boolean, factor: number): Setting =>
    levers.map((lever, i) => {
      const value = from[i] ?? lever.value;
      if (!isMeant(lever)) return value;
      return Math.min(Math.max(Math.round(value * factor), value + 1), Math.max(lever.max, value));
    });
  const isAtLimit = ({ kind, stage }: Lever): boolean =>
    kind === 'lanes' && (stages[stage]?.busyShare ?? 0) >= AT_LIMIT;
  const steps = [
    raised(isAtLimit, 1.5),
    raised(isAtLimit, 2),
    raised(({ kind }) => kind === 'queue', 2),
    raised((lever) => isAtLimit(lever) || lever.kind === 'queue', 2),
  ];
  return steps.filter((step) => step.some((value, i) => value !== from[i]));
}

/** Values below one that was raised, down to the one it had, largest first. */
function lowerValues({ value, kind }: Lever, now: number): readonly number[] {
  const values: number[] = [];
  let next = now;
  while (next > value && values.length < 64) {
    next = kind === 'lanes' ? next - 1 : Math.max(Math.floor(next * 0.75), value);
    values.push(next);
  }
  return values;
}
