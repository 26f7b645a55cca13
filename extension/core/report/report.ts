/**
 * The report, `sluice.report/1`: what the terminal prints, what CI reads, and the only source of the numbers in the panel.
 * Times are nanoseconds, rates per second, shares 0..1. Knowledge that is absent is `null`, never 0.
 */
import type { KnobKind, SourcePosition, StageKind } from '../../../agent/wire/manifest.js';

export const REPORT_SCHEMA = 'sluice.report/1';

/** Percentiles of a time, in nanoseconds. */
export interface ServiceTimes {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** How a stage's lane time was spent; the five add up to 1. */
export interface StateShares {
  readonly busy: number;
  readonly starved: number;
  readonly blocked: number;
  readonly limited: number;
  readonly idle: number;
}

export interface StageReport {
  readonly name: string;
  readonly kind: StageKind;
  /** Pid of the process it runs in. */
  readonly process: number;
  /** Declared parallelism, else the number of lanes seen. */
  readonly parallelism: number;
  /** All that were made, lost ones included. */
  readonly executions: number;
  /** Executions of these whose records are missing: counted, but in no picture. */
  readonly lost: number;
  readonly items: number;
  readonly errors: number;
  /** Items per second of wall time, over the pipeline's active window. */
  readonly ratePerSec: number;
  /**
   * Items per second that the stage would do if it were never starved or blocked: items / (busy time / parallelism).
   * The true processing rate of DS2 (Kalavri et al., OSDI 2018), summed over the instances. null without busy time.
   */
  readonly trueRatePerSec: number | null;
  /** Busy lane time / (parallelism x window): the utilisation law, U = X S / m. */
  readonly utilization: number;
  /** null without a single execution. */
  readonly serviceNs: ServiceTimes | null;
  readonly shares: StateShares;
  /** CPU time / busy time; null: not measured, or the stage shares its thread with others (see `CpuFold`). */
  readonly cpuShare: number | null;
  /** By CPU samples, the functions with the most self time, at most 20; absent when nothing was sampled in the stage. */
  readonly functions?: readonly FunctionReport[];
  /** What the device did; absent when nothing that runs on it was timed. */
  readonly gpu?: GpuReport;
  readonly source: SourcePosition | null;
}

/** What a device did with the time of the session. The four shares add up to 1 (see `analysis/deviceTime.ts`). */
export interface GpuReport {
  /** It computed. */
  readonly kernelShare: number;
  /** Gaps between pieces of work (passes) that were all submitted. */
  readonly kernelWaitShare: number;
  /** The rest of the time in which something was submitted. */
  readonly otherShare: number;
  /** Nothing was submitted. */
  readonly hostWaitShare: number;
  /** Pieces of work that were timed on the device. */
  readonly passes: number;
  /** Those that ran their pipeline for the first time, and their time in nanoseconds: compiling is part of it. */
  readonly firstRuns: number;
  readonly firstRunNs: number;
}

/** A function within the executions of a stage. What counts as the stage's: `analysis/cpuAttribution.ts`. */
export interface FunctionReport {
  readonly name: string;
  readonly source: SourcePosition | null;
  /** Of the sampled time in which the stage computed: in the function itself, and in it and what it called. 0 to 1. */
  readonly selfShare: number;
  readonly totalShare: number;
}

export interface QueueReport {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  /** How the side that the program did not declare was concluded; null: both are declared, or one is not known. */
  readonly inferred: LinkOrigin | null;
  readonly capacity: number | null;
  /** Time-weighted. */
  readonly depth: {
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly max: number;
  };
  /** Share of time at or above capacity; null when unbounded. */
  readonly fullShare: number | null;
  readonly emptyShare: number;
  /** The program counts batches here: so many items are in one. Absent: it counts items. */
  readonly itemsPerEntry?: number;
  /** Little's law, mean depth / throughput, gives no percentiles: null unless each item's wait was seen. */
  readonly waitNs: { readonly p50: number; readonly p95: number } | null;
}

export interface KnobReport {
  /** `pid:knob` */
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
  readonly remark: string | null;
  /** What declared it: `api`, or the name of the library (`p-queue`). */
  readonly via: string;
  readonly source: SourcePosition | null;
}

export type BottleneckKind =
  'stage' | 'cpu' | 'eventLoop' | 'source' | 'sink' | 'external' | 'none';

export interface Bottleneck {
  readonly kind: BottleneckKind;
  readonly stage: string | null;
  /** 0..1 */
  readonly confidence: number;
  /** Sentences with the numbers that led to the verdict. */
  readonly evidence: readonly string[];
}

export interface Interval {
  readonly low: number;
  readonly mid: number;
  readonly high: number;
}

export interface Suggestion {
  readonly id: string;
  readonly knob: string;
  readonly from: number;
  readonly to: number;
  /** What it is for: more throughput, less latency (to keep a limit, or at the same throughput), or less for a target rate. */
  readonly aim: 'throughput' | 'latency' | 'cost';
  /** The value as an expression of the machine (`os.availableParallelism()`), where it follows from that; null: it does not. */
  readonly expression: string | null;
  /** With this change alone; see `PlanReport` for all of them together. */
  readonly predicted: {
    readonly throughputPerSec: Interval;
    /** Predicted / present throughput; narrower, for how well the present is known changes both alike. */
    readonly gain: Interval;
    readonly latencyP95Ns: Interval | null;
  };
  readonly reason: string;
  readonly evidence: readonly string[];
  readonly costs: readonly string[];
}

/** Changes that belong together: applied at once they give what is predicted. */
export interface PlanReport {
  /** Ids of the suggestions. */
  readonly suggestions: readonly string[];
  /** 90 % intervals. */
  readonly throughputPerSec: Interval;
  readonly gain: Interval;
  readonly latencyP95Ns: Interval | null;
}

/** A value that nobody has seen and that the model cannot judge: worth a trial. */
export interface ProbeReport {
  readonly knob: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** What was found, by what it is about. */
export type FindingKind =
  | 'brokenTrace'
  | 'lostRecords'
  | 'parallelism'
  | 'cores'
  | 'eventLoop'
  | 'rateLimit'
  | 'external'
  | 'source'
  | 'sink'
  | 'contention'
  | 'takingTurns'
  | 'sequential'
  | 'queueTooSmall'
  | 'queueTooDeep'
  | 'batchTooSmall'
  | 'batchTooLarge'
  | 'bubble'
  | 'gpuStarved'
  | 'gpuLaunchBound'
  | 'skew'
  | 'garbageCollection'
  | 'throttled'
  | 'threadChurn'
  | 'slowFunction'
  | 'nothingToGain'
  | 'uncertain';

export interface FindingReport {
  readonly kind: FindingKind;
  /** `limit`: it is what holds the pipeline back; `warn`: it costs something; `info`: good to know. */
  readonly severity: 'limit' | 'warn' | 'info';
  readonly stage: string | null;
  readonly queue: string | null;
  /** One sentence. */
  readonly text: string;
  readonly evidence: readonly string[];
  /** What to do about it; null: nothing, or what the suggestions say. */
  readonly remedy: string | null;
  /** Where in the program; null: not known, or nowhere. */
  readonly source: SourcePosition | null;
}

/** One line of the summary of all rules. */
export interface CheckReport {
  readonly topic: string;
  readonly state: 'ok' | 'warn' | 'notYet';
  readonly text: string;
}

/** Predicted throughput over something that changes. */
export interface CurvePoint {
  /** The knob's value; or how much less time the stage takes, 0..1 (1: none at all). */
  readonly at: number;
  readonly throughputPerSec: number;
}

export interface WhatIfReport {
  /** If a stage took less time for each item, and nothing else changed. */
  readonly stages: readonly { readonly stage: string; readonly points: readonly CurvePoint[] }[];
  /** If a knob had another value, and nothing else changed. */
  readonly knobs: readonly { readonly knob: string; readonly points: readonly CurvePoint[] }[];
}

/**
 * How a link between stages is known: `declared` by a queue of the program, shown by the same `items` in both stages,
 * `learned` by following async context, or guessed from the `order` in which stages began.
 */
export type LinkOrigin = 'declared' | 'items' | 'learned' | 'order';

/** Work of `from` becomes work of `to`. */
export interface LinkReport {
  readonly from: string;
  readonly to: string;
  readonly known: LinkOrigin;
  /** `to` runs inside of `from`, which waits for it: its time is part of the other's. */
  readonly isInside: boolean;
}

/** Mean time from end to end, and where it comes from. */
export interface MeanLatency {
  readonly meanNs: number;
  /** `items`: measured on items that were followed; `littlesLaw`: queue depths over rates, plus service times. */
  readonly by: 'items' | 'littlesLaw';
  /** Items also wait where nobody sees them, so it takes at least so long. */
  readonly isAtLeast: boolean;
}

export interface PipelineReport {
  readonly name: string;
  /** Not anybody's pipeline but a pool that stages share: it has a verdict only when it is used up. */
  readonly isShared: boolean;
  /**
   * No pipeline but the threads and tasks of another tool's trace: each stage by itself is measured, but nothing is known of
   * what passes from one to the other, so there is no verdict.
   */
  readonly isImported: boolean;
  /** Items per second that left the last stage, over the active window. */
  readonly throughputPerSec: number;
  /** End to end, per item, from its arrival where that is known; null when items cannot be followed. */
  readonly latencyNs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** null when not even the mean is known. */
  readonly latencyMean: MeanLatency | null;
  /** In pipeline order. */
  readonly stages: readonly StageReport[];
  readonly queues: readonly QueueReport[];
  readonly links: readonly LinkReport[];
  readonly knobs: readonly KnobReport[];
  readonly bottleneck: Bottleneck;
  /**
   * The steady part of the present setting, on which advice rests: predictions compare with its throughput, not with that of
   * the whole session. null: not computed.
   */
  readonly steady: {
    readonly fromNs: number;
    readonly toNs: number;
    readonly throughputPerSec: number;
  } | null;
  /** Best reachable throughput / present throughput; null: not computed. */
  readonly headroom: Interval | null;
  /** By predicted gain. */
  readonly suggestions: readonly Suggestion[];
  /** The best setting of all knobs together; null: nothing to gain, or nothing could be predicted. */
  readonly plan: PlanReport | null;
  readonly probes: readonly ProbeReport[];
  readonly findings: readonly FindingReport[];
  /** Every rule, with what it says. */
  readonly checks: readonly CheckReport[];
  readonly whatIf: WhatIfReport | null;
  /** Why nothing is predicted; null: it is. */
  readonly unpredicted: string | null;
}

/** A thread over the session: shares are means, 0..1; null: not measured. */
export interface ThreadReport {
  /** `main`, `worker 3` */
  readonly name: string;
  /** Share of time on a core. */
  readonly cpuShare: number | null;
  /** Share of time in which it could have run and waited for a core. */
  readonly coreWaitShare: number | null;
  /** Share of time in which the event loop was not idle. */
  readonly loopUtilization: number | null;
  readonly maxLoopDelayNs: number | null;
  /** Share of time in garbage collections. */
  readonly gcShare: number | null;
}

/** What recording cost the program, over all processes. */
export interface AgentCost {
  /** Records made, lost ones included. */
  readonly records: number;
  /** Nanoseconds that one record takes in the program's threads, as calibrated in each process; the mean by records. */
  readonly recordNs: number;
  /** CPU time of it all, in nanoseconds: records x recordNs + CPU time of the drain threads. */
  readonly cpuNs: number;
  /**
   * `cpuNs` / CPU time of the processes. Large for a program that does next to nothing: then look at `cpuNs`.
   * What adapters do besides making records is not in it.
   */
  readonly cpuShare: number;
}

export interface ProcessReport {
  readonly pid: number;
  readonly title: string;
  readonly runtime: string;
  /** Mean share of time for which CPU quotas held it back; above 1: on several cores at once. null: no quota. */
  readonly throttledShare: number | null;
  /** The main thread first, at most 64. */
  readonly threads: readonly ThreadReport[];
  /** false: it vanished without a last word (killed, or still running). */
  readonly ended: boolean;
}

/** What another tool says of one name: how often, and for how long altogether. */
export interface TracedReport {
  readonly name: string;
  readonly count: number;
  readonly totalNs: number;
}

/** One thing as two tools measured it. */
export interface ComparisonReport {
  /**
   * `stage`: a stretch against the executions of the stage of its name. `input`: requests to PyTorch's DataLoaders against
   * waiting for input of the stage that they feed. `device`: the time in which a GPU ran anything against the executions of the
   * stage that is the GPU.
   */
  readonly kind: 'stage' | 'input' | 'device';
  /** In the trace. */
  readonly name: string;
  /** In the capture. */
  readonly stage: string;
  /** `count` is null where the tools count different things. */
  readonly trace: { readonly count: number | null; readonly totalNs: number };
  readonly capture: { readonly count: number | null; readonly totalNs: number };
  /** Trace / capture - 1; null: not to be told, see `remark`. */
  readonly difference: number | null;
  /** What to know before believing it; null: nothing. */
  readonly remark: string | null;
}

/** The trace of another tool beside a capture of the same run (`sluice convert --with`), a process at a time. */
export interface BesideReport {
  /** The pipeline that its threads are shown in. */
  readonly pipeline: string;
  readonly process: number;
  /** What recorded it. */
  readonly tool: string;
  /** The session time that all sums are over: what the trace and the capture have in common, if they have. */
  readonly window: { readonly fromNs: number; readonly toNs: number };
  /** Stretches that the program gave a name to, at most 20, the longest in sum first; those of PyTorch's steps and requests together. */
  readonly stretches: readonly TracedReport[];
  /** Work on GPUs by name, at most 20. */
  readonly deviceWork: readonly TracedReport[];
  /** Names that are not listed. */
  readonly more: { readonly stretches: number; readonly deviceWork: number };
  /** GPUs, and how long each ran anything. */
  readonly devices: readonly { readonly name: string; readonly busyNs: number }[];
  readonly compared: readonly ComparisonReport[];
  /** Why nothing is compared; null: nothing is in the way. */
  readonly uncompared: string | null;
}

export interface Report {
  readonly schema: typeof REPORT_SCHEMA;
  readonly capture: {
    readonly durationNs: number;
    /** Exact: executions seen plus those known to be lost. */
    readonly executions: number;
    readonly bytes: number;
    readonly lost: { readonly records: number; readonly shareOfExecutions: number };
    /** What the agents themselves cost; null: not measured. */
    readonly agentCost: AgentCost | null;
    /** Where the capture stops being readable; null: it was read to its end. */
    readonly truncatedAtByte: number | null;
    /** Why a reader should not take the capture as complete; null: nothing known against it. */
    readonly truncatedReason: string | null;
    readonly processes: readonly ProcessReport[];
    readonly environment: {
      readonly platform: string;
      readonly arch: string;
      readonly cpuModel: string;
      readonly cores: number;
      readonly memoryBytes: number;
      /** Cores' worth of time that CPU quotas allow; null: no quota. */
      readonly quotaCores: number | null;
    } | null;
  };
  readonly pipelines: readonly PipelineReport[];
  /** Traces of other tools beside the capture, at most 16 processes; absent without any. */
  readonly beside?: readonly BesideReport[];
  /** Sentences for the user: libraries left alone, limits reached, an empty capture explained. */
  readonly notes: readonly string[];
}
