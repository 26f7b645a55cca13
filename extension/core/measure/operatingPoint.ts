/**
 * A pipeline as it ran under one setting of its knobs: what models and advice are made of. Plain numbers, no trace store, so
 * points of earlier captures stand beside those of this one.
 *
 * A point is about a steady stretch only: without the start (cold caches, workers that are still starting, queues that fill)
 * and without the end (nothing comes any more). Times are nanoseconds, rates per second, shares 0..1, absent knowledge null.
 */
import type { KnobKind, StageKind } from '../../../agent/wire/manifest.js';
import type { DeviceTime } from '../analysis/deviceTime.js';
import type { StateShares } from '../report/report.js';

/** Executions of a stage in order of their start; all columns are as long. */
export interface ExecutionColumns {
  readonly startNs: Float64Array;
  readonly durationNs: Float64Array;
  /** How much of the duration is not the stage's own: recorded waits within it, and what recording took. */
  readonly besideNs: Float64Array;
  readonly items: Uint32Array;
  /** How long the item had waited when the execution began; NaN: not known. */
  readonly waitedNs: Float64Array;
  /** Index of the lane among the stage's lanes. */
  readonly lane: Uint16Array;
}

/** A stage's thread time while it ran. */
export interface StageCpu {
  /** Of busy time: on a core, and ready to run without getting one. null: not measured. */
  readonly cpuShare: number | null;
  readonly coreWaitShare: number | null;
}

export interface MeasuredStage extends StageCpu {
  readonly name: string;
  readonly kind: StageKind;
  /** Declared; null: nobody limits it. */
  readonly parallelism: number | null;
  readonly lanesSeen: number;
  /** That ended in the window. */
  readonly executions: number;
  readonly items: number;
  readonly errors: number;
  readonly ratePerSec: number;
  readonly shares: StateShares;
  /** Lane by lane, of the window's length. */
  readonly laneBusy: readonly number[];
  readonly laneItems: readonly number[];
  /** Of the window; at most `MAX_SAMPLES`, the newest. */
  readonly sampled: ExecutionColumns;
  /** Index in `OperatingPoint.loops` of the one thread on which it takes turns with others; null: its lanes are threads. */
  readonly loop: number | null;
  /** Threads that began to work for it within the window. */
  readonly threadsStarted: number;
  /** A stage that waits for this one to end: this one's time is part of the other's. */
  readonly inside: string | null;
  /** Of a stage that runs on a device: what that did in the window; absent when it was not timed. */
  readonly device?: DeviceTime;
}

/** A queue; depths and capacity in items. */
export interface MeasuredQueue {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  /** What the program counts as one is so many items: it counts batches. */
  readonly itemsPerEntry: number;
  readonly capacity: number | null;
  readonly meanDepth: number;
  readonly fullShare: number | null;
  readonly emptyShare: number;
  readonly maxDepth: number;
  /** How much deeper it was at the end of the window than at its beginning. */
  readonly growth: number;
}

/** A thread on which several lanes take turns. */
export interface MeasuredLoop {
  readonly name: string;
  /** Share of time on a core; null: not measured. */
  readonly cpuShare: number | null;
  /** Share of time in which its event loop was not idle; null: not measured. */
  readonly utilization: number | null;
}

export interface KnobSetting {
  readonly id: string;
  readonly name: string;
  readonly kind: KnobKind;
  readonly stage: string | null;
  readonly queue: string | null;
  /** null: unlimited. */
  readonly value: number | null;
  readonly min: number;
  readonly max: number | null;
  readonly live: boolean;
  /** It stands in a file of Python's. */
  readonly isPython?: boolean;
}

/** Work of `from` becomes work of `to`. */
export interface MeasuredLink {
  readonly from: string;
  readonly to: string;
}

export interface OperatingPoint {
  readonly pipeline: string;
  readonly window: { readonly fromNs: number; readonly toNs: number };
  /** Items that left the last stage. */
  readonly throughputPerSec: number;
  /** The same in parts of the window of equal length: how much it varies. */
  readonly blockRates: readonly number[];
  readonly latencyNs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  readonly knobs: readonly KnobSetting[];
  /** In pipeline order. */
  readonly stages: readonly MeasuredStage[];
  readonly queues: readonly MeasuredQueue[];
  readonly links: readonly MeasuredLink[];
  readonly loops: readonly MeasuredLoop[];
  /**
   * Before each sampled execution of the first stage: how long its lane had been free and not held up by a full queue, in
   * nanoseconds: the source's own pace. null: it has more than one lane.
   */
  readonly sourceGapsNs: Float64Array | null;
  /** Cores that the program may use; null: not known. */
  readonly cores: number | null;
  /** Mean use of cores by all processes. */
  readonly cpuCores: number | null;
  /** Share of time in garbage collections, of the thread that spent most; null: not measured. */
  readonly gcShare: number | null;
  /** Share of time for which quotas held it back; null: no quota. */
  readonly throttledShare: number | null;
  /** Executions whose records are missing, of all. */
  readonly lostShare: number;
}

/** When executions ended, in the order of their start. */
export function endsNs({ startNs, durationNs }: ExecutionColumns): Float64Array {
  return startNs.map((start, i) => start + (durationNs[i] ?? 0));
}

/** Executions of one stage that a point keeps. */
export const MAX_SAMPLES = 20_000;

/** A stage of a point by its name. */
export function stageOf(point: OperatingPoint, name: string | null): MeasuredStage | undefined {
  return name === null ? undefined : point.stages.find((stage) => stage.name === name);
}

/** Lanes that a stage may use at once: as declared, else as many as it ever had. */
export const lanesOf = (stage: MeasuredStage): number => stage.parallelism ?? stage.lanesSeen;

/**
 * Mean service time of the sampled executions, in nanoseconds; 0 without any. Waiting for room in the next queue within an
 * execution is not service: it would make the slow stage's fault everybody's.
 */
export function meanServiceNs({ sampled: { durationNs, besideNs } }: MeasuredStage): number {
  return meanOf(durationNs) - meanOf(besideNs);
}

/** Mean time from begin to end of the sampled executions, in nanoseconds; 0 without any. */
export function meanDurationNs({ sampled: { durationNs } }: MeasuredStage): number {
  return meanOf(durationNs);
}

/** Service time of each sampled execution, in nanoseconds. */
export function serviceTimesNs({ sampled: { durationNs, besideNs } }: MeasuredStage): Float64Array {
  return durationNs.map((duration, i) => duration - (besideNs[i] ?? 0));
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

/**
 * Items per second that a stage could do with all its lanes busy: items / (busy time / lanes). The true processing rate of DS2
 * (Kalavri et al., OSDI 2018) over all instances; null without busy time.
 */
export function trueRatePerSec(stage: MeasuredStage): number | null {
  const { busy } = stage.shares;
  return busy > 0 ? stage.ratePerSec / busy : null;
}
