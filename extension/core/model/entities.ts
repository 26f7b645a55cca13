/** What a trace consists of: processes, threads, lanes, stages, queues and knobs, each owned by the trace store. */
import type { DeclarationOf, SourcePosition, StageKind } from '../../../agent/wire/manifest.js';
import { LogHistogram } from './histogram.js';
import type { IntervalTable } from './intervals.js';
import type { DepthSeries, GaugeSeries } from './series.js';
import type { StepHistory } from './steps.js';
import type { Tenants } from './tenants.js';

/** Flags in the second word of an execution; the number of items stands above them. */
export const ExecutionFlag = { failed: 1, hasItem: 2 } as const;
const ITEM_COUNT_SHIFT = 2;
/** Most items that one execution can be recorded with (2^30 - 1). */
export const MAX_ITEMS = 0x3fff_ffff;

/** Packs the second word of an execution. */
export function packExecution(items: number, flags: number): number {
  return ((Math.min(items, MAX_ITEMS) << ITEM_COUNT_SHIFT) | flags) >>> 0;
}

/** Items handled, from the second word of an execution. */
export const itemsOf = (word: number): number => word >>> ITEM_COUNT_SHIFT;

/** Kinds of an explicit wait: the first word of an interval in `Lane.waits`. */
export const WaitKind = { starved: 0, blocked: 1, limited: 2 } as const;

/** Flag in the second word of a span: it is work on a GPU. The nesting level stands in the low byte. */
export const SPAN_GPU = 0x100;

/** Flag in the second word of a span: the program gave it the name, in a trace of another tool. */
export const SPAN_ANNOTATION = 0x200;

/** Counts of executions, items and failures. */
export interface Totals {
  executions: number;
  items: number;
  errors: number;
}

/** A stretch of session time of which nothing is known. */
export interface Gap {
  readonly fromNs: number;
  readonly toNs: number;
}

/** A process of the session. `provider` is its number in the trace. */
export interface Process {
  readonly provider: number;
  declared: DeclarationOf<'process'> | null;
  /** From provider or kernel object records, for traces without declarations. */
  nameHint: string | null;
  environment: DeclarationOf<'environment'> | null;
  /** It said its last word. */
  ended: boolean;
  /** Its connection is gone. */
  gone: boolean;
  /** Executions of it that are known to be lost, whatever their stage. */
  lostExecutions: number;
  readonly stages: Map<string, Stage>;
  readonly queues: Map<number, Queue>;
  readonly knobs: Map<number, Knob>;
  /** Stretches in which it was not recorded, in order. */
  readonly gaps: Gap[];
  /** What was learned about which stage feeds which, by pipeline and ends. */
  readonly links: Map<string, DeclarationOf<'link'>>;
  /** The last word on what the agent itself costs. */
  cost: DeclarationOf<'cost'> | null;
  readonly laneDeclarations: Map<number, DeclarationOf<'lane'>>;
  readonly threads: Map<string, Thread>;
  readonly threadsById: Map<number, readonly Thread[]>;
  readonly threadNames: Map<bigint, string>;
}

/** One thread id of a trace: in Sluice's own traces a lane, in foreign ones an OS thread. */
export interface Thread {
  readonly process: Process;
  readonly id: bigint;
  declared: DeclarationOf<'lane'> | null;
  /** Which threads of the program it was, one after the other; none before it is declared. */
  readonly tenants: Tenants;
  /** By stage name: one lane, or several where a foreign trace runs several stages on one thread. */
  readonly lanes: Map<string, Lane>;
  readonly gauges: Map<string, GaugeSeries>;
  /** Garbage collections; the first word is the kind's number among the span names. */
  readonly gc: IntervalTable;
  /** Duration-begin events that wait for their end (foreign traces). */
  readonly open: OpenSpan[];
  /** The last answer of `TraceStore.lane`, and for which name. */
  lastName: string | null;
  lastLane: Lane | null;
}

/** A duration-begin event whose end has not come yet. */
export interface OpenSpan {
  readonly category: string;
  readonly name: string;
  readonly startNs: number;
}

/** One row of executions that never overlap. `stage` is null for a thread outside of stages. */
export interface Lane {
  readonly rowId: number;
  readonly thread: Thread;
  /** Name that its executions came under; empty as long as it is only a thread. */
  name: string;
  stage: Stage | null;
  readonly executions: IntervalTable;
  /** Executions that are in the stage's totals (`stageCounts.ts`). */
  counted: number;
  readonly waits: IntervalTable;
  readonly spans: IntervalTable;
  /** Nesting levels, 1 without nested spans. */
  levels: number;
  /** Spans whose level is known (`view/spans.ts`). */
  leveledSpans: number;
}

/** Totals that the agent kept itself; exact where records were dropped behind it. */
export interface SummaryTotals extends Totals {
  busyNs: number;
  readonly service: LogHistogram;
  /** Encoded histograms not yet merged into `service`: decoding is dear and only needed when records were lost. */
  readonly pending: string[];
  readonly seen: Set<string>;
}

/** Executions that were made and never arrived, by where they were lost. */
export interface LostExecutions {
  ring: number;
  socket: number;
}

/** A stage of one process. */
export interface Stage {
  readonly rowId: number;
  readonly process: Process;
  readonly name: string;
  /** As declared; null belongs to the session's only pipeline. */
  readonly pipelineName: string | null;
  declared: DeclarationOf<'stage'> | null;
  readonly parallelism: StepHistory;
  readonly lanes: Lane[];
  readonly received: Totals;
  readonly service: LogHistogram;
  /** How long items had waited when their execution began, in nanoseconds; empty where that is not known. */
  readonly waited: LogHistogram;
  readonly summary: SummaryTotals;
  readonly lost: LostExecutions;
  firstStartNs: number;
  lastEndNs: number;
}

/** A queue of one process. */
export interface Queue {
  readonly rowId: number;
  readonly process: Process;
  readonly id: number;
  name: string;
  declared: DeclarationOf<'queue'> | null;
  readonly capacity: StepHistory;
  readonly series: DepthSeries;
}

/** A knob of one process, with its newest value. */
export interface Knob {
  readonly process: Process;
  declared: DeclarationOf<'knob'>;
  value: number | null;
}

/** `via` of stages that no agent declared: threads and tasks of another tool's trace. */
export const VIA_IMPORT = 'import';

/** The kind of a stage; a stage that nobody declared counts as computing. */
export function kindOf(stage: Stage): StageKind {
  return stage.declared?.stageKind ?? 'cpu';
}

/** Pid of a process, or its number in a trace that does not tell. */
export function pidOf(process: Process): number {
  return process.declared?.pid ?? process.provider;
}

/** What a person would call the process. */
export function titleOf(process: Process): string {
  return process.declared?.title ?? process.nameHint ?? `process ${process.provider}`;
}

/** Cores that the process can use: a quota may allow it less than there are. null: not known. */
export function coresOf({ environment }: Process): number | null {
  return environment === null
    ? null
    : Math.min(environment.cores, environment.quotaCores ?? Infinity);
}

/** The thread itself among the lanes of a process: the row with its gauges. */
export function isOwnLane({ declared }: Thread): boolean {
  return declared?.stage === null && declared.slot === 0;
}

/** Where a stage was constructed, if known. */
export function sourceOf(stage: Stage): SourcePosition | null {
  return stage.declared?.source ?? null;
}

/** Lanes of the stage that ran or waited. */
export function usedLanes(stage: Stage): readonly Lane[] {
  return stage.lanes.filter((lane) => lane.executions.length > 0 || lane.waits.length > 0);
}

/** Label of a lane: its thread (at a moment, or the first and the last it had) and the slot. */
export function laneLabel(lane: Lane, atNs?: number): string {
  const { declared, id, process, tenants } = lane.thread;
  if (declared === null) return process.threadNames.get(id) ?? `thread ${id}`;
  const who = atNs === undefined ? tenants.label : tenants.at(atNs);
  return `${who ?? declared.thread} #${declared.slot}`;
}

/** Was this lane that thread's, at any time? */
export function wasOfThread({ thread }: Lane, name: string): boolean {
  return thread.tenants.has(name) || thread.declared?.thread === name;
}

/** Fresh totals. */
export function noSummary(): SummaryTotals {
  return {
    executions: 0,
    items: 0,
    errors: 0,
    busyNs: 0,
    service: new LogHistogram(),
    pending: [],
    seen: new Set(),
  };
}
