/** The report as Markdown, for an issue or a pull request. */
import { formatDurationNs, formatPercent, formatRate } from '../../core/format.js';
import { counted } from './counted.js';
import type { PipelineReport, QueueReport, Report, StageReport } from '../../core/report/report.js';

/** Two headings deep; tables in GitHub's flavour. `title` names the session. */
export function reportMarkdown(title: string, report: Report): string {
  const { capture } = report;
  const lines = [
    `# Sluice: ${inline(title)}`,
    '',
    `${formatDurationNs(capture.durationNs)}, ${counted(capture.executions, 'execution')}` +
      (capture.environment === null
        ? ''
        : `, ${inline(capture.environment.cpuModel)} (${counted(capture.environment.cores, 'core')})`),
  ];
  if (capture.lost.records > 0) {
    lines.push('', `**${counted(capture.lost.records, 'record')} lost.**`);
  }
  if (capture.truncatedReason !== null) lines.push('', `**${inline(capture.truncatedReason)}**`);
  for (const pipeline of report.pipelines) lines.push(...pipelineLines(pipeline));
  if (report.notes.length > 0) lines.push('', ...report.notes.map((note) => `- ${inline(note)}`));
  return `${lines.join('\n')}\n`;
}

function pipelineLines(pipeline: PipelineReport): string[] {
  const lines = ['', `## ${inline(pipeline.name)}: ${formatRate(pipeline.throughputPerSec)}`, ''];
  const { bottleneck } = pipeline;
  if (bottleneck.kind !== 'none') {
    lines.push(`Bottleneck: **${inline(bottleneck.stage ?? bottleneck.kind)}**`, '');
  }
  lines.push(...bottleneck.evidence.map((sentence) => `- ${inline(sentence)}`));
  if (pipeline.stages.length > 0) {
    lines.push('', ...table(STAGE_HEADS, pipeline.stages.map(stageCells)));
  }
  if (pipeline.queues.length > 0) {
    lines.push('', ...table(QUEUE_HEADS, pipeline.queues.map(queueCells)));
  }
  return lines;
}

const STAGE_HEADS = [
  'stage',
  'kind',
  'parallel',
  'items',
  'rate',
  'busy',
  'starved',
  'blocked',
  'p50',
  'p95',
  'p99',
];

function stageCells(stage: StageReport): string[] {
  const times = stage.serviceNs;
  return [
    stage.name,
    stage.kind,
    String(stage.parallelism),
    String(stage.items),
    formatRate(stage.ratePerSec),
    formatPercent(stage.shares.busy),
    formatPercent(stage.shares.starved),
    formatPercent(stage.shares.blocked),
    ...(times === null ? ['', '', ''] : [times.p50, times.p95, times.p99].map(formatDurationNs)),
  ];
}

const QUEUE_HEADS = ['queue', 'from', 'to', 'capacity', 'mean depth', 'max', 'full', 'empty'];

function queueCells(queue: QueueReport): string[] {
  return [
    queue.name,
    queue.from ?? '',
    queue.to ?? '',
    queue.capacity === null ? 'unbounded' : String(queue.capacity),
    queue.depth.mean.toFixed(1),
    String(queue.depth.max),
    queue.fullShare === null ? '' : formatPercent(queue.fullShare),
    formatPercent(queue.emptyShare),
  ];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.map(inline).join(' | ')} |`;
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)];
}

/** Names come out of programs: keep them from becoming markup or another column. */
function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_<>|[\]#]/g, '\\$&');
}
