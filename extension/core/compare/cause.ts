/**
 * Why a pipeline became faster or slower, as far as its figures tell.
 *
 * Throughput: a pipeline does what its limiting stage can do, so the cause is the stage whose true rate (items / busy time x
 * parallelism) went the way that the throughput went, and that limits: before it became faster, or after it became slower. So
 * each is weighed by the logarithm of its change times its utilisation on that side. Stages that only follow have other
 * rates, but not other true rates.
 *
 * Latency: the time of an item is the sum of its services and waits, and a queue's wait is depth / throughput (Little). The
 * cause is the part that changed most.
 */
import { formatCount, formatDurationNs, formatPercent, formatRate, printable } from '../format.js';
import type {
  Cause,
  MetricComparison,
  MetricName,
  Scope,
  SettingChange,
  SideFigure,
} from './comparison.js';
import { isNotable } from './verdict.js';

interface PipelineFigures {
  readonly name: string;
  readonly rows: readonly MetricComparison[];
  readonly settings: readonly SettingChange[];
  readonly threshold: number;
}

/** A cause for each pipeline and each of throughput and latency that changed by at least the threshold. */
export function causesOf(
  metrics: readonly MetricComparison[],
  settings: readonly SettingChange[],
  threshold: number,
): readonly Cause[] {
  const names = [...new Set(metrics.map((row) => row.pipeline))];
  return names.flatMap((name) => {
    const figures: PipelineFigures = {
      name,
      rows: metrics.filter((row) => row.pipeline === name),
      settings: settings.filter((change) => change.pipeline === name),
      threshold,
    };
    return [...throughputCause(figures), ...latencyCause(figures)];
  });
}

function find(
  rows: readonly MetricComparison[],
  scope: Scope,
  metric: MetricName,
  name?: string,
): MetricComparison | undefined {
  return rows.find(
    (row) =>
      row.scope === scope && row.metric === metric && (name === undefined || row.name === name),
  );
}

function throughputCause(figures: PipelineFigures): readonly Cause[] {
  const { name, rows, threshold } = figures;
  const throughput = find(rows, 'pipeline', 'throughput');
  if (throughput === undefined || !isNotable(throughput, threshold)) return [];
  const isLess = throughput.shift < 0;
  const candidates = rows.filter(
    (row) =>
      row.metric === 'trueRate' &&
      row.shift < 0 === isLess &&
      Math.abs(logOf(row)) >= threshold / 2,
  );
  const weightOf = (row: MetricComparison): number => {
    const used = find(rows, 'stage', 'utilization', row.name);
    return Math.abs(logOf(row)) * ((isLess ? used?.head.median : used?.base.median) ?? 0);
  };
  const [cause] = candidates.toSorted((a, b) => weightOf(b) - weightOf(a));
  const what = `${sizeText(throughput)} ${isLess ? 'fewer' : 'more'} items per second in HEAD (${rangeText(throughput, formatRate)})`;
  return [
    {
      pipeline: name,
      of: 'throughput',
      verdict: isLess ? 'worse' : 'better',
      isSure: throughput.verdict !== 'notEnoughRuns',
      scope: cause === undefined ? null : 'stage',
      name: cause?.name ?? null,
      sentence: `${what}: ${cause === undefined ? noStageText(isLess) : stageText(cause, figures, isLess)}.`,
    },
  ];
}

/** Change of a positive figure as a logarithm, so that half and double are as far. */
function logOf({ change }: MetricComparison): number {
  return change === null ? 0 : Math.log(Math.max(1 + change.mid, 1e-9));
}

function noStageText(isLess: boolean): string {
  const way = isLess ? 'less' : 'more';
  return `no stage could do ${way} than in BASE, so it is what feeds the pipeline, a queue or a limit between stages`;
}

function stageText(
  cause: MetricComparison,
  { rows, settings, threshold }: PipelineFigures,
  isLess: boolean,
): string {
  const reasons: string[] = [];
  const pool = settings.find((s) => s.setting === 'parallelism' && s.name === cause.name);
  if (pool !== undefined) reasons.push(`its parallelism went from ${settingText(pool)}`);
  const service = find(rows, 'stage', 'service.mean', cause.name);
  if (service !== undefined && service.shift > 0 === isLess && isNotable(service, threshold)) {
    const longer = isLess ? 'longer' : 'less';
    reasons.push(
      `an execution takes ${sizeText(service)} ${longer} (${rangeText(service, formatDurationNs)})`,
    );
  }
  if (reasons.length === 0) reasons.push('its items take another time or another number of them');
  const used = find(rows, 'stage', 'utilization', cause.name);
  const busy =
    used === undefined
      ? ''
      : `, and it is ${formatPercent(isLess ? used.head.median : used.base.median)} busy in ${isLess ? 'HEAD' : 'BASE'}`;
  return (
    `stage ${printable(cause.name)} can do ${sizeText(cause)} ${isLess ? 'less' : 'more'} ` +
    `(${rangeText(cause, formatRate)}): ${reasons.join(' and ')}${busy}`
  );
}

function latencyCause(figures: PipelineFigures): readonly Cause[] {
  const { name, rows, threshold } = figures;
  const latency = (['latency.p50', 'latency.mean', 'latency.p95'] as const)
    .flatMap((metric) => find(rows, 'pipeline', metric) ?? [])
    .find((row) => isNotable(row, threshold));
  if (latency === undefined) return [];
  const isMore = latency.shift > 0;
  const least = (threshold / 2) * latency.base.median;
  const [cause] = latencyParts(rows, threshold)
    .filter((part) => part.addedNs > 0 === isMore && Math.abs(part.addedNs) >= least)
    .toSorted((a, b) => Math.abs(b.addedNs) - Math.abs(a.addedNs));
  const what = `Items take ${sizeText(latency)} ${isMore ? 'longer' : 'less'} in HEAD (${latency.metric}, ${rangeText(latency, formatDurationNs)})`;
  return [
    {
      pipeline: name,
      of: 'latency',
      verdict: isMore ? 'worse' : 'better',
      isSure: latency.verdict !== 'notEnoughRuns',
      scope: cause?.scope ?? null,
      name: cause?.row.name ?? null,
      sentence: `${what}: ${cause === undefined ? 'no stage or queue explains it' : partText(cause, figures)}.`,
    },
  ];
}

/** A part of an item's time, and how much longer it is in HEAD. */
interface LatencyPart {
  readonly row: MetricComparison;
  readonly scope: 'stage' | 'queue';
  readonly addedNs: number;
}

function latencyParts(
  rows: readonly MetricComparison[],
  threshold: number,
): readonly LatencyPart[] {
  const throughput = find(rows, 'pipeline', 'throughput');
  const waitNs = (depth: number, perSec: number): number =>
    perSec > 0 ? (depth / perSec) * 1e9 : 0;
  return rows.flatMap((row): readonly LatencyPart[] => {
    if (row.metric === 'service.mean' && isNotable(row, threshold))
      return [{ row, scope: 'stage', addedNs: row.shift }];
    if (
      row.metric !== 'depth' ||
      throughput === undefined ||
      !(isNotable(row, threshold) || isNotable(throughput, threshold))
    )
      return [];
    const before = waitNs(row.base.median, throughput.base.median);
    return [
      { row, scope: 'queue', addedNs: waitNs(row.head.median, throughput.head.median) - before },
    ];
  });
}

function partText(
  { row, scope, addedNs }: LatencyPart,
  { settings, threshold }: PipelineFigures,
): string {
  const more = addedNs > 0 ? 'longer' : 'less';
  const time = formatDurationNs(Math.abs(addedNs));
  if (scope === 'stage') {
    return `an execution of stage ${printable(row.name)} takes ${time} ${more} (${rangeText(row, formatDurationNs)})`;
  }
  const capacity = settings.find((s) => s.setting === 'capacity' && s.name === row.name);
  const declared =
    capacity === undefined ? '' : `, its capacity went from ${settingText(capacity)}`;
  const slower = isNotable(row, threshold) ? '' : ', because items come and go at another rate';
  return (
    `they wait about ${time} ${more} in queue ${printable(row.name)}, ` +
    `which holds ${rangeText(row, formatCount)} items${declared}${slower}`
  );
}

function settingText({ base, head }: SettingChange): string {
  const text = (value: number | null): string =>
    value === null ? 'unlimited' : formatCount(value);
  return `${text(base)} to ${text(head)}`;
}

/** `38%`, without the sign. */
function sizeText({ change }: MetricComparison): string {
  return change === null ? 'infinitely' : formatPercent(Math.abs(change.mid));
}

function rangeText(
  { base, head }: { readonly base: SideFigure; readonly head: SideFigure },
  format: (value: number) => string,
): string {
  return `${format(base.median)} → ${format(head.median)}`;
}
