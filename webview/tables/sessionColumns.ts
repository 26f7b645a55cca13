/** The columns of the session's tables: one list for each kind of thing. Pure. */
import {
  formatCount,
  formatDurationNs,
  formatPercent,
  formatRate,
} from '../../extension/core/format.js';
import type { GaugeRow, PanelRow } from '../../extension/core/panel/rows.js';
import { linkOriginText } from '../../extension/core/report/factText.js';
import type {
  FunctionReport,
  KnobReport,
  LinkReport,
  QueueReport,
  StageReport,
} from '../../extension/core/report/report.js';
import { numberColumn, textColumn, type Column, type Link, type NumberFormat } from './columns.js';
import type { PanelHandle } from '../handle.js';
import { depthText, gaugeValue, knobRange, knobValue, noValue, queueEnds } from '../texts.js';

export interface InPipeline<T> {
  readonly key: string;
  readonly pipeline: string;
  readonly of: T;
  /** Where it stands in the timeline; null: it has no row. */
  readonly row: number | null;
}

export type StageEntry = InPipeline<StageReport>;
export type FunctionEntry = InPipeline<FunctionReport & { readonly stage: string }>;
export type QueueEntry = InPipeline<QueueReport>;
export type LinkEntry = InPipeline<LinkReport>;
export type KnobEntry = InPipeline<KnobReport>;

/** A gauge with the title of its process. */
export interface GaugeEntry {
  readonly key: string;
  readonly process: string;
  readonly of: GaugeRow;
}

type Ways = Pick<PanelHandle, 'reveal' | 'openSource'>;

export const asCount: NumberFormat = { show: formatCount };
export const asDuration: NumberFormat = { show: formatDurationNs, unit: 'ns' };
export const asShare: NumberFormat = { show: formatPercent, unit: '0..1' };
const asRate: NumberFormat = { show: formatRate, unit: '1/s' };
const asDepth: NumberFormat = { show: depthText };

const share = (title: string, name: keyof StageReport['shares']): Column<StageEntry> =>
  numberColumn(title, (s) => s.of.shares[name], asShare);
const time = (title: string, name: 'p50' | 'p95' | 'p99'): Column<StageEntry> =>
  numberColumn(title, (s) => s.of.serviceNs?.[name] ?? null, asDuration);
const pipelineColumn = <T>(): Column<InPipeline<T>> =>
  textColumn('Pipeline', (e) => e.pipeline, { isPipeline: true });

/** From a name to its row in the timeline. */
function toRow<T extends { readonly row: number | null }>(ways: Ways): Link<T> {
  return {
    title: ({ row }) => (row === null ? null : 'show in the timeline'),
    follow: ({ row }) => {
      if (row !== null) ways.reveal(row);
    },
  };
}

/** From a place to the source. */
function toSource<R>(ways: Ways, of: (row: R) => StageReport['source']): Link<R> {
  return {
    title: (row) => (of(row) === null ? null : 'go to source'),
    follow: (row) => {
      const source = of(row);
      if (source !== null) ways.openSource(source);
    },
  };
}

/** A place in the source as a column that leads there. */
export function sourceColumn<R>(ways: Ways, of: (row: R) => StageReport['source']): Column<R> {
  const text = (row: R): string => {
    const source = of(row);
    return source === null ? noValue : `${source.file}:${source.line}:${source.column}`;
  };
  return textColumn('Source', text, { link: toSource(ways, of) });
}

export const stageColumns = (ways: Ways): readonly Column<StageEntry>[] => [
  textColumn('Stage', (s) => s.of.name, { link: toRow(ways) }),
  pipelineColumn(),
  textColumn('Kind', (s) => s.of.kind),
  numberColumn('Parallelism', (s) => s.of.parallelism, asCount),
  numberColumn('Executions', (s) => s.of.executions, asCount),
  numberColumn('Items', (s) => s.of.items, asCount),
  numberColumn('Errors', (s) => s.of.errors, asCount),
  numberColumn('Lost', (s) => s.of.lost, asCount),
  numberColumn('Rate', (s) => s.of.ratePerSec, asRate),
  numberColumn('True rate', (s) => s.of.trueRatePerSec, asRate),
  numberColumn('Utilisation', (s) => s.of.utilization, asShare),
  numberColumn('On CPU', (s) => s.of.cpuShare, asShare),
  time('p50', 'p50'),
  time('p95', 'p95'),
  time('p99', 'p99'),
  share('Busy', 'busy'),
  share('Starved', 'starved'),
  share('Blocked', 'blocked'),
  share('Limited', 'limited'),
  share('Idle', 'idle'),
  sourceColumn(ways, (s) => s.of.source),
];

export const functionColumns = (ways: Ways): readonly Column<FunctionEntry>[] => [
  textColumn('Function', (f) => f.of.name),
  pipelineColumn(),
  textColumn('Stage', (f) => f.of.stage, { link: toRow(ways) }),
  numberColumn('CPU self', (f) => f.of.selfShare, asShare),
  numberColumn('CPU total', (f) => f.of.totalShare, asShare),
  sourceColumn(ways, (f) => f.of.source),
];

const capacityColumn: Column<QueueEntry> = {
  title: 'Capacity',
  text: (q) => (q.of.capacity === null ? 'unbounded' : formatCount(q.of.capacity)),
  sort: (q) => q.of.capacity ?? Infinity,
  isNumber: true,
};

export const queueColumns = (ways: Ways): readonly Column<QueueEntry>[] => [
  textColumn('Queue', (q) => q.of.name, { link: toRow(ways) }),
  pipelineColumn(),
  textColumn('Between', (q) => queueEnds(q.of) ?? noValue),
  capacityColumn,
  numberColumn('Mean depth', (q) => q.of.depth.mean, asDepth),
  numberColumn('Depth p95', (q) => q.of.depth.p95, asDepth),
  numberColumn('Highest', (q) => q.of.depth.max, asDepth),
  numberColumn('Full', (q) => q.of.fullShare, asShare),
  numberColumn('Empty', (q) => q.of.emptyShare, asShare),
  numberColumn('Wait p50', (q) => q.of.waitNs?.p50 ?? null, asDuration),
  numberColumn('Wait p95', (q) => q.of.waitNs?.p95 ?? null, asDuration),
];

export const linkColumns: readonly Column<LinkEntry>[] = [
  textColumn('From', (l) => l.of.from),
  pipelineColumn(),
  textColumn('To', (l) => l.of.to),
  textColumn('Known', (l) => linkOriginText[l.of.known]),
  textColumn('How', (l) => (l.of.isInside ? 'runs inside' : 'hands on')),
];

export const knobColumns = (ways: Ways): readonly Column<KnobEntry>[] => [
  textColumn('Knob', (k) => k.of.name),
  pipelineColumn(),
  textColumn('Tunes', (k) => k.of.stage ?? k.of.queue ?? noValue, { link: toRow(ways) }),
  textColumn('Kind', (k) => k.of.kind),
  {
    title: 'Value',
    text: (k) => knobValue(k.of.value),
    sort: (k) => k.of.value ?? Infinity,
    isNumber: true,
  },
  textColumn('Range', (k) => knobRange(k.of)),
  textColumn('Live', (k) => (k.of.live ? 'yes' : 'no')),
  sourceColumn(ways, (k) => k.of.source),
];

const gaugeColumn = (title: string, name: 'mean' | 'max' | 'limit'): Column<GaugeEntry> => ({
  title,
  sort: (g) => g.of[name],
  text: (g) => (g.of[name] === null ? noValue : gaugeValue(g.of[name], g.of.unit)),
  isNumber: true,
  isMixed: true,
});

export const gaugeColumns = (ways: Ways): readonly Column<GaugeEntry>[] => [
  textColumn('Gauge', (g) => g.of.label, {
    link: {
      title: () => 'show in the timeline',
      follow: (g) => {
        ways.reveal(g.of.id);
      },
    },
  }),
  textColumn('Process', (g) => g.process),
  textColumn('Thread', (g) => g.of.thread ?? noValue),
  gaugeColumn('Mean', 'mean'),
  gaugeColumn('Highest', 'max'),
  gaugeColumn('May use', 'limit'),
];

/** The gauges of all processes. */
export function gaugeEntries(rows: readonly PanelRow[]): readonly GaugeEntry[] {
  return rows.flatMap((row) => {
    if (row.kind !== 'gauges') return [];
    const process = `${row.title} (pid ${row.process})`;
    return row.gauges.map((of) => ({ key: String(of.id), process, of }));
  });
}
