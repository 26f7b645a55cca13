/**
 * What a tuner does that falls into the pits: rules of thumb over counts, busy time and means, as most dashboards have them.
 * Each is wrong in a way that the tests beside it show.
 */
import type { MadeExecution, MadeRun } from '../../../support/madeRun.js';

/** A stage can do what it is seen to do, with its lanes. */
export function observedPerSec(run: MadeRun, stage: number): number {
  const seen = of(run, stage);
  return (seen.reduce((sum, { items }) => sum + items, 0) * 1000) / run.pipeline.runMs;
}

/** Share of the time of its lanes in which a stage was inside an execution, whatever it did there. */
export function busyShare(run: MadeRun, stage: number): number {
  const lanes = run.pipeline.stages[stage]?.lanes ?? 1;
  const insideMs = of(run, stage).reduce((sum, e) => sum + e.handedMs - e.startMs, 0);
  return insideMs / (lanes * run.pipeline.runMs);
}

/** The stage to blame: the first of those that are busiest. */
export function busiest(run: MadeRun): string {
  const shares = run.pipeline.stages.map((_, stage) => busyShare(run, stage));
  const most = Math.max(...shares);
  return run.pipeline.stages[shares.findIndex((share) => share >= most - 0.01)]?.name ?? '';
}

/** Twice the lanes for what is busy, and twice of what comes out of it. */
export function doubled(
  run: MadeRun,
  stage: number,
): { readonly lanes: number; readonly perSec: number } {
  const lanes = run.pipeline.stages[stage]?.lanes ?? 1;
  const isBusy = busyShare(run, stage) > 0.8;
  const by = isBusy ? 2 : 1;
  return { lanes: lanes * by, perSec: observedPerSec(run, stage) * by };
}

/** Mean time inside of an execution, in milliseconds. */
export function meanMs(run: MadeRun, stage: number): number {
  const seen = of(run, stage);
  return seen.reduce((sum, e) => sum + e.doneMs - e.startMs, 0) / seen.length;
}

/** The q-quantile of what a stage's executions take, told as the latency of the pipeline, in milliseconds. */
export function serviceQuantileMs(run: MadeRun, stage: number, q: number): number {
  return quantile(
    of(run, stage).map(({ startMs, doneMs }) => doneMs - startMs),
    q,
  );
}

/** Latencies by order: the k-th to go in is the k-th to come out. */
export function latencyByOrderMs(run: MadeRun, q: number): number {
  const last = run.pipeline.stages.length - 1;
  const begins = of(run, 0)
    .map(({ startMs }) => startMs)
    .sort((a, b) => a - b);
  const ends = of(run, last)
    .map(({ handedMs }) => handedMs)
    .sort((a, b) => a - b);
  return quantile(
    ends.map((end, k) => end - (begins[k] ?? 0)),
    q,
  );
}

/** Depth of the queue before a stage as a gauge shows it that is read so often. */
export function sampledDepth(run: MadeRun, stage: number, everyMs: number): number {
  const depths = run.depths[stage] ?? [];
  let sum = 0;
  let count = 0;
  for (let atMs = everyMs; atMs <= run.pipeline.runMs; atMs += everyMs) {
    sum += depths.findLast(([ms]) => ms < atMs)?.[1] ?? 0;
    count++;
  }
  return sum / count;
}

/** Items that come out of a stage for each that goes in, within a window. */
export function outputRatio(
  run: MadeRun,
  stage: number,
  [fromMs, toMs]: readonly [number, number],
): number {
  const isIn = ({ handedMs }: MadeExecution): boolean => handedMs >= fromMs && handedMs < toMs;
  const before = of(run, stage).filter(isIn).length;
  const behind = of(run, stage + 1).filter(isIn).length;
  return behind / before;
}

/** Executions of a stage. */
export function of({ executions }: MadeRun, stage: number): readonly MadeExecution[] {
  return executions.filter((execution) => execution.stage === stage);
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(q * sorted.length), sorted.length - 1)] ?? NaN;
}
