/**
 * What threads did with their time, from gauges: CPU against waiting inside of executions, and how their event loops fared.
 *
 * A sample of a gauge speaks about the time since the sample before it.
 */
import { GaugeName } from '../../../agent/wire/format.js';
import type { Lane, Process, Stage, Thread } from '../model/entities.js';
import type { GaugeSeries } from '../model/series.js';
import type { ThreadReport } from '../report/report.js';

/** Threads of one process that a report names. */
const MAX_THREADS = 64;

/** The thread itself among the lanes of a process: the row with its gauges. */
function isOwnLane({ declared }: Thread): boolean {
  return declared?.stage === null && declared.slot === 0;
}

/** The row with the gauges of the thread that a lane belongs to; undefined in traces that do not say. */
function ownLaneOf(lane: Lane): Thread | undefined {
  const { process, declared } = lane.thread;
  if (declared === null) return undefined;
  for (const thread of process.threads.values()) {
    if (isOwnLane(thread) && thread.declared?.thread === declared.thread) return thread;
  }
  return undefined;
}

/** Figures of the threads that measured anything, the main thread first. Shares are means over the session. */
export function threadReports(process: Process): readonly ThreadReport[] {
  const own = [...process.threads.values()].filter((t) => isOwnLane(t) && t.gauges.size > 0);
  own.sort((a, b) => compareNames(a.declared?.thread ?? '', b.declared?.thread ?? ''));
  return own.slice(0, MAX_THREADS).map((thread) => {
    const gauge = (name: string): GaugeSeries | undefined => thread.gauges.get(name);
    return {
      name: thread.declared?.thread ?? '',
      cpuShare: meanOf(gauge(GaugeName.threadCpu)),
      coreWaitShare: meanOf(gauge(GaugeName.coreWait)),
      loopUtilization: meanOf(gauge(GaugeName.eventLoopUtilization)),
      maxLoopDelayNs: maxOf(gauge(GaugeName.eventLoopDelayNs)),
      gcShare: gcShare(thread),
    };
  });
}

/** Mean share of time for which quotas held the process back; null without a quota. */
export function throttledShare(process: Process): number | null {
  for (const thread of process.threads.values()) {
    const gauge = thread.gauges.get(GaugeName.throttled);
    if (gauge !== undefined) return meanOf(gauge);
  }
  return null;
}

function compareNames(a: string, b: string): number {
  const isMain = (name: string): number => (name === 'main' ? 0 : 1);
  return isMain(a) - isMain(b) || a.localeCompare(b, 'en', { numeric: true });
}

/** Mean over time: samples weigh as much as the time that they speak about. */
function meanOf(gauge: GaugeSeries | undefined): number | null {
  if (gauge === undefined || gauge.atNs.length === 0) return null;
  if (gauge.atNs.length === 1) return gauge.value.at(0);
  let sum = 0;
  let timeNs = 0;
  for (let i = 1; i < gauge.atNs.length; i++) {
    const lengthNs = Math.max(gauge.atNs.at(i) - gauge.atNs.at(i - 1), 0);
    sum += gauge.value.at(i) * lengthNs;
    timeNs += lengthNs;
  }
  return timeNs === 0 ? gauge.value.at(0) : sum / timeNs;
}

function maxOf(gauge: GaugeSeries | undefined): number | null {
  if (gauge === undefined || gauge.atNs.length === 0) return null;
  let max = gauge.value.at(0);
  for (let i = 1; i < gauge.value.length; i++) max = Math.max(max, gauge.value.at(i));
  return max;
}

/** Share of the observed time in garbage collections; null where they are not observed (loops that never turn). */
function gcShare({ gauges, gc }: Thread): number | null {
  const loop = gauges.get(GaugeName.eventLoopUtilization);
  if (loop === undefined || loop.atNs.length < 2) return null;
  const fromNs = loop.atNs.at(0);
  const toNs = loop.atNs.at(loop.atNs.length - 1);
  if (toNs <= fromNs) return null;
  gc.settle();
  const first = gc.startNs.lowerBound(fromNs);
  const behind = gc.startNs.lowerBound(toNs);
  return Math.min((gc.durationBefore(behind) - gc.durationBefore(first)) / (toNs - fromNs), 1);
}

/**
 * CPU time / busy time of a stage, from the CPU time of its threads.
 *
 * The operating system measures threads, not executions. So this is known only where all that a thread records belongs to
 * the one stage: a pool's worker threads, or a main thread with a single stage. Then CPU time that a sample shows is the
 * stage's, but never more than the time in which it ran anything. Elsewhere the answer is null: to divide a thread among
 * stages that take turns on it would be a guess.
 */
export class CpuFold {
  private readonly stage: Stage;
  /** Samples that have been read, by the thread's own lane. */
  private readonly read = new Map<GaugeSeries, number>();
  private cpuNs = 0;
  private busyNs = 0;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  /** The share as of `settledNs`; records before it are complete. */
  share(settledNs: number): number | null {
    const byThread = lanesByThread(this.stage);
    if (byThread === null) return null;
    for (const [thread, lanes] of byThread) {
      const gauge = thread.gauges.get(GaugeName.threadCpu);
      if (gauge !== undefined) this.advance(gauge, lanes, settledNs);
    }
    return this.busyNs <= 0 ? null : Math.min(this.cpuNs / this.busyNs, 1);
  }

  private advance(gauge: GaugeSeries, lanes: readonly Lane[], settledNs: number): void {
    let index = Math.max(this.read.get(gauge) ?? 1, 1);
    for (; index < gauge.atNs.length && gauge.atNs.at(index) <= settledNs; index++) {
      const fromNs = gauge.atNs.at(index - 1);
      const toNs = gauge.atNs.at(index);
      let busyNs = 0;
      for (const lane of lanes) busyNs += busyBetween(lane, fromNs, toNs);
      this.busyNs += busyNs;
      this.cpuNs += Math.min(gauge.value.at(index) * (toNs - fromNs), busyNs);
    }
    this.read.set(gauge, index);
  }
}

/** The stage's lanes by thread; null when another stage runs on one of the threads, or a thread is not known. */
function lanesByThread(stage: Stage): ReadonlyMap<Thread, readonly Lane[]> | null {
  const byThread = new Map<Thread, Lane[]>();
  const names = new Set<string>();
  for (const lane of stage.lanes) {
    if (lane.executions.length === 0) continue;
    const own = ownLaneOf(lane);
    if (own === undefined) return null;
    names.add(own.declared?.thread ?? '');
    const lanes = byThread.get(own);
    if (lanes === undefined) byThread.set(own, [lane]);
    else lanes.push(lane);
  }
  for (const other of stage.process.stages.values()) {
    if (other === stage) continue;
    const isHere = (lane: Lane): boolean =>
      lane.executions.length > 0 && names.has(lane.thread.declared?.thread ?? '');
    if (other.lanes.some(isHere)) return null;
  }
  return byThread;
}

/** Time of [fromNs, toNs) in which the lane ran something. Executions of a lane do not overlap. */
function busyBetween({ executions }: Lane, fromNs: number, toNs: number): number {
  executions.settle();
  const { length } = executions;
  // From the execution that may reach into the time, to the first one that starts behind it.
  let first = executions.startNs.lowerBound(fromNs);
  if (first > 0 && executions.endNs(first - 1) > fromNs) first--;
  const behind = executions.startNs.lowerBound(toNs);
  if (first >= length || first >= behind) return 0;
  const sum = executions.durationBefore(behind) - executions.durationBefore(first);
  const early = Math.max(fromNs - executions.startNs.at(first), 0);
  const late = Math.max(executions.endNs(behind - 1) - toNs, 0);
  return Math.max(sum - early - late, 0);
}
