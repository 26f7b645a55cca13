/**
 * A session as the host would tell it to the panel: the report and the snapshot of one simulated run, up to a moment.
 * Deliberately naive (it looks at every span), so that it shares no mistakes with the real model. Pictures and hits:
 * `fakePictures.ts`.
 */
import type {
  PanelRow,
  PanelSnapshot,
  SessionState,
} from '../../../extension/core/panel/messages.js';
import type {
  PipelineReport,
  QueueReport,
  Report,
  StageReport,
} from '../../../extension/core/report/report.js';
import { gaugesRow } from './fakeGauges.js';
import { simulate, type SimResult, type SimSpan, type SimStage } from './simulation.js';

export const MS = 1e6;
export const RUN_MS = 20_000;
const KNOB_AT_MS = 12_000;
const LOSS_MS = [6_400, 6_900] as const;

export const stages: readonly SimStage[] = [
  {
    name: 'walk',
    kind: 'source',
    lanes: 1,
    serviceMs: (t) => (t % 3300 > 2700 ? 9 : 0.9),
    spread: 0.8,
    errorShare: 0,
  },
  { name: 'read', kind: 'io', lanes: 8, serviceMs: () => 7, spread: 1, errorShare: 0.004 },
  {
    name: 'tokenise',
    kind: 'cpu',
    lanes: 2,
    serviceMs: (t) => (t > KNOB_AT_MS ? 4.2 : 9.1),
    spread: 0.6,
    errorShare: 0,
  },
  { name: 'embed', kind: 'gpu', lanes: 1, serviceMs: () => 1.6, spread: 0.3, errorShare: 0 },
  { name: 'write', kind: 'sink', lanes: 1, serviceMs: () => 1.4, spread: 1.2, errorShare: 0 },
];
export const queues = [
  { name: 'paths', capacity: 32 },
  { name: 'texts', capacity: 64 },
  { name: 'tokens', capacity: 16 },
  { name: 'vectors', capacity: 32 },
];

let simulated: SimResult | null = null;
export const result = (): SimResult =>
  (simulated ??= simulate(
    stages,
    queues.map((q) => q.capacity),
    RUN_MS,
  ));

const laneId = (stage: number, lane: number): number => 100 * (stage + 1) + lane;
const queueId = (queue: number): number => 9000 + queue;
const source = { file: '/home/me/code-index/index.mjs', line: 42, column: 16 };

export const lost = (atMs: number): boolean => atMs >= LOSS_MS[0] && atMs < LOSS_MS[1];

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function stageReport(index: number, endMs: number): StageReport {
  const stage = stages[index];
  if (stage === undefined) throw new Error(`no stage ${index}`);
  const seen = (result().lanes[index] ?? []).flat().filter((s) => s.startMs < endMs);
  const total = stage.lanes * endMs;
  const timeIn = (state: SimSpan['state']): number =>
    seen.reduce(
      (sum, s) => (s.state === state ? sum + Math.min(s.endMs, endMs) - s.startMs : sum),
      0,
    ) / total;
  const done = seen.filter((s) => s.state === 'busy');
  const times = done.map((s) => (s.endMs - s.startMs) * MS).sort((a, b) => a - b);
  const [busy, starved, blocked] = [timeIn('busy'), timeIn('starved'), timeIn('blocked')];
  const mean = times.reduce((a, b) => a + b, 0) / Math.max(1, times.length);
  return {
    name: stage.name,
    kind: stage.kind,
    process: 4711,
    parallelism: stage.lanes,
    executions: done.length,
    lost: index === 1 ? 1203 : 0,
    items: done.length,
    errors: done.filter((s) => s.failed).length,
    ratePerSec: (done.length / endMs) * 1000,
    trueRatePerSec: busy === 0 ? null : (done.length / endMs / busy) * 1000,
    utilization: busy,
    serviceNs:
      times.length === 0
        ? null
        : {
            mean,
            p50: percentile(times, 0.5),
            p95: percentile(times, 0.95),
            p99: percentile(times, 0.99),
            max: times.at(-1) ?? 0,
          },
    shares: { busy, starved, blocked, limited: 0, idle: Math.max(0, 1 - busy - starved - blocked) },
    cpuShare: index === 2 ? 0.84 : null,
    source: index === 3 ? null : source,
  };
}

export function depthAt(queue: number, atMs: number): number {
  const steps = result().depths[queue] ?? [];
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((steps[mid]?.[0] ?? 0) <= atMs) low = mid + 1;
    else high = mid;
  }
  return steps[low - 1]?.[1] ?? 0;
}

/** Share of the time at each depth in [fromMs, toMs). */
export function depthShares(
  queue: number,
  fromMs: number,
  toMs: number,
  depths: number,
): Float64Array {
  const shares = new Float64Array(depths);
  const steps = result().depths[queue] ?? [];
  let t = fromMs;
  let depth = depthAt(queue, fromMs);
  for (const [at, next] of steps) {
    if (at <= fromMs) continue;
    const until = Math.min(at, toMs);
    shares[depth] = (shares[depth] ?? 0) + (until - t) / (toMs - fromMs);
    if (at >= toMs) return shares;
    [t, depth] = [until, next];
  }
  shares[depth] = (shares[depth] ?? 0) + (toMs - t) / (toMs - fromMs);
  return shares;
}

function queueReport(index: number, endMs: number): QueueReport {
  const { name, capacity } = queues[index] ?? { name: '', capacity: 0 };
  const shares = depthShares(index, 0, endMs, capacity + 1);
  const quantile = (share: number): number => {
    let sum = 0;
    return shares.findIndex((s) => (sum += s) >= share);
  };
  return {
    name,
    from: stages[index]?.name ?? null,
    to: stages[index + 1]?.name ?? null,
    inferred: index === 3 ? 'learned' : null,
    capacity,
    depth: {
      mean: shares.reduce((sum, s, depth) => sum + s * depth, 0),
      p50: quantile(0.5),
      p95: quantile(0.95),
      max: capacity,
    },
    fullShare: shares[capacity] ?? 0,
    emptyShare: shares[0] ?? 0,
    waitNs: index === 1 ? { p50: 61 * MS, p95: 74 * MS } : null,
  };
}

function pipelineReport(endMs: number): PipelineReport {
  const of = stages.map((_, i) => stageReport(i, endMs));
  return {
    name: 'code-index',
    isShared: false,
    isImported: false,
    throughputPerSec: of.at(-1)?.ratePerSec ?? 0,
    latencyNs: { p50: 130 * MS, p95: 212 * MS, p99: 240 * MS },
    latencyMean: { meanNs: 136 * MS, by: 'items', isAtLeast: false },
    links: queues.map((_, i) => ({
      from: stages[i]?.name ?? '',
      to: stages[i + 1]?.name ?? '',
      known: i === 3 ? 'learned' : 'declared',
      isInside: false,
    })),
    stages: of,
    queues: queues.map((_, i) => queueReport(i, endMs)),
    knobs: [
      {
        id: '4711:1',
        name: 'concurrency',
        kind: 'parallelism',
        stage: 'read',
        queue: null,
        value: 8,
        min: 1,
        max: 64,
        live: true,
        remark: null,
        source,
      },
      {
        id: '4711:2',
        name: 'maxThreads',
        kind: 'parallelism',
        stage: 'tokenise',
        queue: null,
        value: 2,
        min: 1,
        max: null,
        live: false,
        remark: 'Piscina grows at once and shrinks only when idle.',
        source,
      },
    ],
    bottleneck: {
      kind: 'stage',
      stage: 'tokenise',
      confidence: 0.92,
      evidence: [
        'Both lanes of tokenise are busy 99% of the time.',
        'Its queue texts is full 58% of the time; read is blocked.',
        'embed behind it starves 83% of the time.',
      ],
    },
    headroom: null,
    suggestions: [],
  };
}

function reportOf(endMs: number, ended: boolean): Report {
  const pipeline = pipelineReport(endMs);
  const executions = pipeline.stages.reduce((sum, s) => sum + s.executions, 0);
  return {
    schema: 'sluice.report/1',
    capture: {
      durationNs: endMs * MS,
      executions,
      bytes: executions * 32,
      lost:
        endMs > LOSS_MS[1]
          ? { records: 1203, shareOfExecutions: 0.021 }
          : { records: 0, shareOfExecutions: 0 },
      agentCost: { records: 60_000, recordNs: 210, cpuNs: 40e6, cpuShare: 0.013 },
      truncatedAtByte: null,
      truncatedReason: null,
      processes: [
        {
          pid: 4711,
          title: 'index.mjs',
          runtime: 'node v20',
          throttledShare: 0.03,
          threads: [
            {
              name: 'main',
              cpuShare: 0.38,
              coreWaitShare: 0.02,
              loopUtilization: 0.61,
              maxLoopDelayNs: 112 * MS,
              gcShare: 0.04,
            },
          ],
          ended,
        },
      ],
      environment: {
        platform: 'linux',
        arch: 'x64',
        cpuModel: 'sim',
        cores: 8,
        memoryBytes: 2 ** 34,
        quotaCores: null,
      },
    },
    pipelines: [pipeline],
    notes: ['p-queue 9.3.5 and Piscina 5.3.2 were instrumented.'],
  };
}

function rows(): readonly PanelRow[] {
  return stages.flatMap((stage, i): PanelRow[] => {
    const levels = i === 2 ? 2 : 1;
    const lanes = Array.from({ length: stage.lanes }, (_, lane) => ({
      id: laneId(i, lane),
      label: `${i === 2 ? 'worker' : 'main'} #${lane}`,
      levels,
    }));
    const row: PanelRow = {
      kind: 'stage',
      id: i + 1,
      pipeline: 'code-index',
      stage: stage.name,
      process: 4711,
      stageKind: stage.kind,
      lanes,
    };
    const queue = queues[i];
    if (queue === undefined) return [row];
    return [
      row,
      {
        kind: 'queue',
        id: queueId(i),
        pipeline: 'code-index',
        queue: queue.name,
        capacity: queue.capacity,
        maxDepth: queue.capacity,
      },
    ];
  });
}

/** Everything but the pictures, as known at `endMs`. */
export function snapshotAt(endMs: number, state: SessionState, generation: number): PanelSnapshot {
  const stepMs = endMs / 200;
  const perSec = new Array<number>(200).fill(0);
  for (const span of result().lanes.at(-1)?.flat() ?? []) {
    const i = Math.floor(span.endMs / stepMs);
    const value = perSec[i];
    if (span.state === 'busy' && value !== undefined) perSec[i] = value + 1000 / stepMs;
  }
  return {
    generation,
    title: 'code-index',
    state,
    extentNs: [0, endMs * MS],
    report: reportOf(endMs, state !== 'live'),
    rows: [...rows(), gaugesRow],
    throughput: { stepNs: stepMs * MS, perSec },
    knobChanges:
      endMs > KNOB_AT_MS ? [{ atNs: KNOB_AT_MS * MS, name: 'maxThreads', from: 2, to: 4 }] : [],
    losses:
      endMs > LOSS_MS[1] ? [{ fromNs: LOSS_MS[0] * MS, toNs: LOSS_MS[1] * MS, records: 1203 }] : [],
    emptyText: null,
  };
}
