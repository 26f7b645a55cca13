/** The report as text for a terminal: a table of stages, the queues between them, the verdict and what led to it. */
import {
  formatBytes,
  formatCount,
  formatDurationNs,
  formatPercent,
  formatRate,
  printable,
} from '../format.js';
import { adviceLines } from './adviceText.js';
import { besideLines } from './besideText.js';
import { deviceShares } from './deviceText.js';
import {
  agentCostText,
  hasConcludedLinks,
  hasVerdict,
  linkOriginText,
  machineText,
  meanLatencyText,
  verdictText,
} from './factText.js';
import type {
  Bottleneck,
  KnobReport,
  PipelineReport,
  QueueReport,
  Report,
  StageReport,
} from './report.js';
import { threadFacts } from './threadText.js';
import { bar, createPaint, HARD_SPACE, table, wrap, type Paint } from './textLayout.js';

/** How to print. `width` is in columns; lines are never longer (but for a single word that is). */
export interface TextOptions {
  readonly color: boolean;
  readonly width: number;
}

const MIN_WIDTH = 40;

/** The report as lines of text, the last one ended. Names are made safe to print. */
export function renderText(report: Report, { color, width }: TextOptions): string {
  const page: Page = { paint: createPaint(color), width: Math.max(width, MIN_WIDTH) };
  const lines = [
    ...captureLines(report, page),
    ...report.pipelines.flatMap((pipeline) => pipelineLines(pipeline, page)),
    ...(report.beside ?? []).flatMap((beside) => besideLines(beside, page)),
    ...noteLines(report.notes, page),
  ];
  return `${lines.join('\n')}\n`;
}

interface Page {
  readonly paint: Paint;
  readonly width: number;
}

/** Facts with dots between them; a fact is not broken over two lines. */
function joined(facts: readonly string[]): string {
  return facts.map((fact) => fact.replaceAll(' ', HARD_SPACE)).join(' · ');
}

function captureLines({ capture }: Report, { paint, width }: Page): readonly string[] {
  const { processes, durationNs, executions, bytes, lost, environment } = capture;
  const facts = [
    formatDurationNs(durationNs),
    `${formatCount(executions)} executions`,
    `${processes.length} ${processes.length === 1 ? 'process' : 'processes'}`,
    formatBytes(bytes),
  ];
  const lines = [...wrap(`${paint.bold('Sluice')}  ${joined(facts)}`, width, 8)];
  for (const p of processes.slice(0, 4)) {
    const text = `${printable(p.title)} (pid ${p.pid}, ${printable(p.runtime)})`;
    lines.push(...wrap(`        ${text}`, width, 10).map(paint.dim));
    for (const fact of threadFacts(p)) {
      lines.push(...wrap(`          ${fact}`, width, 12).map(paint.dim));
    }
  }
  if (processes.length > 4) lines.push(paint.dim(`        and ${processes.length - 4} more`));
  if (environment !== null) {
    lines.push(...wrap(`        ${printable(machineText(environment))}`, width, 10).map(paint.dim));
  }
  if (capture.agentCost !== null) {
    lines.push(...wrap(`        ${agentCostText(capture.agentCost)}`, width, 10).map(paint.dim));
  }
  if (lost.records > 0) {
    const text = `${formatCount(lost.records)} records lost (${formatPercent(lost.shareOfExecutions)} of executions)`;
    lines.push(paint.warn(`        ${text}`));
  }
  if (capture.truncatedReason !== null) {
    lines.push(
      ...wrap(`        Cut short: ${printable(capture.truncatedReason)}`, width, 10).map(
        paint.warn,
      ),
    );
  }
  return lines;
}

function pipelineLines(pipeline: PipelineReport, page: Page): readonly string[] {
  const { paint, width } = page;
  const throughput = `${formatRate(pipeline.throughputPerSec)} through the last stage`;
  const facts = pipeline.isImported ? [] : [throughput, ...latencyFacts(pipeline)];
  return [
    '',
    ...wrap(`${paint.bold(printable(pipeline.name))}  ${joined(facts)}`, width, 2),
    ...flowLines(pipeline, page),
    '',
    ...stageTable(pipeline, page),
    ...(pipeline.queues.length === 0 ? [] : ['', ...queueTable(pipeline.queues, page)]),
    ...(hasVerdict(pipeline) ? ['', ...bottleneckLines(pipeline.bottleneck, page)] : []),
    ...adviceLines(pipeline, page),
    ...(pipeline.knobs.length === 0 ? [] : ['', ...knobTable(pipeline.knobs, page)]),
  ];
}

/** Percentiles where items were followed; else the mean, and which law it comes from. */
function latencyFacts(pipeline: PipelineReport): readonly string[] {
  const { latencyNs } = pipeline;
  if (latencyNs !== null) {
    const [p50, p95, p99] = [latencyNs.p50, latencyNs.p95, latencyNs.p99].map(formatDurationNs);
    return [`item latency p50 ${p50 ?? ''}`, `p95 ${p95 ?? ''}`, `p99 ${p99 ?? ''}`];
  }
  const mean = meanLatencyText(pipeline);
  return mean === null ? [] : [mean];
}

/** Which stage feeds which, unless the program said it all itself: then the queues' table says it, too. */
function flowLines(pipeline: PipelineReport, { paint, width }: Page): readonly string[] {
  if (!hasConcludedLinks(pipeline)) return [];
  const flows = pipeline.links.map(
    ({ from, to, known }) => `${printable(from)} → ${printable(to)} (${linkOriginText[known]})`,
  );
  return wrap(`Flow  ${joined(flows)}`, width, 6).map(paint.dim);
}

function stageTable({ stages, bottleneck }: PipelineReport, page: Page): readonly string[] {
  const { paint, width } = page;
  const barWidth = width >= 100 ? 16 : 5;
  const hasCpu = stages.some(({ cpuShare }) => cpuShare !== null);
  const rows = stages.map((stage) => stageCells(stage, barWidth, paint, hasCpu));
  const cpu = hasCpu ? ['on CPU'] : [];
  const head = ['stage', '', 'items/s', 'busy', ...cpu, 'starved', 'blocked', 'p50', 'p95', 'p99'];
  const right = head.flatMap((_, i) => (i === 2 || i > 3 ? [i] : []));
  const [title = '', ...lines] = table({ head, rows, right, flexible: [0, 1] }, width, paint);
  const emphasised = lines.map((line, i) => {
    const stage = stages[i];
    if (stage === undefined) return [line];
    const shown = stage.name === bottleneck.stage ? paint.bold(line) : line;
    return [shown, ...remarks(stage, page), ...onDevice(stage, page)];
  });
  return [title, ...emphasised.flat()];
}

function stageCells(
  stage: StageReport,
  barWidth: number,
  paint: Paint,
  hasCpu: boolean,
): readonly string[] {
  const { serviceNs, shares, cpuShare } = stage;
  const onCpu = cpuShare === null ? '–' : formatPercent(cpuShare);
  const time = (ns: number | undefined): string => (ns === undefined ? '–' : formatDurationNs(ns));
  return [
    stage.lost > 0 ? `${printable(stage.name)} (!)` : printable(stage.name),
    `${stage.kind} ×${formatCount(stage.parallelism)}`,
    formatRate(stage.ratePerSec).replace('/s', ''),
    `${bar(stage.utilization, barWidth, paint)} ${formatPercent(stage.utilization).padStart(4)}`,
    ...(hasCpu ? [onCpu] : []),
    formatPercent(shares.starved),
    formatPercent(shares.blocked),
    time(serviceNs?.p50),
    time(serviceNs?.p95),
    time(serviceNs?.p99),
  ];
}

/** What has no column because it is rare: waiting for a rate limit, failures, losses (marked in the table). */
function remarks({ shares, errors, executions, lost }: StageReport, page: Page): readonly string[] {
  const texts: string[] = [];
  if (shares.limited >= 0.005) texts.push(`limited ${formatPercent(shares.limited)} of the time`);
  if (errors > 0) texts.push(`${formatCount(errors)} of ${formatCount(executions)} failed`);
  if (lost > 0) {
    texts.push(`(!) records of ${formatCount(lost)} of ${formatCount(executions)} executions lost`);
  }
  return texts.length === 0
    ? []
    : wrap(`  ${texts.join(', ')}`, page.width, 2).map(page.paint.warn);
}

/** What the device did, and what first runs took. */
function onDevice({ gpu }: StageReport, page: Page): readonly string[] {
  if (gpu === undefined) return [];
  const shares = deviceShares(gpu).map(([what, share]) => `${what} ${share}`);
  const parts = [`on the device: ${shares[0] ?? ''} of the time`, ...shares.slice(1)];
  if (gpu.firstRuns > 0) {
    const times = `${formatCount(gpu.firstRuns)} first runs took ${formatDurationNs(gpu.firstRunNs)}`;
    parts.push(times);
  }
  return wrap(`  ${parts.join(', ')}`, page.width, 2);
}

function queueTable(queues: readonly QueueReport[], { paint, width }: Page): readonly string[] {
  const rows = queues.map((q) => {
    const between = `${q.from === null ? '' : printable(q.from)} → ${q.to === null ? '' : printable(q.to)}`;
    return [
      printable(q.name),
      between.trim(),
      threeDigits(q.depth.mean),
      formatCount(q.depth.p95),
      `${formatCount(q.depth.max)} of ${q.capacity === null ? '∞' : formatCount(q.capacity)}`,
      q.fullShare === null ? '–' : formatPercent(q.fullShare),
      formatPercent(q.emptyShare),
    ];
  });
  const head = ['queue', 'between', 'mean', 'p95', 'max', 'full', 'empty'];
  return [
    ...table({ head, rows, right: [2, 3, 4, 5, 6], flexible: [0, 1] }, width, paint),
    ...queues.flatMap(({ name, itemsPerEntry = 1 }) => {
      if (itemsPerEntry === 1) return [];
      const text = `${printable(name)} counts batches, of ${formatCount(itemsPerEntry)} items`;
      return wrap(`  ${text}`, width, 2).map(paint.dim);
    }),
  ];
}

function threeDigits(depth: number): string {
  return depth >= 100 ? formatCount(Math.round(depth)) : String(Number(depth.toPrecision(3)));
}

function bottleneckLines(bottleneck: Bottleneck, { paint, width }: Page): readonly string[] {
  const { kind, confidence, evidence } = bottleneck;
  const verdict = printable(verdictText(bottleneck));
  const sure = kind === 'none' ? '' : ` (confidence ${formatPercent(confidence)})`;
  return [
    ...wrap(`${paint.bold('Bottleneck')}  ${verdict}${sure}`, width, 12),
    ...evidence.flatMap((text) => wrap(`  - ${printable(text)}`, width, 4)),
  ];
}

function knobTable(knobs: readonly KnobReport[], { paint, width }: Page): readonly string[] {
  const rows = knobs.map((k) => [
    printable(k.name),
    k.kind,
    printable(k.stage ?? k.queue ?? ''),
    k.value === null ? 'unlimited' : formatCount(k.value),
    k.live ? 'live' : '',
    k.source === null
      ? ''
      : `${shortPath(printable(k.source.file), width >= 100 ? 2 : 1)}:${k.source.line}:${k.source.column}`,
  ]);
  const head = ['knob', 'kind', 'of', 'value', '', 'source'];
  return table({ head, rows, right: [3], flexible: [5, 0, 2] }, width, paint);
}

/** The end of a path: enough to recognise it, short enough for a table. */
function shortPath(file: string, parts: number): string {
  return file.split(/[\\/]/).slice(-parts).join('/');
}

function noteLines(notes: readonly string[], { paint, width }: Page): readonly string[] {
  if (notes.length === 0) return [];
  return [
    '',
    paint.bold('Notes'),
    ...notes.flatMap((note) => wrap(`  - ${printable(note)}`, width, 4)),
  ];
}
