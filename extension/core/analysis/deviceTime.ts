/**
 * What a device did with its time, by the work on it that was timed: as Holistic Trace Analysis divides it
 * (https://hta.readthedocs.io, "idle time breakdown"), into computing, gaps between pieces of work that were all submitted,
 * the rest of the time in which something was submitted, and the time in which nothing was.
 *
 * Where the pieces were not timed (CUDA's events tell when a step begins and ends on the device, and nothing of its kernels),
 * the driver tells in which share of time a kernel was there. That counts kernels of other programs too, so it is at most the
 * time in which something was submitted.
 */
import { FIRST_RUN_SUFFIX, GaugeName } from '../../../agent/wire/format.js';
import { kindOf, type Lane, type Process, type Stage } from '../model/entities.js';
import type { TraceStore } from '../model/store.js';
import type { GpuReport } from '../report/report.js';
import { isGpu, settleSpans } from '../view/spans.js';
import { GPU_POOL, sharedPools } from './topology.js';

/** Pieces of work that are looked at: the newest. More say the same and cost time. */
const MAX_PASSES = 100_000;

/** A device's time, as the report tells it. */
export type DeviceTime = GpuReport;

interface Sums {
  workNs: number;
  kernelNs: number;
  kernelWaitNs: number;
  passes: number;
  firstRuns: number;
  firstRunNs: number;
}

/** From `fromNs` to `toNs`. */
export interface DeviceWindow {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Sums over a lane; returns from when on it was looked at. */
function addLane(store: TraceStore, lane: Lane, window: DeviceWindow, sums: Sums): number {
  settleSpans(lane);
  const { executions, spans } = lane;
  executions.settle();
  const last = spans.startNs.lowerBound(window.toNs + 1);
  let at = Math.max(spans.startNs.lowerBound(window.fromNs), last - MAX_PASSES);
  const cutNs = at > 0 && at === last - MAX_PASSES ? spans.startNs.at(at) : window.fromNs;
  const lastExecution = executions.startNs.lowerBound(window.toNs);
  for (let i = executions.startNs.lowerBound(cutNs); i < lastExecution; i++) {
    const startNs = executions.startNs.at(i);
    const endNs = Math.min(executions.endNs(i), window.toNs);
    sums.workNs += endNs - startNs;
    let previousNs = Infinity;
    for (; at < last; at++) {
      const fromNs = spans.startNs.at(at);
      // One without a duration, as rounded timestamps give it, may stand at the very end.
      if (fromNs > endNs || (fromNs === endNs && spans.durationNs.at(at) > 0)) break;
      if (fromNs < startNs || !isGpu(spans.second.at(at))) continue;
      const durationNs = Math.min(spans.durationNs.at(at), endNs - fromNs);
      sums.passes++;
      sums.kernelNs += durationNs;
      sums.kernelWaitNs += Math.max(0, fromNs - previousNs);
      previousNs = fromNs + durationNs;
      if (store.spanNames[spans.first.at(at)]?.endsWith(FIRST_RUN_SUFFIX) !== true) continue;
      sums.firstRuns++;
      sums.firstRunNs += durationNs;
    }
  }
  return cutNs;
}

/** The time of a device; null when nothing on it was timed. */
export function deviceTime(
  store: TraceStore,
  stage: Stage,
  window: DeviceWindow,
): DeviceTime | null {
  const sums = { workNs: 0, kernelNs: 0, kernelWaitNs: 0, passes: 0, firstRuns: 0, firstRunNs: 0 };
  let coveredNs = 0;
  const isTimed = stage.lanes.some(({ spans }) => spans.length > 0);
  const told = isTimed || !isDevice(stage) ? null : toldByDriver(stage.process, window);
  for (const lane of stage.lanes) {
    if (lane.spans.length === 0 && told === null) continue;
    const fromNs = addLane(store, lane, window, sums);
    coveredNs += Math.max(0, window.toNs - fromNs);
  }
  const { workNs, kernelWaitNs, passes, firstRuns, firstRunNs } = sums;
  if ((passes === 0 && told === null) || coveredNs <= 0 || workNs === 0) return null;
  const wholeNs = Math.max(coveredNs, workNs);
  const kernelNs = told === null ? sums.kernelNs : Math.min(told * wholeNs, workNs);
  return {
    kernelShare: kernelNs / wholeNs,
    kernelWaitShare: kernelWaitNs / wholeNs,
    otherShare: Math.max(0, workNs - kernelNs - kernelWaitNs) / wholeNs,
    hostWaitShare: Math.max(0, wholeNs - workNs) / wholeNs,
    passes,
    firstRuns,
    firstRunNs,
  };
}

/** Not a stage that uses a device, but the device. */
function isDevice({ declared }: Stage): boolean {
  return declared !== null && sharedPools.get(declared.via) === GPU_POOL;
}

/** Share of time in which a kernel was on the process's busiest device, as its driver says; null: nobody asked it. */
function toldByDriver(process: Process, { fromNs, toNs }: DeviceWindow): number | null {
  for (const { gauges } of process.threads.values()) {
    const gauge = gauges.get(GaugeName.gpuUtilization);
    if (gauge !== undefined) return gauge.mean(fromNs, toNs);
  }
  return null;
}

/** The device that a process uses most in a window, as far as it was timed; null: none was. */
export function deviceOf(
  store: TraceStore,
  process: Process,
  window: DeviceWindow,
): DeviceTime | null {
  let most: DeviceTime | null = null;
  for (const stage of process.stages.values()) {
    if (kindOf(stage) !== 'gpu') continue;
    const time = deviceTime(store, stage, window);
    if (time !== null && time.kernelShare >= (most?.kernelShare ?? 0)) most = time;
  }
  return most;
}
