/** The figures that are compared, and where they stand in a report. */
import type { PipelineReport, QueueReport, StageReport } from '../report/report.js';
import type { MetricComparison, MetricName } from './comparison.js';

/** A figure of a `T`. */
export interface Metric<T> {
  readonly name: MetricName;
  readonly unit: MetricComparison['unit'];
  readonly better: MetricComparison['better'];
  readonly changeIn: MetricComparison['changeIn'];
  /** Of the threshold: a change of this part of it counts already. */
  readonly thresholdPart: number;
  /** null: the report does not know it. */
  readonly of: (subject: T) => number | null;
}

type Kind = Omit<Metric<unknown>, 'name' | 'of'>;

const relative = { changeIn: 'relative', thresholdPart: 1 } as const;
const points = { changeIn: 'points', thresholdPart: 1, unit: 'share' } as const;
const perSec: Kind = { unit: 'perSec', better: 'higher', ...relative };
const time: Kind = { unit: 'ns', better: 'lower', ...relative };

export const pipelineMetrics: readonly Metric<PipelineReport>[] = [
  // A pipeline that did nothing has no throughput to compare.
  { name: 'throughput', ...perSec, of: (p) => p.throughputPerSec },
  { name: 'latency.mean', ...time, of: (p) => p.latencyMean?.meanNs ?? null },
  { name: 'latency.p50', ...time, of: (p) => p.latencyNs?.p50 ?? null },
  { name: 'latency.p95', ...time, of: (p) => p.latencyNs?.p95 ?? null },
];

export const stageMetrics: readonly Metric<StageReport>[] = [
  { name: 'rate', ...perSec, of: (s) => s.ratePerSec },
  { name: 'trueRate', ...perSec, of: (s) => s.trueRatePerSec },
  { name: 'service.mean', ...time, of: (s) => s.serviceNs?.mean ?? null },
  { name: 'service.p50', ...time, of: (s) => s.serviceNs?.p50 ?? null },
  { name: 'service.p95', ...time, of: (s) => s.serviceNs?.p95 ?? null },
  { name: 'utilization', ...points, better: 'neither', of: (s) => s.utilization },
  {
    name: 'errors',
    ...points,
    better: 'lower',
    // Three points more failures are not what anybody calls no change.
    thresholdPart: 0.1,
    of: (s) => (s.executions === 0 ? null : s.errors / s.executions),
  },
];

export const queueMetrics: readonly Metric<QueueReport>[] = [
  { name: 'depth', unit: 'items', better: 'lower', ...relative, of: (q) => q.depth.mean },
  { name: 'full', ...points, better: 'lower', of: (q) => q.fullShare },
  { name: 'wait.p95', ...time, of: (q) => q.waitNs?.p95 ?? null },
];

/** Names of all figures, for messages and for checks. */
export const metricNames: readonly MetricName[] = [
  ...pipelineMetrics,
  ...stageMetrics,
  ...queueMetrics,
].map((metric) => metric.name);
