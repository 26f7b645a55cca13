/** Operating points that a test can say in a few lines: what is not said is as of a pipeline at ease. */
import type {
  ExecutionColumns,
  KnobSetting,
  MeasuredQueue,
  MeasuredStage,
  OperatingPoint,
} from '../../../extension/core/measure/operatingPoint.js';

/** Every window is so long. */
export const WINDOW_NS = 10e9;

/** How a stage ran; the executions come evenly over the window. */
export interface Seen {
  /** Left out: 1 ms. Several are taken in turn. */
  readonly serviceMs?: number | readonly number[];
  readonly lanes?: number;
  readonly executions?: number;
  /** Items of each execution; several are taken in turn. */
  readonly items?: number | readonly number[];
  readonly startsMs?: readonly number[];
  readonly waitedMs?: number;
}

/** Columns of executions. */
export function columnsOf(seen: Seen): ExecutionColumns {
  const { serviceMs = 1, lanes = 1, executions = 1000, items = 1, startsMs, waitedMs } = seen;
  const count = startsMs?.length ?? executions;
  const column = (value: number | readonly number[]) => (_: unknown, i: number) =>
    typeof value === 'number' ? value : (value[i % value.length] ?? 0);
  const length = { length: count };
  return {
    startNs: Float64Array.from(length, (_, i) =>
      startsMs === undefined ? (i * WINDOW_NS) / count : (startsMs[i] ?? 0) * 1e6,
    ),
    durationNs: Float64Array.from(length, column(serviceMs)).map((ms) => ms * 1e6),
    besideNs: new Float64Array(count),
    items: Uint32Array.from(length, column(items)),
    waitedNs: new Float64Array(count).fill(waitedMs === undefined ? NaN : waitedMs * 1e6),
    lane: Uint16Array.from(length, (_, i) => i % lanes),
  };
}

/** A stage as measured. Its shares are busy and starved, by its executions, where they are not given. */
export function measured(
  name: string,
  seen: Seen = {},
  rest: Partial<MeasuredStage> = {},
): MeasuredStage {
  const { lanes = 1 } = seen;
  const sampled = columnsOf(seen);
  const items = sampled.items.reduce((sum, n) => sum + n, 0);
  const busyNs = sampled.durationNs.reduce((sum, ns) => sum + ns, 0);
  const busy = Math.min(busyNs / (lanes * WINDOW_NS), 1);
  return {
    name,
    kind: 'cpu',
    parallelism: lanes,
    lanesSeen: lanes,
    executions: sampled.startNs.length,
    items,
    errors: 0,
    ratePerSec: items / (WINDOW_NS / 1e9),
    shares: { busy, starved: 1 - busy, blocked: 0, limited: 0, idle: 0 },
    laneBusy: new Array<number>(lanes).fill(busy),
    laneItems: new Array<number>(lanes).fill(items / lanes),
    cpuShare: null,
    coreWaitShare: null,
    sampled,
    loop: null,
    threadsStarted: 0,
    inside: null,
    ...rest,
  };
}

/** A queue between two stages. */
export function queued(
  from: string | null,
  to: string | null,
  rest: Partial<MeasuredQueue> = {},
): MeasuredQueue {
  return {
    name: `${from ?? ''}>${to ?? ''}`,
    from,
    to,
    capacity: 8,
    meanDepth: 4,
    fullShare: 0,
    emptyShare: 0,
    maxDepth: 8,
    growth: 0,
    itemsPerEntry: 1,
    ...rest,
  };
}

/** A point of these stages, linked one to the next. */
export function pointOf(
  stages: readonly MeasuredStage[],
  rest: Partial<OperatingPoint> = {},
): OperatingPoint {
  const rate = stages.at(-1)?.ratePerSec ?? 0;
  return {
    pipeline: 'p',
    window: { fromNs: 0, toNs: WINDOW_NS },
    throughputPerSec: rate,
    blockRates: new Array<number>(10).fill(rate),
    latencyNs: null,
    knobs: [],
    stages,
    queues: [],
    links: stages.slice(1).map(({ name }, i) => ({ from: stages[i]?.name ?? '', to: name })),
    loops: [],
    sourceGapsNs: null,
    cores: null,
    cpuCores: null,
    gcShare: null,
    throttledShare: null,
    lostShare: 0,
    ...rest,
  };
}

/** A knob of a stage's lanes. */
export function knobOf(
  stage: string,
  value: number | null,
  rest: Partial<KnobSetting> = {},
): KnobSetting {
  return {
    id: `1:${stage}`,
    name: 'concurrency',
    kind: 'parallelism',
    stage,
    queue: null,
    value,
    min: 1,
    max: null,
    live: true,
    ...rest,
  };
}
