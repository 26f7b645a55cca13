/** What gauges would have shown of a made-up run: of each thread its time on a core, of the program its use of cores. */
import type { MadeRun } from './madeRun.js';

/** A reading. */
export interface MadeGauge {
  /** The thread of a lane; null: the main thread. */
  readonly lane: { readonly stage: number; readonly lane: number } | null;
  readonly name: string;
  readonly atMs: number;
  readonly value: number;
}

interface Options {
  readonly cpuCores?: number;
  readonly throttled?: (atMs: number) => number;
}

/** Time between two readings. */
const STEP_MS = 100;

/** All readings. `hasThreads`: the stage's lanes are threads that are read. */
export function* madeGauges(
  run: MadeRun,
  options: Options,
  hasThreads: (stage: number) => boolean,
): Generator<MadeGauge> {
  const steps = Math.floor(run.pipeline.runMs / STEP_MS);
  const used = sharesOfSteps(run.loop, steps);
  yield* mainGauges('threadCpu', used);
  yield* mainGauges('eventLoopUtilization', used);
  for (const [stage, made] of run.pipeline.stages.entries()) {
    if (!hasThreads(stage)) continue;
    for (const [index, shares] of busyByLane(run, stage, steps)) {
      const lane = { stage, lane: index };
      for (const [step, share] of shares.entries()) {
        const cpu = share * (made.cpu ?? 1);
        used[step] = (used[step] ?? 0) + cpu;
        const atMs = (step + 1) * STEP_MS;
        yield { lane, name: 'threadCpu', atMs, value: cpu };
        yield { lane, name: 'coreWait', atMs, value: share * (made.coreWait ?? 0) };
      }
    }
  }
  const { cpuCores, throttled } = options;
  yield* mainGauges('cpuCores', cpuCores === undefined ? used : used.fill(cpuCores));
  if (throttled === undefined) return;
  yield* mainGauges(
    'throttled',
    used.map((_, step) => throttled((step + 1) * STEP_MS)),
  );
}

function* mainGauges(name: string, values: Float64Array): Generator<MadeGauge> {
  for (const [step, value] of values.entries()) {
    yield { lane: null, name, atMs: (step + 1) * STEP_MS, value };
  }
}

function busyByLane(
  { executions }: MadeRun,
  stage: number,
  steps: number,
): ReadonlyMap<number, Float64Array> {
  const spans = new Map<number, [number, number][]>();
  for (const { stage: of, lane, startMs, doneMs } of executions) {
    if (of !== stage) continue;
    const own = spans.get(lane) ?? [];
    spans.set(lane, own);
    own.push([startMs, doneMs]);
  }
  return new Map([...spans].map(([lane, own]) => [lane, sharesOfSteps(own, steps)]));
}

/** Of each step, the share that spans cover. */
function sharesOfSteps(
  spans: readonly (readonly [fromMs: number, toMs: number])[],
  steps: number,
): Float64Array {
  const shares = new Float64Array(steps);
  for (const [fromMs, toMs] of spans) {
    for (let step = Math.floor(fromMs / STEP_MS); step * STEP_MS < toMs && step < steps; step++) {
      const inMs = Math.min(toMs, (step + 1) * STEP_MS) - Math.max(fromMs, step * STEP_MS);
      shares[step] = (shares[step] ?? 0) + inMs / STEP_MS;
    }
  }
  return shares;
}
