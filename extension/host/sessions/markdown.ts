/** The report as Markdown, for an issue or a pull request. */
import { formatDurationNs, formatPercent, formatRate } from '../../core/format.js';
import {
  agentCostText,
  hasConcludedLinks,
  linkOriginText,
  machineText,
  meanLatencyText,
} from '../../core/report/factText.js';
import { threadFacts } from '../../core/report/threadText.js';
import { counted } from '../../core/counted.js';
import {
  besideFacts,
  COMPARED_HEADS,
  comparedCells,
  DEVICE_HEADS,
  TRACED_HEADS,
  tracedCells,
} from '../../core/report/besideFacts.js';
import type {
  BesideReport,
  PipelineReport,
  QueueReport,
  Report,
  StageReport,
} from '../../core/report/report.js';

/** Two headings deep; tables in GitHub's flavour. `title` names the session. */
export function reportMarkdown(title: string, report: Report): string {
  const { capture } = report;
  const lines = [
    `# Sluice: ${inline(title)}`,
    '',
    `${formatDurationNs(capture.durationNs)}, ${counted(capture.executions, 'execution')}` +
      (capture.environment === null ? '' : `, ${inline(machineText(capture.environment))}`),
  ];
  if (capture.lost.records > 0) {
    lines.push('', `**${counted(capture.lost.records, 'record')} lost.**`);
  }
  if (capture.truncatedReason !== null) lines.push('', `**${inline(capture.truncatedReason)}**`);
  const facts = sessionFacts(capture);
  if (facts.length > 0) lines.push('', ...facts.map((fact) => `- ${inline(fact)}`));
  for (const pipeline of report.pipelines) lines.push(...pipelineLines(pipeline));
  for (const beside of report.beside ?? []) lines.push(...besideLines(beside));
  if (report.notes.length > 0) lines.push('', ...report.notes.map((note) => `- ${inline(note)}`));
  return `${lines.join('\n')}\n`;
}

/** Threads that measured something, and what the agents cost. */
function sessionFacts({ processes, agentCost }: Report['capture']): string[] {
  const threads = processes.flatMap((process) =>
    threadFacts(process).map((fact) => `${process.title} (pid ${process.pid}), ${fact}`),
  );
  return agentCost === null ? threads : [...threads, agentCostText(agentCost)];
}

/** Which stage feeds which, unless the table of queues says it all. */
function flowLine(pipeline: PipelineReport): string[] {
  if (!hasConcludedLinks(pipeline)) return [];
  const flows = pipeline.links.map((l) => `${l.from} → ${l.to} (${linkOriginText[l.known]})`);
  return [`Flow: ${inline(flows.join(', '))}`, ''];
}

function pipelineLines(pipeline: PipelineReport): string[] {
  const rate = pipeline.isImported ? '' : `: ${formatRate(pipeline.throughputPerSec)}`;
  const lines = ['', `## ${inline(pipeline.name)}${rate}`, ''];
  const { bottleneck } = pipeline;
  if (bottleneck.kind !== 'none') {
    lines.push(`Bottleneck: **${inline(bottleneck.stage ?? bottleneck.kind)}**`, '');
  }
  const latency = meanLatencyText(pipeline);
  if (latency !== null) lines.push(`${latency.replace(/^i/, 'I')}.`, '');
  lines.push(...flowLine(pipeline));
  if (!pipeline.isImported) {
    lines.push(...bottleneck.evidence.map((sentence) => `- ${inline(sentence)}`));
  }
  if (pipeline.stages.length > 0) {
    const { stages } = pipeline;
    const hasCpu = stages.some((s) => s.cpuShare !== null);
    const lost = stages.flatMap((s) => (s.lost === 0 ? [] : [`${s.name} ${s.lost}`]));
    if (lost.length > 0) lines.push('', `**Executions lost: ${inline(lost.join(', '))}.**`);
    const heads = hasCpu ? [...STAGE_HEADS, 'on CPU'] : STAGE_HEADS;
    lines.push(
      '',
      ...table(
        heads,
        stages.map((s) => stageCells(s, hasCpu)),
      ),
    );
  }
  if (pipeline.queues.length > 0) {
    const { queues } = pipeline;
    const hasWaits = queues.some((q) => q.waitNs !== null);
    const heads = hasWaits ? [...QUEUE_HEADS, 'wait p50', 'wait p95'] : QUEUE_HEADS;
    lines.push(
      '',
      ...table(
        heads,
        queues.map((q) => queueCells(q, hasWaits)),
      ),
    );
  }
  return lines;
}

/** What another tool recorded of the same run. */
function besideLines(beside: BesideReport): string[] {
  const { pipeline, tool, compared, stretches, deviceWork } = beside;
  const asIs = (name: string): string => name;
  const tabled = (heads: readonly string[], rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : ['', ...table(heads, rows)];
  return [
    '',
    `## Beside it: ${inline(pipeline)} (${inline(tool)})`,
    '',
    ...besideFacts(beside).map((fact) => `- ${inline(fact)}`),
    ...tabled(
      COMPARED_HEADS,
      compared.map((one) => comparedCells(one, asIs)),
    ),
    ...tabled(
      TRACED_HEADS,
      stretches.map((one) => tracedCells(one, asIs)),
    ),
    ...tabled(
      DEVICE_HEADS,
      deviceWork.map((one) => tracedCells(one, asIs)),
    ),
  ];
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

function stageCells(stage: StageReport, hasCpu: boolean): string[] {
  const onCpu = stage.cpuShare === null ? '' : formatPercent(stage.cpuShare);
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
    ...(hasCpu ? [onCpu] : []),
  ];
}

const QUEUE_HEADS = ['queue', 'from', 'to', 'capacity', 'mean depth', 'max', 'full', 'empty'];

function queueCells(queue: QueueReport, hasWaits: boolean): string[] {
  const { waitNs } = queue;
  const waits = waitNs === null ? ['', ''] : [waitNs.p50, waitNs.p95].map(formatDurationNs);
  return [
    queue.name,
    queue.from ?? '',
    queue.to ?? '',
    queue.capacity === null ? 'unbounded' : String(queue.capacity),
    queue.depth.mean.toFixed(1),
    String(queue.depth.max),
    queue.fullShare === null ? '' : formatPercent(queue.fullShare),
    formatPercent(queue.emptyShare),
    ...(hasWaits ? waits : []),
  ];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.map(inline).join(' | ')} |`;
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)];
}

/** Names come out of programs: keep them from becoming markup or another column. */
export function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_<>|[\]#]/g, '\\$&');
}
