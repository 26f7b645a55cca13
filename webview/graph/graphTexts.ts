/** What the pipeline graph says in words. Pure. */
import {
  formatCount,
  formatDurationNs,
  formatPercent,
  formatRate,
} from '../../extension/core/format.js';
import { linkOriginText } from '../../extension/core/report/factText.js';
import type { LinkReport, PipelineReport } from '../../extension/core/report/report.js';
import type { GraphEdge, GraphPipeline, GraphQueue, GraphStage } from './graphModel.js';
import {
  bottleneckTitle,
  depthText,
  noValue,
  queueLines,
  stageKindText,
  stageLines,
  stageLossText,
  type Line,
} from '../texts.js';

/** A queue is full, or empty, most of the time from this share of it on. */
export const MOSTLY = 0.5;

/** `code-index · 292/s · bottleneck: tokenise (98% sure)` */
export function pipelineTitle(report: PipelineReport): string {
  const { name, throughputPerSec, bottleneck, isShared } = report;
  const head = `${name} · ${isShared ? 'shared' : formatRate(throughputPerSec)}`;
  if (bottleneck.kind === 'none') return isShared ? head : `${head} · no bottleneck found`;
  const sure = formatPercent(bottleneck.confidence);
  return `${head} · bottleneck: ${bottleneckTitle(report)} (${sure} sure)`;
}

/** `cpu ×4` */
export const stageKind = ({ row, report }: GraphStage): string =>
  stageKindText(row.stageKind, report?.parallelism ?? null);

/** `67% busy · 292/s` */
export function stageRate({ report }: GraphStage): string {
  if (report === null) return 'no executions yet';
  return `${formatPercent(report.utilization)} busy · ${formatRate(report.ratePerSec)}`;
}

/** `p95 12.6 ms` */
export function stageTime({ report }: GraphStage): string {
  if (report === null) return '';
  return `p95 ${report.serviceNs === null ? noValue : formatDurationNs(report.serviceNs.p95)}`;
}

/** How much passes: `292/s`, a dash where nobody counted. */
export const edgeRate = ({ ratePerSec }: GraphEdge): string =>
  ratePerSec === null ? noValue : formatRate(ratePerSec);

/** `58.9 of 64`, `3.2 of ∞` */
export function queueFill({ meanDepth, capacity }: GraphQueue): string {
  const mean = meanDepth === null ? noValue : depthText(meanDepth);
  return `${mean} of ${capacity === null ? '∞' : formatCount(capacity)}`;
}

/** `full 88%` or `empty 93%`, whichever is more. */
export function queueShare({ fullShare, emptyShare }: GraphQueue): string {
  const [full, empty] = [fullShare ?? 0, emptyShare ?? 0];
  if (fullShare === null && emptyShare === null) return '';
  return full >= empty && fullShare !== null
    ? `full ${formatPercent(full)}`
    : `empty ${formatPercent(empty)}`;
}

/** How an edge is known, and what it is: for the tooltip and for readers. */
export function edgeKnown({ known, isInside }: Pick<GraphEdge, 'known' | 'isInside'>): string {
  return isInside ? `${linkOriginText[known]}, runs inside` : linkOriginText[known];
}

const nameOf = (pipeline: GraphPipeline, key: string | null): string =>
  pipeline.stages.find((s) => s.key === key)?.row.stage ?? 'unknown';

/** `fed by read, feeds embed` */
function neighbours(stage: GraphStage, pipeline: GraphPipeline): string {
  const near = (key: 'from' | 'to'): string =>
    [
      ...new Set(
        pipeline.edges.flatMap((edge) => {
          const [own, other] = key === 'from' ? [edge.to, edge.from] : [edge.from, edge.to];
          return own === stage.key ? [nameOf(pipeline, other)] : [];
        }),
      ),
    ].join(', ');
  const [before, behind] = [near('from'), near('to')];
  const parts = [
    ...(before === '' ? [] : [`fed by ${before}`]),
    ...(behind === '' ? [] : [`feeds ${behind}`]),
  ];
  return parts.join(', ');
}

/**
 * A stage for those who do not see it. First what is seen, in the same words and order: whoever speaks to the computer names
 * a button by what is written on it.
 */
export function stageSpoken(stage: GraphStage, pipeline: GraphPipeline): string {
  const { row, report, isBottleneck } = stage;
  const parts = [
    `Stage ${row.stage}, ${stageKind(stage)}`,
    ...(isBottleneck ? ['bottleneck'] : []),
    stageRate(stage),
    stageTime(stage),
    stageLossText(report),
    ...(report === null ? [] : [statesSpoken(report.shares)]),
    neighbours(stage, pipeline),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function statesSpoken(shares: NonNullable<GraphStage['report']>['shares']): string {
  const { blocked, limited, starved, idle } = shares;
  return Object.entries({ blocked, limited, starved, idle })
    .filter(([, share]) => share > 0)
    .map(([state, share]) => `${state} ${formatPercent(share)}`)
    .join(', ');
}

/** A queue for those who do not see it. First what is seen, as with stages. */
export function queueSpoken(edge: GraphEdge, queue: GraphQueue, pipeline: GraphPipeline): string {
  const { fullShare, emptyShare, row, meanDepth, capacity } = queue;
  const seen = queueShare(queue);
  const shares = [
    ...(fullShare === null ? [] : [`full ${formatPercent(fullShare)}`]),
    ...(emptyShare === null ? [] : [`empty ${formatPercent(emptyShare)}`]),
  ];
  const parts = [
    `Queue ${row.queue}`,
    queueFill(queue),
    seen,
    edgeRate(edge),
    `from ${nameOf(pipeline, edge.from)} to ${nameOf(pipeline, edge.to)}`,
    `mean depth ${meanDepth === null ? 'not known' : depthText(meanDepth)}`,
    capacity === null ? 'unbounded' : `capacity ${formatCount(capacity)}`,
    ...shares.filter((share) => share !== seen),
    edgeKnown(edge),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** Everything about a stage. */
export function stageTooltip(
  { row, report }: GraphStage,
  links: readonly LinkReport[],
): readonly Line[] {
  if (report === null) return [row.stage, 'no executions yet'];
  return stageLines(report, links);
}

/** Everything about a queue, and the edge that it stands on. */
export function queueTooltip(
  edge: GraphEdge,
  { row, report, fullShare }: GraphQueue,
): readonly Line[] {
  const passing: readonly Line[] = [
    ['passing', edgeRate(edge)],
    ['link', edgeKnown(edge)],
  ];
  if (report === null) return [row.queue, 'no depth seen yet'];
  if (row.joined === null) return [...queueLines(report), ...passing];
  return [
    `${row.queue} · ${formatCount(row.joined.queues)} queues`,
    ['mean depth', depthText(row.joined.meanDepth)],
    ['full', fullShare === null ? noValue : formatPercent(fullShare)],
    ...passing,
  ];
}
