/**
 * What threads did with their time, from gauges: CPU against waiting inside of executions, and how their event loops fared.
 *
 * A sample of a gauge speaks about the time since the sample before it.
 */
import { GaugeName } from '../../../agent/wire/format.js';
import { isOwnLane, type Lane, type Process, type Stage, type Thread } from '../model/entities.js';
import type { GaugeSeries } from '../model/series.js';
import type { ThreadReport } from '../report/report.js';

/** Threads of one process that a report names. */
const MAX_THREADS = 64;

/** Figures of the threads that measured anything, the main thread first. Shares are means over the session. */
export function threadReports(process: Process): readonly ThreadReport[] {
  const own = [...process.threads.values()].filter((t) => isOwnLane(t) && t.gauges.size > 0);
  own.sort((a, b) => compareNames(a.declared?.thread ?? '', b.declared?.thread ?? ''));
  const reports = own.slice(0, MAX_THREADS).map((thread) => {
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
  // Gauges of other tools say nothing about the thread.
  return reports.filter((report) => Object.values(report).some((f) => typeof f === 'number'));
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
function gcShare(thread: Thread): number | null {
  const loop = thread.gauges.get(GaugeName.eventLoopUtilization);
  if (loop === undefined || loop.atNs.length < 2) return null;
  const fromNs = loop.atNs.at(0);
  const toNs = loop.atNs.at(loop.atNs.length - 1);
  return toNs <= fromNs ? null : gcShareIn(thread, fromNs, toNs);
}

/** Share of a stretch of time in garbage collections that began in it. */
export function gcShareIn({ gc }: Thread, fromNs: number, toNs: number): number {
  gc.settle();
  const first = gc.startNs.lowerBound(fromNs);
  const behind = gc.startNs.lowerBound(toNs);
  return Math.min((gc.durationBefore(behind) - gc.durationBefore(first)) / (toNs - fromNs), 1);
}

interface StageCpu {
  cpuNs: number;
  /** Ready to run, and no core was free; NaN: not measured. */
  coreWaitNs: number;
  busyNs: number;
  /** Busy time in which another stage ran on the same thread. */
  sharedNs: number;
}

/** A stage that shares its threads for more than this part of its busy time has no CPU time of its own. */
const MAX_SHARED = 0.05;

/**
 * CPU time / busy time of the stages of a process, from the CPU time of its threads.
 *
 * The operating system measures threads, not executions. So a sample tells of a stage only when nothing of another stage ran
 * on the thread meanwhile: in a pool's worker threads, or in a main thread with a single stage. Then the CPU time that the
 * sample shows is the stage's, but never more than the time in which it ran anything. What runs inside of a stage is part of
 * its time, so it is part of its CPU time as well. To divide a thread among stages that take turns on it would be a guess:
 * there the answer is null.
 */
export class CpuFold {
  private readonly process: Process;
  private readonly fromNs: number;
  /** Samples that have been read, by gauge. */
  private readonly read = new Map<GaugeSeries, number>();
  private readonly stages = new Map<Stage, StageCpu>();

  /** Samples that speak about time before `fromNs` do not count. */
  constructor(process: Process, fromNs = -Infinity) {
    this.process = process;
    this.fromNs = fromNs;
  }

  /** Takes in the samples up to `settledNs`; records before it are complete. */
  advance(settledNs: number): void {
    let lanes: ReadonlyMap<string, readonly Lane[]> | undefined;
    for (const thread of this.process.threads.values()) {
      const gauge = isOwnLane(thread) ? thread.gauges.get(GaugeName.threadCpu) : undefined;
      if (gauge === undefined) continue;
      let index = Math.max(this.read.get(gauge) ?? 1, 1);
      for (; index < gauge.atNs.length && gauge.atNs.at(index) <= settledNs; index++) {
        if (gauge.atNs.at(index - 1) < this.fromNs) continue;
        lanes ??= lanesByThread(this.process);
        this.sample(thread, gauge, index, lanes);
      }
      this.read.set(gauge, index);
    }
  }

  /** The share of a stage's busy time that was CPU time; null: not known. */
  share(stage: Stage): number | null {
    const cpu = this.stages.get(stage);
    if (cpu === undefined || cpu.busyNs <= 0) return null;
    if (cpu.sharedNs > MAX_SHARED * (cpu.busyNs + cpu.sharedNs)) return null;
    return Math.min(cpu.cpuNs / cpu.busyNs, 1);
  }

  /** The share of a stage's busy time in which it was ready to run and no core was free; null: not known. */
  coreWaitShare(stage: Stage): number | null {
    const cpu = this.stages.get(stage);
    if (cpu === undefined || this.share(stage) === null || Number.isNaN(cpu.coreWaitNs))
      return null;
    return Math.min(cpu.coreWaitNs / cpu.busyNs, 1);
  }

  private sample(
    thread: Thread,
    gauge: GaugeSeries,
    index: number,
    lanes: ReadonlyMap<string, readonly Lane[]>,
  ): void {
    const fromNs = gauge.atNs.at(index - 1);
    const toNs = gauge.atNs.at(index);
    const name = threadAt(thread, toNs);
    // A lane may have passed from one thread to the next in between: then the sample is about neither.
    if (name === undefined || threadAt(thread, fromNs) !== name) return;
    const coreWait = gaugeAt(thread.gauges.get(GaugeName.coreWait), toNs);
    const busy = new Map<Stage, number>();
    for (const lane of lanes.get(name) ?? []) {
      if (lane.stage === null || threadAt(lane.thread, toNs) !== name) continue;
      const busyNs = busyBetween(lane, fromNs, toNs);
      if (busyNs > 0) busy.set(lane.stage, (busy.get(lane.stage) ?? 0) + busyNs);
    }
    const whole = holderOf([...busy.keys()], this.process);
    for (const [stage, busyNs] of busy) {
      const cpu = this.stages.get(stage) ?? noCpu();
      this.stages.set(stage, cpu);
      if (stage !== whole) cpu.sharedNs += busyNs;
      else {
        cpu.busyNs += busyNs;
        cpu.cpuNs += Math.min(gauge.value.at(index) * (toNs - fromNs), busyNs);
        cpu.coreWaitNs += Math.min(coreWait * (toNs - fromNs), busyNs);
      }
    }
  }
}

/** The stage that all others run inside of, or the only one; undefined: there is none. */
function holderOf(stages: readonly Stage[], process: Process): Stage | undefined {
  if (stages.length < 2) return stages[0];
  const outer = new Map<string, string>();
  for (const { from, to, seen, inside } of process.links.values()) {
    if (inside > seen / 2) outer.set(to, from);
  }
  const isInside = (name: string, holder: string): boolean => {
    // A circle of links has no more steps than links.
    let around = outer.get(name);
    for (let step = 0; step < outer.size && around !== undefined; step++) {
      if (around === holder) return true;
      around = outer.get(around);
    }
    return false;
  };
  return stages.find((stage) =>
    stages.every((other) => other === stage || isInside(other.name, stage.name)),
  );
}

const noCpu = (): StageCpu => ({ cpuNs: 0, coreWaitNs: 0, busyNs: 0, sharedNs: 0 });

/** The sample that was taken at a moment; NaN: there is none. */
function gaugeAt(gauge: GaugeSeries | undefined, ns: number): number {
  if (gauge === undefined) return NaN;
  const index = gauge.atNs.lowerBound(ns);
  return gauge.atNs.at(index) === ns ? gauge.value.at(index) : NaN;
}

/** Whose a lane was at a time. */
function threadAt({ tenants, declared }: Thread, atNs: number): string | undefined {
  return tenants.at(atNs) ?? declared?.thread;
}

/** Lanes that ran anything, by the threads that had them. */
function lanesByThread(process: Process): ReadonlyMap<string, readonly Lane[]> {
  const byThread = new Map<string, Lane[]>();
  for (const thread of process.threads.values()) {
    const lanes = [...thread.lanes.values()].filter(({ executions }) => executions.length > 0);
    if (lanes.length === 0) continue;
    for (const name of thread.tenants.names) {
      byThread.set(name, [...(byThread.get(name) ?? []), ...lanes]);
    }
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
