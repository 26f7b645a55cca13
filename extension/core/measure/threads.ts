/** Threads on which several lanes take turns, and what cores and quotas gave the program. */
import { GaugeName } from '../../../agent/wire/format.js';
import { gcShareIn } from '../analysis/threadTime.js';
import {
  coresOf,
  isOwnLane,
  usedLanes,
  type Lane,
  type Process,
  type Stage,
  type Thread,
} from '../model/entities.js';
import type { Stretch } from './steadyWindow.js';
import type { MeasuredLoop } from './operatingPoint.js';

const MAIN = /^main/i;

/** A loop with what tells which lanes are on it. */
export interface FoundLoop extends MeasuredLoop {
  readonly process: Process;
}

/** The name of the thread that a lane belongs to now. */
const threadOf = ({ thread }: Lane): string => thread.declared?.thread ?? '';

/** The gauges of a thread. */
function gaugesOf(process: Process, name: string): Thread['gauges'] | undefined {
  const threads = [...process.threads.values()];
  return threads.find((t) => isOwnLane(t) && t.declared?.thread === name)?.gauges;
}

/** The loops of a pipeline: main threads, and other threads on which more than one lane runs. */
export function loopsOf(stages: readonly Stage[], stretch: Stretch): readonly FoundLoop[] {
  const lanes = new Map<Process, Map<string, number>>();
  for (const stage of stages) {
    const counts = lanes.get(stage.process) ?? new Map<string, number>();
    lanes.set(stage.process, counts);
    for (const lane of usedLanes(stage)) {
      counts.set(threadOf(lane), (counts.get(threadOf(lane)) ?? 0) + 1);
    }
  }
  return [...lanes].flatMap(([process, counts]) => {
    const names = new Set([...counts].filter(([, count]) => count > 1).map(([name]) => name));
    for (const { declared } of process.threads.values()) {
      if (declared !== null && MAIN.test(declared.thread)) names.add(declared.thread);
    }
    return [...names].map((name) => loop(process, name, stretch));
  });
}

function loop(process: Process, name: string, { fromNs, toNs }: Stretch): FoundLoop {
  const gauges = gaugesOf(process, name);
  return {
    process,
    name,
    cpuShare: gauges?.get(GaugeName.threadCpu)?.mean(fromNs, toNs) ?? null,
    utilization: gauges?.get(GaugeName.eventLoopUtilization)?.mean(fromNs, toNs) ?? null,
  };
}

/** The loop on which all lanes of a stage are; null: they are on threads of their own, or on several loops. */
export function loopOf(stage: Stage, loops: readonly FoundLoop[]): number | null {
  const names = new Set(usedLanes(stage).map(threadOf));
  const [name] = names;
  if (names.size !== 1) return null;
  const index = loops.findIndex((l) => l.process === stage.process && l.name === name);
  return index < 0 ? null : index;
}

/** Cores and their use. */
export interface CoreUse {
  readonly cores: number | null;
  readonly cpuCores: number | null;
  readonly gcShare: number | null;
  readonly throttledShare: number | null;
}

/** What the processes had of the machine in a stretch. */
export function coreUse(processes: Iterable<Process>, stretch: Stretch): CoreUse {
  const { fromNs, toNs } = stretch;
  const use: { -readonly [K in keyof CoreUse]: CoreUse[K] } = {
    cores: null,
    cpuCores: null,
    gcShare: null,
    throttledShare: null,
  };
  for (const process of processes) {
    use.cores = coresOf(process) ?? use.cores;
    for (const thread of process.threads.values()) {
      const mean = (name: string): number | null =>
        thread.gauges.get(name)?.mean(fromNs, toNs) ?? null;
      use.cpuCores = sum(use.cpuCores, mean(GaugeName.cpuCores));
      use.throttledShare = highest(use.throttledShare, mean(GaugeName.throttled));
      if (thread.gauges.has(GaugeName.eventLoopUtilization)) {
        use.gcShare = highest(use.gcShare, gcShareIn(thread, fromNs, toNs));
      }
    }
  }
  return use;
}

const sum = (a: number | null, b: number | null): number | null => (b === null ? a : (a ?? 0) + b);
const highest = (a: number | null, b: number | null): number | null =>
  b === null ? a : Math.max(a ?? 0, b);
