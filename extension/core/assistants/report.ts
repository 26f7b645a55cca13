/** The answer to `report`: measured facts, as tables. */
import { counted } from '../counted.js';
import { formatCount, formatDurationNs, formatPercent, formatRate } from '../format.js';
import { changeText, effectText, planText, withoutPrediction } from '../report/adviceFacts.js';
import {
  besideFacts,
  COMPARED_HEADS,
  comparedCells,
  TRACED_HEADS,
  tracedCells,
} from '../report/besideFacts.js';
import {
  hasConcludedLinks,
  hasVerdict,
  linkOriginText,
  machineText,
  meanLatencyText,
  verdictText,
} from '../report/factText.js';
import type {
  BesideReport,
  KnobReport,
  PipelineReport,
  QueueReport,
  Report,
  StageReport,
} from '../report/report.js';
import {
  DATA_NOTICE,
  listed,
  markdownTable,
  plainName,
  quotedName,
  sentence,
  textOf,
  type Answer,
} from './answer.js';
import { placeText } from './places.js';

const MAX_ROWS = 40;
const MAX_LINES = 12;

/** The facts of a session, of all its pipelines or of these. `session`: its id. */
export function reportAnswer(
  session: string,
  report: Report,
  pipelines: readonly PipelineReport[] = report.pipelines,
): Answer {
  const lines = [
    `# Session ${quotedName(session)}`,
    DATA_NOTICE,
    '',
    ...captureLines(report),
    ...pipelines.flatMap(pipelineLines),
    ...(report.beside ?? []).slice(0, 4).flatMap(besideLines),
    ...(report.notes.length === 0 ? [] : ['', '## Notes']),
    ...listed(report.notes, MAX_LINES, (note) => `- ${sentence(note)}`),
  ];
  const names = report.pipelines.map(({ name }) => plainName(name)).slice(0, MAX_ROWS);
  return { text: textOf(lines), data: { session: plainName(session), pipelines: names } };
}

function captureLines({ capture }: Report): readonly string[] {
  const { durationNs, executions, processes, environment, lost, truncatedReason } = capture;
  const facts = [
    formatDurationNs(durationNs),
    counted(executions, 'execution'),
    counted(processes.length, 'process', 'processes'),
  ];
  if (environment !== null) facts.push(sentence(machineText(environment)));
  const lines = [facts.join(', ')];
  lines.push(
    ...listed(
      processes,
      4,
      ({ pid, title, ended }) => `- process ${pid}: ${quotedName(title)}${ended ? ', ended' : ''}`,
    ),
  );
  if (lost.records > 0) {
    lines.push(
      `- ${counted(lost.records, 'record')} lost (${formatPercent(lost.shareOfExecutions)} of executions)`,
    );
  }
  if (truncatedReason !== null) lines.push(`- cut short: ${sentence(truncatedReason)}`);
  return lines;
}

function pipelineLines(pipeline: PipelineReport): readonly string[] {
  const { name, isImported, throughputPerSec, stages, queues, knobs } = pipeline;
  const facts = isImported
    ? ['threads of another tool’s trace: each stage by itself is measured']
    : [`${formatRate(throughputPerSec)} through the last stage`, ...latencyFacts(pipeline)];
  return [
    '',
    `## Pipeline ${quotedName(name)}`,
    facts.join(', '),
    ...flowLines(pipeline),
    ...(hasVerdict(pipeline) ? [`Verdict: ${sentence(verdictText(pipeline.bottleneck))}`] : []),
    ...markdownTable(STAGE_HEADS, stages.map(stageCells), MAX_ROWS),
    ...markdownTable(QUEUE_HEADS, queues.map(queueCells), MAX_ROWS),
    ...markdownTable(KNOB_HEADS, knobs.map(knobCells), MAX_ROWS),
    ...suggestionLines(pipeline),
  ];
}

function latencyFacts(pipeline: PipelineReport): readonly string[] {
  const { latencyNs } = pipeline;
  if (latencyNs !== null) {
    const { p50, p95, p99 } = latencyNs;
    return [
      `item latency p50 ${formatDurationNs(p50)}, p95 ${formatDurationNs(p95)}, p99 ${formatDurationNs(p99)}`,
    ];
  }
  const mean = meanLatencyText(pipeline);
  return mean === null ? [] : [mean];
}

function flowLines(pipeline: PipelineReport): readonly string[] {
  if (!hasConcludedLinks(pipeline)) return [];
  const flows = pipeline.links
    .slice(0, MAX_ROWS)
    .map(
      ({ from, to, known }) => `${quotedName(from)} → ${quotedName(to)} (${linkOriginText[known]})`,
    );
  return [`Flow: ${flows.join(', ')}`];
}

const STAGE_HEADS =
  'stage,kind,lanes,items,items/s,busy,starved,blocked,limited,on CPU,failed,p50,p95,p99,source'.split(
    ',',
  );

function stageCells(stage: StageReport): readonly string[] {
  const { shares, serviceNs, cpuShare } = stage;
  const times = serviceNs === null ? [] : [serviceNs.p50, serviceNs.p95, serviceNs.p99];
  return [
    quotedName(stage.name),
    stage.kind,
    formatCount(stage.parallelism),
    formatCount(stage.items),
    formatRate(stage.ratePerSec),
    ...[shares.busy, shares.starved, shares.blocked, shares.limited].map(formatPercent),
    cpuShare === null ? '–' : formatPercent(cpuShare),
    formatCount(stage.errors),
    ...[0, 1, 2].map((i) => formatDurationNs(times[i] ?? NaN)),
    placeText(stage.source),
  ];
}

const QUEUE_HEADS = 'queue,from,to,capacity,mean depth,p95,max,full,empty,wait p95'.split(',');

function queueCells(queue: QueueReport): readonly string[] {
  const { depth, capacity, fullShare, emptyShare, waitNs } = queue;
  return [
    quotedName(queue.name),
    queue.from === null ? '–' : quotedName(queue.from),
    queue.to === null ? '–' : quotedName(queue.to),
    capacity === null ? 'unbounded' : formatCount(capacity),
    formatCount(depth.mean),
    formatCount(depth.p95),
    formatCount(depth.max),
    fullShare === null ? '–' : formatPercent(fullShare),
    formatPercent(emptyShare),
    waitNs === null ? '–' : formatDurationNs(waitNs.p95),
  ];
}

/** What another tool recorded of the same run: what is compared, and the stretches that the program named. */
function besideLines(beside: BesideReport): readonly string[] {
  const { pipeline, compared, stretches } = beside;
  return [
    '',
    `## Beside it: ${quotedName(pipeline)}`,
    ...listed(besideFacts(beside), MAX_LINES, (fact) => `- ${sentence(fact)}`),
    ...markdownTable(
      COMPARED_HEADS,
      compared.map((one) => comparedCells(one, quotedName)),
      MAX_ROWS,
    ),
    ...markdownTable(
      TRACED_HEADS,
      stretches.map((one) => tracedCells(one, quotedName)),
      MAX_ROWS,
    ),
  ];
}

const KNOB_HEADS = 'knob,id,kind,of,value,range,while it runs,source'.split(',');

function knobCells(knob: KnobReport): readonly string[] {
  const owner = knob.stage ?? knob.queue;
  return [
    quotedName(knob.name),
    knob.id,
    knob.kind,
    owner === null ? '–' : quotedName(owner),
    knob.value === null ? 'unlimited' : formatCount(knob.value),
    `${formatCount(knob.min)} to ${knob.max === null ? 'any' : formatCount(knob.max)}`,
    knob.live ? 'can be set' : 'needs a restart',
    placeText(knob.source),
  ];
}

function suggestionLines(pipeline: PipelineReport): readonly string[] {
  const why = withoutPrediction(pipeline);
  if (why !== null) return ['', `Suggestions: none. ${sentence(why)}`];
  if (pipeline.suggestions.length === 0) return [];
  return [
    '',
    `Suggestions: ${planText(pipeline)}`,
    ...listed(
      pipeline.suggestions,
      MAX_LINES,
      (s) => `- ${sentence(changeText(pipeline, s))}: ${effectText(pipeline, s)}`,
    ),
  ];
}
