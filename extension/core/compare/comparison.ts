/**
 * `sluice.compare/1`: what changed from BASE to HEAD. A run is a sample: with at least four against four, figures get a
 * verdict; with less their change is told and nothing more. Times are nanoseconds, rates per second, shares 0..1.
 */
import type { Interval } from '../report/report.js';

export const COMPARE_SCHEMA = 'sluice.compare/1';

export type Scope = 'pipeline' | 'stage' | 'queue';

/** Names of the figures, as in checks and in JSON. */
export type MetricName =
  | 'throughput'
  | 'latency.mean'
  | 'latency.p50'
  | 'latency.p95'
  | 'rate'
  | 'trueRate'
  | 'service.mean'
  | 'service.p50'
  | 'service.p95'
  | 'utilization'
  | 'errors'
  | 'depth'
  | 'full'
  | 'wait.p95';

/**
 * `same`: smaller than the threshold, or no more than chance does. `changed`: a difference that is neither good nor bad by itself (utilisation). `notEnoughRuns`: fewer than four runs on a
 * side, so that no difference, however large, could be told from chance.
 */
export type Verdict = 'better' | 'worse' | 'changed' | 'same' | 'notEnoughRuns';

/** A figure of one side. */
export interface SideFigure {
  readonly median: number;
  /** One a run, in order of the runs that have it. */
  readonly values: readonly number[];
}

/** One figure of a pipeline, a stage or a queue, in BASE and in HEAD. */
export interface MetricComparison {
  readonly scope: Scope;
  readonly pipeline: string;
  /** Of the pipeline, the stage or the queue, in HEAD. */
  readonly name: string;
  readonly metric: MetricName;
  readonly unit: 'perSec' | 'ns' | 'share' | 'items';
  readonly better: 'higher' | 'lower' | 'neither';
  readonly base: SideFigure;
  readonly head: SideFigure;
  /** `relative`: HEAD / BASE - 1. `points`: HEAD - BASE, for shares, which may be 0. */
  readonly changeIn: 'relative' | 'points';
  /** 95 % interval; of single runs no interval. null: BASE is 0, and HEAD is not. */
  readonly change: Interval | null;
  /** HEAD - BASE in the figure's own unit, by the median of the differences. */
  readonly shift: number;
  /** Mann-Whitney, two-sided, of this figure by itself; null below four against four. */
  readonly p: number | null;
  /** As it counts among all figures of the comparison (`statistics/maxT.ts`); null below four against four. */
  readonly adjustedP: number | null;
  readonly verdict: Verdict;
}

/** A declared number or a machine's property that differs: a fact, not a measurement. */
export interface SettingChange {
  readonly pipeline: string;
  readonly scope: 'stage' | 'queue' | 'knob';
  readonly name: string;
  readonly setting: 'parallelism' | 'capacity' | 'value';
  /** null: unlimited. */
  readonly base: number | null;
  readonly head: number | null;
}

export interface EnvironmentDifference {
  readonly what: string;
  readonly base: string;
  readonly head: string;
}

/** Something that is only on one side, or has another name there. */
export interface StructureChange {
  readonly kind: 'added' | 'removed' | 'renamed';
  readonly scope: Scope;
  readonly pipeline: string;
  /** In HEAD; of what was removed in BASE. */
  readonly name: string;
  /** In BASE, where it was renamed; else null. */
  readonly baseName: string | null;
}

/** Why a pipeline's throughput or latency changed, as far as the figures say. */
export interface Cause {
  readonly pipeline: string;
  readonly of: 'throughput' | 'latency';
  readonly verdict: 'better' | 'worse';
  /** Shown by enough runs; false: it may be chance. */
  readonly isSure: boolean;
  readonly scope: 'stage' | 'queue' | null;
  /** The stage or queue; null: none of them changed in a way that explains it. */
  readonly name: string | null;
  readonly sentence: string;
}

/** One expression of `--fail-on` against one figure. */
export interface CheckResult {
  readonly expression: string;
  readonly isFailed: boolean;
  readonly sentence: string;
}

export interface ComparedSide {
  readonly runs: number;
  readonly files: readonly string[];
}

export interface Comparison {
  readonly schema: typeof COMPARE_SCHEMA;
  readonly base: ComparedSide;
  readonly head: ComparedSide;
  /** Changes smaller than this share do not count, however certain they are. */
  readonly threshold: number;
  readonly hasEnoughRuns: boolean;
  readonly environment: readonly EnvironmentDifference[];
  readonly structure: readonly StructureChange[];
  readonly settings: readonly SettingChange[];
  readonly causes: readonly Cause[];
  readonly metrics: readonly MetricComparison[];
  readonly notes: readonly string[];
}
