/** Snapshots with a pipeline of any shape, for the tests of the graph. */
import { unadvised } from '../../extension/core/advice/advise.js';
import type { PanelRow } from '../../extension/core/panel/rows.js';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import type {
  LinkOrigin,
  LinkReport,
  PipelineReport,
  QueueReport,
  StageReport,
} from '../../extension/core/report/report.js';
import { emptyReport, queueRow, stageRow } from './builders.js';

export function stageReport(name: string, rest: Partial<StageReport> = {}): StageReport {
  return {
    name,
    kind: 'cpu',
    process: 1,
    parallelism: 2,
    executions: 1000,
    lost: 0,
    items: 1000,
    errors: 0,
    ratePerSec: 100,
    trueRatePerSec: 200,
    utilization: 0.5,
    serviceNs: { mean: 5e6, p50: 5e6, p95: 9e6, p99: 12e6, max: 20e6 },
    shares: { busy: 0.5, blocked: 0.2, limited: 0.1, starved: 0.15, idle: 0.05 },
    cpuShare: null,
    source: null,
    ...rest,
  };
}

export function queueReport(
  name: string,
  ends: readonly [from: string | null, to: string | null],
  rest: Partial<QueueReport> = {},
): QueueReport {
  return {
    name,
    from: ends[0],
    to: ends[1],
    inferred: null,
    capacity: 32,
    depth: { mean: 12, p50: 12, p95: 30, max: 32 },
    fullShare: 0.1,
    emptyShare: 0.2,
    waitNs: null,
    ...rest,
  };
}

export const link = (
  from: string,
  to: string,
  known: LinkOrigin = 'declared',
  isInside = false,
): LinkReport => ({ from, to, known, isInside });

export function pipelineReport(name: string, rest: Partial<PipelineReport>): PipelineReport {
  return {
    name,
    isShared: false,
    isImported: false,
    throughputPerSec: 100,
    latencyNs: null,
    latencyMean: null,
    stages: [],
    queues: [],
    links: [],
    knobs: [],
    bottleneck: { kind: 'none', stage: null, confidence: 0, evidence: [] },
    ...unadvised(null),
    ...rest,
  };
}

/** What a snapshot has to say for these pipelines; rows in their order. */
export function shapeOf(
  ...pipelines: readonly PipelineReport[]
): Pick<PanelSnapshot, 'rows' | 'report'> {
  let id = 0;
  const rows = pipelines.flatMap(({ name, stages, queues }): PanelRow[] => [
    ...stages.map((s) => {
      id += 1;
      return { ...stageRow(id, s.name, [[10_000 + id, 1]]), pipeline: name, stageKind: s.kind };
    }),
    ...queues.map((q) => {
      id += 1;
      return { ...queueRow(id, q.name, q.capacity), pipeline: name };
    }),
  ]);
  return { rows, report: { ...emptyReport, pipelines } };
}

/** Branches, a join, a way back, a link without a queue, a guess, something that runs inside; and a second pipeline. */
export function branchedShape(): Pick<PanelSnapshot, 'rows' | 'report'> {
  const main = pipelineReport('crawl', {
    stages: [
      stageReport('fetch', { kind: 'io', parallelism: 16, ratePerSec: 220 }),
      stageReport('parse', {
        ratePerSec: 200,
        utilization: 0.98,
        shares: { busy: 0.98, blocked: 0, limited: 0, starved: 0.02, idle: 0 },
      }),
      stageReport('images', { ratePerSec: 60, kind: 'gpu' }),
      stageReport('text', { ratePerSec: 140 }),
      stageReport('merge', { ratePerSec: 190, kind: 'sink', lost: 12 }),
      stageReport('retry', { ratePerSec: 9, kind: 'io' }),
      stageReport('hash', { ratePerSec: 140 }),
    ],
    queues: [
      queueReport('pages', ['fetch', 'parse'], {
        fullShare: 0.91,
        emptyShare: 0.01,
        depth: { mean: 30.2, p50: 31, p95: 32, max: 32 },
      }),
      queueReport('pictures of the page', ['parse', 'images'], {
        capacity: null,
        fullShare: null,
        emptyShare: 0.4,
      }),
      queueReport('words', ['parse', 'text'], { fullShare: 0, emptyShare: 0.95 }),
      queueReport('again', ['merge', 'retry'], { capacity: 4 }),
      queueReport('seeds', [null, 'fetch']),
    ],
    links: [
      link('fetch', 'parse'),
      link('parse', 'images'),
      link('parse', 'text'),
      link('images', 'merge', 'learned'),
      link('text', 'merge', 'order'),
      link('merge', 'retry'),
      link('retry', 'fetch', 'items'),
      link('text', 'hash', 'learned', true),
    ],
    bottleneck: { kind: 'stage', stage: 'parse', confidence: 0.93, evidence: [] },
  });
  const other = pipelineReport('reports', {
    stages: [stageReport('collect'), stageReport('render'), stageReport('alone')],
    links: [link('collect', 'render')],
  });
  return shapeOf(main, other);
}

/** A pipeline of `count` stages with a queue between each and the next, and a branch every five. */
export function longShape(count: number): Pick<PanelSnapshot, 'rows' | 'report'> {
  const names = Array.from({ length: count }, (_, i) => `stage ${i}`);
  const pairs = names.slice(1).map((to, i) => {
    const from = names[i % 5 === 4 ? i - 1 : i] ?? '';
    return [from, to] as const;
  });
  return shapeOf(
    pipelineReport('long', {
      stages: names.map((name) => stageReport(name)),
      queues: pairs.map(([from, to], i) => queueReport(`queue ${i}`, [from, to])),
      links: pairs.map(([from, to]) => link(from, to)),
    }),
  );
}
