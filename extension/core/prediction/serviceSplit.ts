/**
 * What an execution does with its time: computing, and waiting for what no core does.
 *
 * The operating system measures threads. A stage whose lanes are threads of its own has their CPU time; what is neither that
 * nor waiting for a core is waiting for something else. Stages that take turns on one thread (an event loop) share that
 * thread's CPU time: those that compute without a break have it for as long as they run, and the rest is divided by
 * executions. That division is a guess, but its sum is measured, and the sum is what limits the thread.
 */
import {
  lanesOf,
  meanDurationNs,
  meanServiceNs,
  serviceTimesNs,
  type MeasuredStage,
  type OperatingPoint,
} from '../measure/operatingPoint.js';
import type { ServiceSamples } from '../simulation/workload.js';

/** Computing and waiting of one execution, on average, in nanoseconds. */
export interface MeanSplit {
  readonly cpuNs: number;
  readonly waitNs: number;
}

/** A stage that has a thread for itself so much of the time computes, even where nobody measured it. */
const SYNCHRONOUS_LANES = 1;

/** Whether a stage on a loop holds the loop for as long as it runs. */
export function isSynchronous(stage: MeasuredStage): boolean {
  return stage.loop !== null && stage.kind === 'cpu' && lanesOf(stage) <= SYNCHRONOUS_LANES;
}

/** Time on a core per second of the window, of a loop; null: not measured. */
export function loopCpuShare(point: OperatingPoint, loop: number): number | null {
  const measured = point.loops[loop];
  if (measured === undefined) return null;
  return measured.cpuShare ?? measured.utilization;
}

function windowNs({ window }: OperatingPoint): number {
  return window.toNs - window.fromNs;
}

/** Computing time per execution of stages on a loop. */
function onLoop(point: OperatingPoint, stage: MeasuredStage, loop: number): number {
  const meanNs = meanServiceNs(stage);
  if (isSynchronous(stage)) return meanNs;
  const share = loopCpuShare(point, loop);
  if (share === null) return 0;
  const members = point.stages.filter((other) => other.loop === loop);
  const computing = members.filter(isSynchronous);
  const takenNs = computing.reduce((sum, s) => sum + meanServiceNs(s) * s.executions, 0);
  const others = members.filter((s) => !isSynchronous(s) && s.executions > 0);
  return Math.min(evenShare(others, Math.max(share * windowNs(point) - takenNs, 0)), meanNs);
}

/** The same for each execution, so that it adds up to a sum; but none can have more than it lasts. */
function evenShare(stages: readonly MeasuredStage[], sumNs: number): number {
  let leftNs = sumNs;
  let executions = stages.reduce((sum, s) => sum + s.executions, 0);
  for (const stage of stages.toSorted((a, b) => meanServiceNs(a) - meanServiceNs(b))) {
    const meanNs = meanServiceNs(stage);
    if (meanNs * executions >= leftNs) return leftNs / executions;
    leftNs -= meanNs * stage.executions;
    executions -= stage.executions;
  }
  return Infinity;
}

/** How a stage's executions split on average. */
export function meanSplit(point: OperatingPoint, stage: MeasuredStage): MeanSplit {
  const meanNs = meanServiceNs(stage);
  if (stage.loop !== null) {
    const cpuNs = onLoop(point, stage, stage.loop);
    return { cpuNs, waitNs: Math.max(meanNs - cpuNs, 0) };
  }
  if (stage.cpuShare === null) {
    return stage.kind === 'cpu' ? { cpuNs: meanNs, waitNs: 0 } : { cpuNs: 0, waitNs: meanNs };
  }
  // The shares are of all the time from begin to end.
  const durationNs = meanDurationNs(stage);
  const cpuNs = Math.min(durationNs * stage.cpuShare, meanNs);
  // Without a measure of it: on a full machine what is not computing is waiting for a core.
  const coreWaitNs =
    stage.coreWaitShare === null
      ? (isMachineFull(point) ? 1 : 0) * (meanNs - cpuNs)
      : durationNs * stage.coreWaitShare;
  return { cpuNs, waitNs: Math.max(meanNs - cpuNs - coreWaitNs, 0) };
}

function isMachineFull({ cores, cpuCores }: OperatingPoint): boolean {
  return cores !== null && cpuCores !== null && cpuCores >= 0.9 * cores;
}

/**
 * The samples of a stage as computing and waiting: each execution's duration is divided as the mean is. `extraWaitNs` is added
 * to each (the hand-over to a lane); `scale` says how much of sample i counts (another batch size, say).
 */
export function splitSamples(
  stage: MeasuredStage,
  split: MeanSplit,
  { extraWaitNs = 0, scale }: { extraWaitNs?: number; scale?: (index: number) => number } = {},
): ServiceSamples {
  const durationNs = serviceTimesNs(stage);
  const meanNs = meanServiceNs(stage);
  if (durationNs.length === 0) return { cpuNs: new Float64Array(1), waitNs: new Float64Array(1) };
  const cpu = meanNs > 0 ? split.cpuNs / meanNs : 0;
  const wait = meanNs > 0 ? split.waitNs / meanNs : 0;
  const factor = scale ?? (() => 1);
  // On a loop the computing part is much the same for all; its wait is what differs.
  const cpuOf = (duration: number): number =>
    stage.loop !== null && !isSynchronous(stage) ? Math.min(split.cpuNs, duration) : duration * cpu;
  return {
    cpuNs: durationNs.map((duration, i) => cpuOf(duration) * factor(i)),
    waitNs: durationNs.map((duration, i) =>
      stage.loop !== null && !isSynchronous(stage)
        ? Math.max(duration - split.cpuNs, 0) * factor(i) + extraWaitNs
        : duration * wait * factor(i) + extraWaitNs,
    ),
  };
}
