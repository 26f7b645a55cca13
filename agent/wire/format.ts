/**
 * The Fuchsia trace format (FXT) as Sluice uses it: the constants of the public specification
 * (fuchsia.dev, "Fuchsia trace format") and the names that Sluice gives to its own events.
 *
 * Everything is a little-endian 64-bit word. A record is a header word and its payload:
 *
 *     bits 0..3 type | 4..15 size in words, header included | 16..63 depends on the type
 *
 * An execution on item 7, as the agent writes it into its ring (4 words, 32 bytes):
 *
 *     header  type 4 event | size 4 | event type 4 duration complete | 1 argument | thread ref | category ref | name ref
 *     start   CLOCK_MONOTONIC nanoseconds
 *     arg     type 2 uint32 | size 1 | name ref "item" | 7
 *     end     CLOCK_MONOTONIC nanoseconds
 *
 * Nothing here imports anything, and nothing outside this folder spells out a number of the format.
 */

/** Record types (header bits 0..3). */
export const RecordType = {
  metadata: 0,
  initialization: 1,
  string: 2,
  thread: 3,
  event: 4,
  blob: 5,
  userspaceObject: 6,
  kernelObject: 7,
  scheduling: 8,
  log: 9,
  large: 15,
} as const;

/** Metadata record subtypes (header bits 16..19). */
export const MetadataType = {
  providerInfo: 1,
  providerSection: 2,
  providerEvent: 3,
  traceInfo: 4,
} as const;

/** Event record subtypes (header bits 16..19). */
export const EventType = {
  instant: 0,
  counter: 1,
  durationBegin: 2,
  durationEnd: 3,
  durationComplete: 4,
  asyncBegin: 5,
  asyncInstant: 6,
  asyncEnd: 7,
  flowBegin: 8,
  flowStep: 9,
  flowEnd: 10,
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

/** Argument types (argument header bits 0..3). */
export const ArgType = {
  null: 0,
  int32: 1,
  uint32: 2,
  int64: 3,
  uint64: 4,
  double: 5,
  string: 6,
  pointer: 7,
  koid: 8,
  boolean: 9,
} as const;
export type ArgType = (typeof ArgType)[keyof typeof ArgType];

/** Scheduling record subtypes (header bits 60..63). */
export const SchedulingType = {
  legacyContextSwitch: 0,
  contextSwitch: 1,
  threadWakeup: 2,
} as const;

/** Large record subtypes (header bits 36..39) and formats of the large blob (bits 40..43). */
export const LargeType = { blob: 0 } as const;
export const LargeBlobFormat = { withMetadata: 0, withoutMetadata: 1 } as const;

/** Blob content types. */
export const BlobType = { data: 1, lastBranch: 2, perfetto: 3 } as const;

/** Provider events (metadata type 3). */
export const ProviderEvent = { bufferFilledUp: 0 } as const;

/** Kernel object types (Zircon's `zx_obj_type_t`) that name processes and threads. */
export const KernelObjectType = { process: 1, thread: 2 } as const;

/** The first eight bytes of a trace, as the low and the high half of a little-endian word. */
export const MAGIC_LO = 0x46040010;
export const MAGIC_HI = 0x00165478;

/** Limits of the format. */
export const MAX_RECORD_WORDS = 0xfff;
export const MAX_STRING_INDEX = 0x7fff;
export const MAX_THREAD_INDEX = 0xff;
export const MAX_STRING_BYTES = 32_000;
export const MAX_ARGS = 15;
/** Set in a string ref whose text stands inline; the low 15 bits are its length in bytes. */
export const INLINE_STRING = 0x8000;

/** Sluice's clock: ticks are nanoseconds of CLOCK_MONOTONIC. */
export const TICKS_PER_SECOND = 1_000_000_000;

/** Event categories that Sluice writes (see `manifest.ts` for the declarations that give them meaning). */
export const Category = {
  /** Duration complete: one execution of a stage; the name is the stage. */
  stage: 'stage',
  /** Duration complete: a lane waits; the name is one of `WaitName`. */
  wait: 'wait',
  /** Duration complete: a span of the user's own, nested in an execution. */
  span: 'span',
  /** Duration complete: work on a GPU, on a lane of its own. */
  gpu: 'gpu',
  /** Duration complete: in a trace of another tool, a stretch that the program itself gave the name. Else like a span. */
  annotation: 'annotation',
  /** Counter: a queue's depth; the counter id is the queue's id. */
  queue: 'queue',
  /** Counter: a gauge such as event-loop utilisation; the name is one of `GaugeName`. */
  gauge: 'gauge',
  /** Duration complete: garbage collection and the like. */
  runtime: 'runtime',
} as const;

/** What a lane waits for: `input` is starved, `output` is blocked, `limit` is limited. */
export const WaitName = { input: 'input', output: 'output', limit: 'limit' } as const;

/** Gauges, one counter each, with one argument `value` (a double). */
export const GaugeName = {
  /** Share of time, 0..1, in which the thread's event loop was not idle. */
  eventLoopUtilization: 'eventLoopUtilization',
  /** Longest delay of the event loop since the last sample, in nanoseconds. */
  eventLoopDelayNs: 'eventLoopDelayNs',
  /** CPU time of the whole process per wall time since the last sample: 1.5 is one and a half cores. */
  cpuCores: 'cpuCores',
  /** Resident set size in bytes. */
  rssBytes: 'rssBytes',
  /** Share of time, 0..1, in which the thread ran on a core since the last sample. */
  threadCpu: 'threadCpu',
  /** Share of time, 0..1, in which the thread could have run and waited for a core since the last sample. */
  coreWait: 'coreWait',
  /** Time for which CPU quotas held the process's control groups back, per wall time since the last sample. */
  throttled: 'throttled',
  /** Python: longest time for which a thread that had woken up waited for a core and the interpreter's lock, in nanoseconds. */
  gilDelayNs: 'gilDelayNs',
  /** Share of time, 0..1, in which the devices of this machine had something to do, as their driver says; the busiest one. */
  gpuUtilization: 'gpuUtilization',
  /** Memory of the fullest device that is in use (Python: what the process has allocated there), and how much it has, in bytes. */
  gpuMemoryBytes: 'gpuMemoryBytes',
  gpuMemoryLimitBytes: 'gpuMemoryLimitBytes',
} as const;

/** Names of durations of the category `runtime`: garbage collections, by kind. */
export const RuntimeName = {
  gcMinor: 'gc minor',
  gcMajor: 'gc major',
  gcIncremental: 'gc incremental',
  gcWeakCallbacks: 'gc weak callbacks',
} as const;

/** Ends the name of a piece of GPU work that ran its pipeline for the first time: compiling may be part of its time. */
export const FIRST_RUN_SUFFIX = ' (first)';

/** Names of event arguments. */
export const ArgName = {
  /** uint32: identity of the item an execution works on. */
  item: 'item',
  /** uint32: how many items one execution handled; left out when 1. */
  items: 'items',
  /** uint32: microseconds from the item's arrival to the start of the execution; left out when not known. */
  waitUs: 'waitUs',
  /** string: how the execution ended; left out when `ok`. */
  outcome: 'outcome',
  /** uint32: depth of a queue after the change. */
  depth: 'depth',
  /** uint32: lowest and highest depth since the last record; left out when changes were not merged. */
  low: 'low',
  high: 'high',
  /** double: value of a gauge. */
  value: 'value',
} as const;

/** The only value of `ArgName.outcome` today. */
export const OUTCOME_ERROR = 'error';

/** Blob streams, NDJSON: one JSON object a line, never split over two blobs. */
export const BlobName = {
  /** Lines of `Declaration`. */
  manifest: 'sluice/manifest',
  /** Lines of `StageSummary`. */
  summary: 'sluice/summary',
} as const;

const PROFILE_PREFIX = 'cpuprofile/';

/**
 * Name of the blobs that carry the CPU samples of a thread, by the id of the thread's own lane. Each blob (large, without
 * metadata) is a whole .cpuprofile of V8's in JSON, with times in microseconds of the trace's clock; file names in it are
 * paths, positions those of the original source.
 */
export function profileBlobName(lane: number): string {
  return `${PROFILE_PREFIX}${lane}`;
}

/** The lane of such a name; undefined for other names. */
export function laneOfProfileBlob(name: string): number | undefined {
  if (!name.startsWith(PROFILE_PREFIX)) return undefined;
  const lane = Number(name.slice(PROFILE_PREFIX.length));
  return Number.isSafeInteger(lane) && lane >= 0 ? lane : undefined;
}

/** WebSocket subprotocol and protocol version between agent and engine. */
export const SUBPROTOCOL = 'sluice.v1';
export const PROTOCOL_VERSION = 1;
export const AGENT_PATH = '/agent';
