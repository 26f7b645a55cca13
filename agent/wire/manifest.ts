/**
 * The manifest: what the numbers in a capture mean. A blob stream of NDJSON, one declaration a line, written by the agent
 * before the first event that needs it, repeated whole after a reconnect. A later declaration with the same key replaces
 * the earlier one.
 *
 * Names are unique where it matters because the agent makes them so: a stage within (process, pipeline), a queue and a
 * knob by their numeric id within the process. Times are CLOCK_MONOTONIC nanoseconds, like the ticks of the events.
 */
import {
  flag,
  integerIn,
  nullable,
  numberIn,
  object,
  oneOf,
  text,
  unionByKind,
  type Checked,
} from './validate.js';

const u32 = integerIn(0, 0xffff_ffff);
const monotonicNs = numberIn(0, Number.MAX_SAFE_INTEGER);
const name = text(512);

/** Kinds of stage. */
export const checkStageKind = oneOf('source', 'cpu', 'io', 'gpu', 'sink');
export type StageKind = Checked<typeof checkStageKind>;

/** Kinds of knob. */
export const checkKnobKind = oneOf('parallelism', 'queueDepth', 'batchSize');
export type KnobKind = Checked<typeof checkKnobKind>;

/** A place in the user's source; line and column count from 1. `file` is an absolute path or a URL. */
export const checkSource = object({
  file: text(4096),
  line: integerIn(1, 0x7fff_ffff),
  column: integerIn(1, 0x7fff_ffff),
});
export type SourcePosition = Checked<typeof checkSource>;

const processShape = {
  pid: u32,
  ppid: u32,
  /** What a person would call it: script name, or the command. */
  title: name,
  runtime: text(64),
  cwd: text(4096),
  /** Wall clock in Unix milliseconds at the monotonic reading beside it: the only link to wall time. */
  anchorUnixMs: numberIn(0, 8.64e15),
  anchorMonotonicNs: monotonicNs,
};

/** The process part of `hello` and of the manifest. */
export const checkProcess = object(processShape);
export type ProcessInfo = Checked<typeof checkProcess>;

/** One line of the manifest. */
export const checkDeclaration = unionByKind({
  process: processShape,
  /** The machine, so that a tuned value is never carried to another one unseen. */
  environment: {
    platform: text(32),
    arch: text(32),
    cpuModel: text(256),
    /** Logical cores that this process may use (`os.availableParallelism()`). */
    cores: integerIn(1, 65_536),
    memoryBytes: numberIn(0, Number.MAX_SAFE_INTEGER),
    /** Cores' worth of time that CPU quotas allow the process; null: no quota. */
    quotaCores: nullable(numberIn(0, 65_536)),
  },
  pipeline: { name },
  stage: {
    name,
    /** null: found in a library; belongs to the only declared pipeline, else to one named after the process. */
    pipeline: nullable(name),
    stageKind: checkStageKind,
    /** How many executions may run at once, over all threads; null: not known, then the lanes seen are the answer. */
    parallelism: nullable(numberIn(0, 1e9)),
    /** What declared it: `api`, `p-queue`, `piscina`, ... */
    via: text(64),
    source: nullable(checkSource),
  },
  queue: {
    id: u32,
    name,
    pipeline: nullable(name),
    /** null: unbounded or unknown. */
    capacity: nullable(numberIn(0, 1e12)),
    /** Names of the stages on both sides; null: not known. */
    from: nullable(name),
    to: nullable(name),
    via: text(64),
    source: nullable(checkSource),
  },
  /**
   * Work of one stage led to work of another: learned by following async context for a while. A later line with the same
   * two ends replaces the earlier one.
   */
  link: {
    pipeline: nullable(name),
    from: name,
    to: name,
    /** How often it was seen; a link seen once may be chance. */
    seen: numberIn(1, Number.MAX_SAFE_INTEGER),
    /** How often of these the work of `to` was over before that of `from`, which then may have waited for it. */
    inside: numberIn(0, Number.MAX_SAFE_INTEGER),
  },
  /** What the agent itself costs, once a second: totals since recording began. */
  cost: {
    atNs: monotonicNs,
    /** Records made, lost ones included. */
    records: numberIn(0, Number.MAX_SAFE_INTEGER),
    /** Time that one record takes in the program's threads, in nanoseconds, calibrated on this machine. */
    recordNs: numberIn(0, 1e9),
    /** CPU time of the drain thread, in nanoseconds. */
    drainCpuNs: numberIn(0, Number.MAX_SAFE_INTEGER),
    /** CPU time of the whole process, in nanoseconds. */
    processCpuNs: numberIn(0, Number.MAX_SAFE_INTEGER),
  },
  /** The thread id (koid) of events: slot `slot` of a stage in a thread of the process. */
  lane: {
    lane: numberIn(0, Number.MAX_SAFE_INTEGER),
    /** null: the thread itself, for spans outside of executions, gauges and garbage collection. */
    stage: nullable(name),
    pipeline: nullable(name),
    thread: name,
    slot: u32,
  },
  knob: {
    id: u32,
    name,
    knobKind: checkKnobKind,
    pipeline: nullable(name),
    /** The stage or the queue that it tunes, by name; exactly one is set. */
    stage: nullable(name),
    queue: nullable(name),
    /** null: unlimited (`Infinity` has no JSON). */
    value: nullable(numberIn(0, 1e12)),
    min: numberIn(0, 1e12),
    max: nullable(numberIn(0, 1e12)),
    /** Can it be set while the program runs? */
    live: flag,
    /** Why not, or what to know before changing it. */
    remark: nullable(text(1024)),
    via: text(64),
    source: nullable(checkSource),
  },
  knobChange: {
    knob: u32,
    from: nullable(numberIn(0, 1e12)),
    to: nullable(numberIn(0, 1e12)),
    atNs: monotonicNs,
    by: oneOf('program', 'sluice'),
  },
  /** Records that were made and will never come. */
  loss: {
    where: oneOf('ring', 'socket', 'names'),
    /** null: several, or not known which. */
    stage: nullable(name),
    pipeline: nullable(name),
    records: numberIn(0, Number.MAX_SAFE_INTEGER),
    /** How many of the records were executions; null: not known. */
    executions: nullable(numberIn(0, Number.MAX_SAFE_INTEGER)),
    fromNs: monotonicNs,
    toNs: monotonicNs,
  },
  /** Nothing was recorded in this time, because nobody had listened for long: what ran in it is not known. */
  gap: { fromNs: monotonicNs, toNs: monotonicNs },
  /** Something the user should read: a library version that is left alone, a limit that was reached. */
  note: { code: text(64), message: text(2048) },
  /** The last line of a process that ended in order. Its absence means that the capture was cut short. */
  end: { atNs: monotonicNs, executions: numberIn(0, Number.MAX_SAFE_INTEGER) },
});
export type Declaration = Checked<typeof checkDeclaration>;
export type DeclarationOf<K extends Declaration['kind']> = Extract<Declaration, { kind: K }>;

/**
 * One line of the summary stream: exact totals of one stage over about one second, kept by the drain thread also when
 * the executions themselves were dropped.
 */
export const checkStageSummary = object({
  stage: name,
  pipeline: nullable(name),
  fromNs: monotonicNs,
  toNs: monotonicNs,
  executions: numberIn(0, Number.MAX_SAFE_INTEGER),
  items: numberIn(0, Number.MAX_SAFE_INTEGER),
  errors: numberIn(0, Number.MAX_SAFE_INTEGER),
  /** Sum of execution durations in nanoseconds. */
  busyNs: numberIn(0, Number.MAX_VALUE),
  /** How many of the executions the histogram holds; null: all. The others were overwritten before anybody read them. */
  covered: nullable(numberIn(0, Number.MAX_SAFE_INTEGER)),
  /** Service times in nanoseconds as an HDR histogram, V2 compressed, base64. */
  histogram: text(65_536),
});
export type StageSummary = Checked<typeof checkStageSummary>;
