/**
 * What is told of a marked stretch: each figure beside that of the whole session, where the report has one. Pure; the card and
 * its Markdown say what stands here, so they cannot disagree.
 */
import {
  formatCount,
  formatDurationNs,
  formatPercent,
  formatRate,
} from '../../extension/core/format.js';
import type { QueueStats, StageStats, StatsReply } from '../../extension/core/panel/query.js';
import type { StageRow } from '../../extension/core/panel/rows.js';
import type { Report, StateShares } from '../../extension/core/report/report.js';
import type { Geometry, QueueBand, StageBand } from '../timeline/layout.js';
import { depthText, noValue } from '../texts.js';

/** A figure of the stretch, as text, with that of the whole session and how they differ; null: there is nothing to compare. */
export interface Figure {
  readonly text: string;
  readonly whole: string | null;
  readonly change: string | null;
}

/** Percentiles of a time. */
export interface TimeFigures {
  readonly p50: Figure;
  readonly p95: Figure;
  readonly p99: Figure;
}

export interface PipelineFigures extends TimeFigures {
  readonly name: string;
  readonly rate: Figure;
}

export interface StageFigures extends TimeFigures {
  /** Id of the stage's row. */
  readonly row: number;
  readonly name: string;
  readonly pipeline: string;
  readonly kind: StageRow['stageKind'];
  readonly executions: number;
  readonly items: number;
  readonly errors: number;
  readonly rate: Figure;
  readonly shares: StateShares;
  readonly wholeShares: StateShares | null;
}

export interface QueueFigures {
  readonly row: number;
  readonly name: string;
  readonly pipeline: string;
  readonly mean: Figure;
  readonly max: Figure;
  readonly full: Figure;
  readonly empty: Figure;
  /** `60%` of the stretch; null: all of it is known. */
  readonly known: string | null;
}

export interface RangeFigures {
  readonly pipelines: readonly PipelineFigures[];
  readonly stages: readonly StageFigures[];
  readonly queues: readonly QueueFigures[];
}

/** `+21%`, `−8%`, `×3.2`: against the whole; null where neither is anything. */
export function changeText(value: number, whole: number): string | null {
  if (!Number.isFinite(value) || !Number.isFinite(whole) || whole <= 0 || value < 0) return null;
  const ratio = value / whole;
  if (ratio >= 2) return `×${factorText(ratio)}`;
  const percent = Math.round((ratio - 1) * 100);
  if (percent === 0) return '=';
  return percent > 0 ? `+${percent}%` : `−${-percent}%`;
}

const factorText = (factor: number): string =>
  factor < 9.95 ? String(Math.round(factor * 10) / 10) : formatCount(Math.round(factor));

/** `+12 pt`: shares differ by points, for half as full and 50% less are not the same to everybody. */
export function pointsText(value: number, whole: number): string {
  const points = Math.round((value - whole) * 100);
  if (points === 0) return '=';
  return points > 0 ? `+${points} pt` : `−${-points} pt`;
}

interface FigureWay {
  readonly text: (value: number) => string;
  readonly change: (value: number, whole: number) => string | null;
}

const asTime: FigureWay = { text: formatDurationNs, change: changeText };
const asRate: FigureWay = { text: formatRate, change: changeText };
const asDepth: FigureWay = { text: depthText, change: changeText };
const asShare: FigureWay = { text: formatPercent, change: pointsText };

function figure(
  value: number | null | undefined,
  whole: number | null | undefined,
  way: FigureWay,
): Figure {
  const [now, all] = [value ?? null, whole ?? null];
  return {
    text: now === null ? noValue : way.text(now),
    whole: all === null ? null : way.text(all),
    change: now === null || all === null ? null : way.change(now, all),
  };
}

type Times = { readonly p50: number; readonly p95: number; readonly p99: number } | null;

function timeFigures(times: Times | undefined, whole: Times | undefined): TimeFigures {
  return {
    p50: figure(times?.p50, whole?.p50, asTime),
    p95: figure(times?.p95, whole?.p95, asTime),
    p99: figure(times?.p99, whole?.p99, asTime),
  };
}

function pipelineFigures(
  { name, throughputPerSec, latencyNs }: StatsReply['pipelines'][number],
  report: Report,
): PipelineFigures {
  const whole = report.pipelines.find((p) => p.name === name);
  return {
    name,
    rate: figure(throughputPerSec, whole?.throughputPerSec, asRate),
    ...timeFigures(latencyNs, whole?.latencyNs),
  };
}

function stageFigures(stats: StageStats, { row, report }: StageBand): StageFigures {
  const { executions, items, errors, shares } = stats;
  return {
    row: row.id,
    name: row.stage,
    pipeline: row.pipeline,
    kind: row.stageKind,
    executions,
    items,
    errors,
    rate: figure(stats.ratePerSec, report?.ratePerSec, asRate),
    ...timeFigures(stats.serviceNs, report?.serviceNs),
    shares,
    wholeShares: report?.shares ?? null,
  };
}

function queueFigures(stats: QueueStats, { row, report }: QueueBand): QueueFigures {
  const isKnown = stats.knownShare > 0;
  const known = <T>(value: T): T | null => (isKnown ? value : null);
  const { joined } = row;
  const single = joined === null ? report : null;
  return {
    row: row.id,
    name: row.queue,
    pipeline: row.pipeline,
    mean: figure(known(stats.meanDepth), joined?.meanDepth ?? single?.depth.mean, asDepth),
    max: figure(known(stats.maxDepth), single?.depth.max, asDepth),
    full: figure(known(stats.fullShare), joined?.fullShare ?? single?.fullShare, asShare),
    empty: figure(known(stats.emptyShare), single?.emptyShare, asShare),
    known: stats.knownShare >= 0.995 ? null : formatPercent(stats.knownShare),
  };
}

/** The figures of a stretch, in the order of the rows. Rows that are not there (any more) are left out. */
export function rangeFigures(reply: StatsReply, geometry: Geometry, report: Report): RangeFigures {
  const stages = new Map(reply.stages.map((s) => [s.row, s]));
  const queues = new Map(reply.queues.map((q) => [q.row, q]));
  return {
    pipelines: reply.pipelines.map((p) => pipelineFigures(p, report)),
    stages: geometry.bands.flatMap((band) => {
      const stats = band.kind === 'stage' ? stages.get(band.row.id) : undefined;
      return band.kind === 'stage' && stats !== undefined ? [stageFigures(stats, band)] : [];
    }),
    queues: geometry.bands.flatMap((band) => {
      const stats = band.kind === 'queue' ? queues.get(band.row.id) : undefined;
      return band.kind === 'queue' && stats !== undefined ? [queueFigures(stats, band)] : [];
    }),
  };
}
