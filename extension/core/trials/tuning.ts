/** What a search for better settings is told, and what it says at the end. */
import type { PipelineReport } from '../report/report.js';
import { relativeEffect } from '../statistics/effect.js';
import { median } from '../statistics/quantile.js';
import type { Interval, KnobReport } from '../report/report.js';
import type { BlockFigures } from './blockFigures.js';
import type { TimingLimits } from './blockTiming.js';
import type { Noise } from './decision.js';
import { scoreOf, type Guard, type LatencyMetric, type Objective } from './objective.js';
import type { TrialRecord } from './record.js';
import type { KnobRange } from './setting.js';

/** How trials are run and judged. */
export interface TrialOptions {
  readonly objective: Objective;
  /** Instead of `defaultGuards`, for the same metrics; the other defaults stay. */
  readonly guards: readonly Guard[];
  readonly minEffect: number;
  readonly alpha: number;
  readonly timing: TimingLimits;
  /** Of the order of blocks: the same seed gives the same order. */
  readonly seed: number;
  /** Steps may be larger than from half to double. */
  readonly isFarAllowed: boolean;
}

/** A search. */
export interface TuneOptions {
  /** null: the first one with live knobs. */
  readonly pipeline: string | null;
  readonly options: TrialOptions;
  readonly ranges: Readonly<Record<string, KnobRange>> | null;
  readonly patience: number;
  /** Milliseconds from the first trial on; null: as long as it takes. */
  readonly timeMs: number | null;
  readonly maxTrials: number;
}

/** Why a search ended. */
export type TuneEnd =
  /** There is nothing more to try, or patience is over. */
  | 'done'
  | 'time'
  | 'trials'
  /** The program is over. */
  | 'ended'
  | 'stopped'
  /** No live knob, no items, an agent that is too old. */
  | 'impossible';

/** Medians over blocks. */
export interface Standing {
  readonly throughputPerSec: number;
  readonly latencyNs: BlockFigures['latencyNs'];
  readonly latencyBy: BlockFigures['latencyBy'];
}

/** A knob before and after. */
export interface TunedKnob extends Pick<
  KnobReport,
  'id' | 'name' | 'kind' | 'stage' | 'queue' | 'source' | 'remark' | 'via'
> {
  readonly before: number | null;
  readonly after: number | null;
}

export interface TuneResult {
  readonly end: TuneEnd;
  /** A sentence. */
  readonly reason: string;
  readonly pipeline: string | null;
  readonly trials: readonly TrialRecord[];
  readonly knobs: readonly TunedKnob[];
  readonly noise: Noise | null;
  readonly before: Standing | null;
  readonly after: Standing | null;
  /** Of the objective, all kept changes together; null: nothing was kept. */
  readonly effect: Interval | null;
  /** The effect compares blocks of the first and of the last trial: in between the program may have changed by itself. */
  readonly isApart: boolean;
  /** How long the program would have had to run for a single trial, in milliseconds; null: it ran long enough. */
  readonly neededMs: number | null;
}

/** The guards that hold: given ones take the place of defaults for the same metric. */
export function guardsOf(given: readonly Guard[], defaults: readonly Guard[]): readonly Guard[] {
  return [...given, ...defaults.filter(({ metric }) => !given.some((g) => g.metric === metric))];
}

/** Where a program stands by its blocks; null without any. */
export function standingOf(blocks: readonly BlockFigures[]): Standing | null {
  const [first] = blocks;
  if (first === undefined) return null;
  const latencies = blocks.flatMap(({ latencyNs }) => latencyNs ?? []);
  const middle = (metric: LatencyMetric): number => median(latencies.map((l) => l[metric]));
  return {
    throughputPerSec: median(blocks.map((block) => block.throughputPerSec)),
    latencyNs:
      latencies.length === 0
        ? null
        : { p50: middle('p50'), p95: middle('p95'), p99: middle('p99') },
    latencyBy: first.latencyBy,
  };
}

/** The effect of all kept changes: of the only one as its trial says, of several by the first blocks and the last. */
export function overallEffect(
  trials: readonly TrialRecord[],
  first: readonly BlockFigures[],
  objective: Objective,
): { readonly effect: Interval | null; readonly isApart: boolean } {
  const kept = trials.filter(({ verdict }) => verdict === 'kept');
  const last = kept.at(-1);
  if (last === undefined) return { effect: null, isApart: false };
  if (kept.length === 1) return { effect: last.effect, isApart: false };
  const scores = last.blocks
    .filter(({ side }) => side === 'b')
    .map(({ figures }) => scoreOf(figures, objective));
  const before = first.map((block) => scoreOf(block, objective));
  return { effect: relativeEffect(before, scores), isApart: true };
}

/**
 * Mean time that an item is in the part of a pipeline that a change must pass through: N / X (Little's law). A queue without
 * a bound counts as two rounds of its stage's lanes: what waits in it beyond that waits before and after the change.
 */
export function residenceNs(pipeline: PipelineReport): number | null {
  const rate = pipeline.throughputPerSec;
  if (rate <= 0) return null;
  let items = pipeline.stages.reduce((sum, s) => sum + s.utilization * s.parallelism, 0);
  for (const queue of pipeline.queues) {
    const lanes = pipeline.stages.find(({ name }) => name === queue.to)?.parallelism ?? 1;
    const most = queue.capacity ?? 2 * lanes;
    items += Math.min(queue.depth.mean, most) * (queue.itemsPerEntry ?? 1);
  }
  return (items / rate) * 1e9;
}
