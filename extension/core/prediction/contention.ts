/**
 * What executions of a stage cost each other, by what was seen under several parallelisms.
 *
 * Only the time that the stage has the resources it asked for counts (waiting for a core is the simulation's to add), and only
 * runs in which its lanes were busy: else nobody knows how many ran at once. Three levels or more are fitted by the Universal
 * Scalability Law; two are explained by contention alone or, where more did less, by coherency: exact for both, and a hint
 * beyond.
 */
import { fitUsl, type UslFit, type UslPoint } from '../laws/scalability.js';
import {
  lanesOf,
  meanServiceNs,
  type MeasuredStage,
  type OperatingPoint,
} from '../measure/operatingPoint.js';
import { meanBatch } from './batches.js';

/** A stage whose lanes are busy for less of the time was not at its limit. */
const SATURATED = 0.8;
/** Levels whose costs differ by less than this are alike. */
const ALIKE = 0.05;
const SEED = 5;

/** How much executions slow each other down: see `SimulatedStage.contention`. */
export interface Contention {
  readonly alpha: number;
  readonly beta: number;
  readonly sampledAt: number;
  /** Parallelisms that were seen, with the rate of a lane that is always busy. */
  readonly levels: readonly UslPoint[];
  readonly fit: UslFit | null;
}

/** The levels at which a stage was seen at its limit: lanes, and items per second at that. One a parallelism. */
export function levelsOf(points: readonly OperatingPoint[], name: string): readonly UslPoint[] {
  const levels = new Map<number, number[]>();
  for (const point of points) {
    const stage = point.stages.find((s) => s.name === name);
    if (stage === undefined || stage.shares.busy < SATURATED || stage.parallelism === null)
      continue;
    const rate = unsharedRate(stage);
    const n = lanesOf(stage);
    if (rate !== null) levels.set(n, [...(levels.get(n) ?? []), rate]);
  }
  return [...levels]
    .map(([n, rates]) => ({ n, ratePerSec: rates.reduce((a, b) => a + b, 0) / rates.length }))
    .sort((a, b) => a.n - b.n);
}

/** Items per second of all lanes together if nobody had waited for a core. */
function unsharedRate(stage: MeasuredStage): number | null {
  const activeNs = meanServiceNs(stage) * (1 - (stage.coreWaitShare ?? 0));
  return activeNs > 0 ? (lanesOf(stage) * meanBatch(stage) * 1e9) / activeNs : null;
}

/** The contention of a stage; null: one level only, or no difference between them. */
export function contentionOf(
  points: readonly OperatingPoint[],
  stage: MeasuredStage,
): Contention | null {
  const levels = levelsOf(points, stage.name);
  const first = levels[0];
  const last = levels.at(-1);
  if (first === undefined || last === undefined || first === last) return null;
  const sampledAt = lanesOf(stage);
  const fit = fitUsl(levels, { seed: SEED });
  if (fit !== null) {
    return { alpha: fit.alpha.mid, beta: fit.beta.mid, sampledAt, levels, fit };
  }
  const cost = first.ratePerSec / first.n / (last.ratePerSec / last.n);
  if (Math.abs(cost - 1) < ALIKE) return null;
  return { ...ofTwo(first.n, last.n, Math.max(cost, 1)), sampledAt, levels, fit: null };
}

/** alpha or beta so that an execution takes `cost` times as long with n2 as with n1. */
function ofTwo(n1: number, n2: number, cost: number): { alpha: number; beta: number } {
  const alpha = (cost - 1) / (n2 - 1 - cost * (n1 - 1));
  // More did no less than fewer: they wait for each other, and that is all.
  if (cost <= n2 / n1 && alpha >= 0 && Number.isFinite(alpha)) return { alpha, beta: 0 };
  const beta = (cost - 1) / (n2 * (n2 - 1) - cost * n1 * (n1 - 1));
  return beta > 0 && Number.isFinite(beta) ? { alpha: 0, beta } : { alpha: 0, beta: 1 };
}
