/** Compares two sets of runs, each a report: what differs, how sure that is, and what is the likely cause. */
import type { Report } from '../report/report.js';
import { relativeEffect, shiftOf } from '../statistics/effect.js';
import { mannWhitney } from '../statistics/mannWhitney.js';
import { maxT, type FigureRow } from '../statistics/maxT.js';
import { median } from '../statistics/quantile.js';
import { align, type Aligned, type AlignedPipeline } from './align.js';
import { causesOf } from './cause.js';
import {
  COMPARE_SCHEMA,
  type Comparison,
  type MetricComparison,
  type Scope,
} from './comparison.js';
import { environmentDifferences, runNotes } from './environment.js';
import { pipelineMetrics, queueMetrics, stageMetrics, type Metric } from './metrics.js';
import { settingChanges } from './settings.js';
import { MIN_RUNS, verdictOf } from './verdict.js';

/** A capture's report, and what to call it. */
export interface Run {
  readonly file: string;
  readonly report: Report;
}

export interface CompareOptions {
  /** Changes smaller than this share do not count. */
  readonly threshold: number;
}

export const DEFAULT_THRESHOLD = 0.03;

/** Compares HEAD with BASE; neither may be empty. */
export function compareRuns(
  base: readonly Run[],
  head: readonly Run[],
  { threshold }: CompareOptions,
): Comparison {
  const [from, to] = [base, head].map((runs) => runs.map((run) => run.report));
  const { pipelines, structure } = align(from ?? [], to ?? []);
  const metrics = judged(pipelines.flatMap(figuresOf), base.length, threshold);
  const settings = settingChanges(pipelines);
  const hasEnoughRuns = base.length >= MIN_RUNS && head.length >= MIN_RUNS;
  return {
    schema: COMPARE_SCHEMA,
    base: { runs: base.length, files: base.map((run) => run.file) },
    head: { runs: head.length, files: head.map((run) => run.file) },
    threshold,
    hasEnoughRuns,
    environment: environmentDifferences(from ?? [], to ?? []),
    structure,
    settings,
    causes: causesOf(metrics, settings, threshold),
    metrics,
    notes: [...runNotes(base, 'BASE'), ...runNotes(head, 'HEAD')],
  };
}

/** A figure over all runs, before anything is said of it. */
interface Figure {
  readonly scope: Scope;
  readonly pipeline: string;
  readonly name: string;
  readonly metric: Metric<never>;
  /** Those of BASE first. */
  readonly row: FigureRow;
}

function figuresOf(pipeline: AlignedPipeline): readonly Figure[] {
  const rows = <T>(
    scope: Scope,
    { name, base, head }: Aligned<T>,
    metrics: readonly Metric<T>[],
  ): readonly Figure[] =>
    metrics.map((metric) => ({
      scope,
      pipeline: pipeline.name,
      name,
      metric,
      row: [...base, ...head].map((subject) => (subject === null ? null : metric.of(subject))),
    }));
  return [
    ...rows('pipeline', pipeline, pipelineMetrics),
    ...pipeline.stages.flatMap((stage) => rows('stage', stage, stageMetrics)),
    ...pipeline.queues.flatMap((queue) => rows('queue', queue, queueMetrics)),
  ];
}

function judged(
  figures: readonly Figure[],
  baseRuns: number,
  threshold: number,
): readonly MetricComparison[] {
  const known = figures.filter(
    ({ row }) => valuesOf(row, 0, baseRuns).length > 0 && valuesOf(row, baseRuns).length > 0,
  );
  const hasEnough = ({ row }: Figure): boolean =>
    valuesOf(row, 0, baseRuns).length >= MIN_RUNS && valuesOf(row, baseRuns).length >= MIN_RUNS;
  const tested = known.filter(hasEnough);
  const adjusted = maxT(tested.map(onItsScale), baseRuns);
  const adjustedOf = new Map(tested.map((figure, i) => [figure, adjusted[i] ?? 1]));
  return known.map((figure) =>
    comparisonOf(figure, { baseRuns, adjustedP: adjustedOf.get(figure) ?? null, threshold }),
  );
}

function valuesOf(row: FigureRow, from: number, to?: number): readonly number[] {
  return row.slice(from, to).filter((value) => value !== null);
}

/** Logarithms of what changes by factors, as long as there is none of 0. */
function onItsScale({ row, metric }: Figure): FigureRow {
  if (metric.changeIn === 'points' || row.some((v) => v !== null && v <= 0)) return row;
  // Against the median, so that the size of the numbers does not set how much variation is taken for granted.
  const unit = median(row.filter((v) => v !== null));
  return row.map((v) => (v === null ? null : 1 + Math.log(v / unit)));
}

function comparisonOf(
  { scope, pipeline, name, metric, row }: Figure,
  how: {
    readonly baseRuns: number;
    readonly adjustedP: number | null;
    readonly threshold: number;
  },
): MetricComparison {
  const base = valuesOf(row, 0, how.baseRuns);
  const head = valuesOf(row, how.baseRuns);
  const shift = shiftOf(base, head);
  const change = metric.changeIn === 'points' ? shift : relativeEffect(base, head);
  const { better, changeIn, unit } = metric;
  const p = how.adjustedP === null ? null : mannWhitney(base, head).p;
  const judged = { change, shift: shift?.mid ?? 0, p, adjustedP: how.adjustedP, better };
  return {
    scope,
    pipeline,
    name,
    metric: metric.name,
    unit,
    better,
    base: { median: median(base), values: base },
    head: { median: median(head), values: head },
    changeIn,
    change,
    shift: judged.shift,
    p,
    adjustedP: how.adjustedP,
    verdict: verdictOf(judged, how.threshold * metric.thresholdPart),
  };
}
