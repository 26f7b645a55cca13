/**
 * The pipelines as graphs: stages are nodes, queues and links are edges. Pure; made from rows, so that stages that share a row
 * share a node, too.
 */
import type { QueueRow, StageRow } from '../../extension/core/panel/rows.js';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import type {
  LinkOrigin,
  PipelineReport,
  QueueReport,
  StageReport,
} from '../../extension/core/report/report.js';
import { foldKey, type Geometry } from '../timeline/layout.js';
import { rowLookup, type RowLookup } from '../timeline/rowLookup.js';

export interface GraphStage {
  /** Unique, and the same when the session is opened again. */
  readonly key: string;
  readonly row: StageRow;
  readonly report: StageReport | null;
  readonly isBottleneck: boolean;
}

/** A queue with its figures; of joined ones those of all together. Shares are of time; null: not known. */
export interface GraphQueue {
  readonly key: string;
  readonly row: QueueRow;
  readonly report: QueueReport | null;
  readonly capacity: number | null;
  readonly meanDepth: number | null;
  readonly fullShare: number | null;
  readonly emptyShare: number | null;
}

/** A way from stage to stage, through a queue or without one. */
export interface GraphEdge {
  readonly key: string;
  /** Keys of stages; null: not known. */
  readonly from: string | null;
  readonly to: string | null;
  readonly known: LinkOrigin;
  readonly isInside: boolean;
  /** Items per second that pass; null: several ways begin and end there, and nobody counted them apart. */
  readonly ratePerSec: number | null;
  readonly queue: GraphQueue | null;
}

export interface GraphPipeline {
  readonly report: PipelineReport;
  readonly stages: readonly GraphStage[];
  readonly edges: readonly GraphEdge[];
}

function stagesOf(pipeline: PipelineReport, geometry: Geometry, rows: RowLookup): GraphStage[] {
  const { kind, stage } = pipeline.bottleneck;
  const limiting = kind === 'none' || stage === null ? null : rows.stage(pipeline.name, stage);
  return geometry.bands.flatMap((band) => {
    if (band.kind !== 'stage' || band.row.pipeline !== pipeline.name) return [];
    const { row, report } = band;
    return [{ key: foldKey(row), row, report, isBottleneck: row.id === limiting?.id }];
  });
}

/** Reports of a name by their place among those of that name. */
function nth<T extends { readonly name: string }>(
  list: readonly T[],
  name: string,
  n: number,
): T | null {
  const named = list.filter((t) => t.name === name);
  return named[n] ?? named[0] ?? null;
}

type Figures = Pick<GraphQueue, 'meanDepth' | 'fullShare' | 'emptyShare'>;

function figuresOf({ joined }: QueueRow, report: QueueReport | null): Figures {
  if (joined !== null) {
    return { meanDepth: joined.meanDepth, fullShare: joined.fullShare, emptyShare: null };
  }
  if (report === null) return { meanDepth: null, fullShare: null, emptyShare: null };
  const { depth, fullShare, emptyShare } = report;
  return { meanDepth: depth.mean, fullShare, emptyShare };
}

function queuesOf(pipeline: PipelineReport, geometry: Geometry): readonly GraphQueue[] {
  const seen = new Map<string, number>();
  return geometry.bands.flatMap((band) => {
    if (band.kind !== 'queue' || band.row.pipeline !== pipeline.name) return [];
    const { row } = band;
    const n = seen.get(row.queue) ?? 0;
    seen.set(row.queue, n + 1);
    const report = nth(pipeline.queues, row.queue, n);
    const key = `queue ${row.pipeline}/${row.queue}/${n}`;
    return [{ key, row, report, capacity: row.capacity, ...figuresOf(row, report) }];
  });
}

type Way = Omit<GraphEdge, 'ratePerSec'>;

const pairOf = ({ from, to }: Pick<Way, 'from' | 'to'>): string => JSON.stringify([from, to]);

function waysOf(pipeline: PipelineReport, queues: readonly GraphQueue[], rows: RowLookup): Way[] {
  const keyOf = (name: string | null): string | null => {
    const row = name === null ? null : rows.stage(pipeline.name, name);
    return row === null ? null : foldKey(row);
  };
  const links = new Map<string, Way>();
  for (const { from, to, known, isInside } of pipeline.links) {
    const ends = { from: keyOf(from), to: keyOf(to) };
    if (ends.from === null || ends.to === null) continue;
    const key = `link ${pairOf(ends)}`;
    // Of stages that share a row there are several alike.
    if (!links.has(pairOf(ends)))
      links.set(pairOf(ends), { key, ...ends, known, isInside, queue: null });
  }
  const ways = queues.map((queue): Way => {
    const { report } = queue;
    const ends = { from: keyOf(report?.from ?? null), to: keyOf(report?.to ?? null) };
    const known = links.get(pairOf(ends))?.known ?? report?.inferred ?? 'declared';
    return { key: queue.key, ...ends, known, isInside: false, queue };
  });
  for (const way of ways) links.delete(pairOf(way));
  return [...ways, ...links.values()];
}

/** What flows on each way, as far as it is known: where only one way leads in or out, all of it does. */
function withRates(ways: readonly Way[], stages: readonly GraphStage[]): readonly GraphEdge[] {
  const rates = new Map(stages.map((s) => [s.key, s.report?.ratePerSec ?? null]));
  const outOf = new Map<string | null, number>();
  const into = new Map<string | null, number>();
  for (const { from, to, isInside } of ways) {
    if (isInside) continue;
    outOf.set(from, (outOf.get(from) ?? 0) + 1);
    into.set(to, (into.get(to) ?? 0) + 1);
  }
  return ways.map((way) => {
    const { from, to, isInside } = way;
    const isOnlyIn = to !== null && (isInside ? !into.has(to) : into.get(to) === 1);
    const isOnlyOut = from !== null && !isInside && outOf.get(from) === 1;
    const arrived = isOnlyIn ? (rates.get(to) ?? null) : null;
    const left = isOnlyOut ? (rates.get(from) ?? null) : null;
    return { ...way, ratePerSec: arrived ?? left };
  });
}

/** The graph of each pipeline, in the order of the report. */
export function graphOf(snapshot: PanelSnapshot, geometry: Geometry): readonly GraphPipeline[] {
  const rows = rowLookup(snapshot.rows);
  return snapshot.report.pipelines.map((report) => {
    const stages = stagesOf(report, geometry, rows);
    const ways = waysOf(report, queuesOf(report, geometry), rows);
    return { report, stages, edges: withRates(ways, stages) };
  });
}
