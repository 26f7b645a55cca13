/** Blocks and trials without a program: figures by formula, noise by seed. */
import type { BlockFigures } from '../../../../extension/core/trials/blockFigures.js';
import {
  blockOrder,
  blocksNeeded,
  type Side,
} from '../../../../extension/core/trials/blockOrder.js';
import {
  decide,
  DEFAULT_ALPHA,
  DEFAULT_MIN_EFFECT,
  harmSoFar,
  noiseOf,
  stopped,
  type Decision,
  type TrialBlock,
  type TrialTerms,
} from '../../../../extension/core/trials/decision.js';
import { defaultGuards, type Objective } from '../../../../extension/core/trials/objective.js';
import type { Random } from '../../../../extension/core/statistics/random.js';

export const throughput: Objective = { kind: 'throughput' };

export function figures(throughputPerSec: number, more: Partial<BlockFigures> = {}): BlockFigures {
  return {
    fromNs: 0,
    toNs: 1e9,
    completions: Math.round(throughputPerSec),
    throughputPerSec,
    executions: Math.round(throughputPerSec),
    errors: 0,
    latencyNs: { p50: 10e6, p95: 20e6, p99: 30e6 },
    latencyBy: 'items',
    rssBytes: 100e6,
    loopDelayNs: 1e6,
    cpuCores: 1,
    lostRecords: 0,
    ...more,
  };
}

/** Blocks of a program that has this throughput under a setting, each off by chance. */
export function noisy(perSec: number, spread: number, random: Random): BlockFigures {
  return figures(perSec * Math.max(1 + spread * random.normal(), 0.05));
}

export interface Simulated extends Decision {
  readonly blocks: readonly TrialBlock[];
}

/** Runs a trial: an A/A run for the noise, then the blocks, as the engine does. */
export function simulate(
  blockOf: (side: Side, index: number) => BlockFigures,
  random: Random,
  more: Partial<TrialTerms> = {},
): Simulated {
  const objective = more.objective ?? throughput;
  const perSide = blocksNeeded(more.formerPs?.length ?? 0, DEFAULT_ALPHA);
  const reference = Array.from({ length: 6 }, (_, i) => blockOf('a', -6 + i));
  const terms: TrialTerms = {
    objective,
    guards: defaultGuards,
    minEffect: DEFAULT_MIN_EFFECT,
    noise: noiseOf(reference, objective, perSide),
    alpha: DEFAULT_ALPHA,
    formerPs: [],
    reference: reference.slice(-4),
    ...more,
  };
  const blocks: TrialBlock[] = [];
  for (const [i, side] of blockOrder(perSide, random).entries()) {
    blocks.push({ side, figures: blockOf(side, i) });
    const harm = harmSoFar(blocks, terms);
    if (harm !== null) return { ...stopped('rolledBack', harm, blocks, terms), blocks };
  }
  return { ...decide(blocks, terms), blocks };
}
