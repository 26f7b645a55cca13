/** The answer to `explain_bottleneck`: the verdict, what it rests on, what would help and what would not. */
import { formatPercent, formatRate } from '../format.js';
import {
  changeText,
  effectText,
  findingDetails,
  knobText,
  newsOf,
  planText,
  presentOf,
  probeText,
  whatIfTexts,
  withoutPrediction,
  WORTH,
} from '../report/adviceFacts.js';
import { hasVerdict, verdictText } from '../report/factText.js';
import type { FindingReport, PipelineReport, Report, Suggestion } from '../report/report.js';
import {
  DATA_NOTICE,
  listed,
  plainName,
  quotedName,
  sentence,
  textOf,
  type Answer,
} from './answer.js';
import { placeText } from './places.js';

const MAX_LINES = 12;

/** Explains one pipeline of a session. */
export function bottleneckAnswer(
  session: string,
  report: Report,
  pipeline: PipelineReport,
): Answer {
  const verdict = verdictOf(pipeline);
  const useless = wouldNotHelp(pipeline);
  const others = report.pipelines.filter((p) => p !== pipeline).map((p) => p.name);
  const lines = [
    `# Bottleneck of ${quotedName(pipeline.name)} in session ${quotedName(session)}`,
    DATA_NOTICE,
    '',
    `**${sentence(verdict)}**`,
    `Throughput: ${formatRate(pipeline.throughputPerSec)} through the last stage.`,
    ...section(
      'Evidence',
      pipeline.bottleneck.evidence.map((text) => `- ${sentence(text)}`),
    ),
    ...section('Findings', newsOf(pipeline).map(findingLine)),
    ...suggestionLines(pipeline),
    ...section(
      'Worth a trial, not predictable',
      pipeline.probes.map((p) => `- ${sentence(probeText(pipeline, p))}`),
    ),
    ...section(
      'If a stage were faster',
      whatIfTexts(pipeline).map((text) => `- ${sentence(text)}`),
    ),
    ...section(
      'What would not help',
      useless.map((text) => `- ${sentence(text)}`),
    ),
    ...section('Checks', checkLines(pipeline)),
    ...(others.length === 0
      ? []
      : ['', `Other pipelines: ${others.slice(0, MAX_LINES).map(quotedName).join(', ')}`]),
  ];
  return { text: textOf(lines), data: dataOf(session, pipeline, { verdict, useless }) };
}

function verdictOf(pipeline: PipelineReport): string {
  const { bottleneck } = pipeline;
  if (!hasVerdict(pipeline)) {
    return pipeline.isImported
      ? 'There is no verdict: nothing is known of what passes from one stage of an imported trace to another'
      : 'This pool is not used up, so it holds nobody back';
  }
  const sure =
    bottleneck.kind === 'none' ? '' : ` (confidence ${formatPercent(bottleneck.confidence)})`;
  return `${verdictText(bottleneck)}${sure}`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return ['', `## ${title}`, ...listed(lines, MAX_LINES, (line) => line)];
}

function findingLine(finding: FindingReport): string {
  const { severity, text, source } = finding;
  const details = [...findingDetails(finding).slice(0, 4)];
  if (source !== null) details.push(`at ${placeText(source)}`);
  const end = details.length === 0 ? '' : ` (${details.map((d) => sentence(d)).join('; ')})`;
  return `- ${severity}: ${sentence(text)}${end}`;
}

function suggestionLines(pipeline: PipelineReport): readonly string[] {
  const why = withoutPrediction(pipeline);
  if (why !== null) return ['', '## What would help', `Nothing can be predicted: ${sentence(why)}`];
  if (pipeline.suggestions.length === 0) return [];
  const plan = planText(pipeline);
  const { steady } = pipeline;
  return [
    '',
    '## What would help',
    ...(plan === '' ? [] : [`All of the plan: ${plan}`]),
    ...(steady === null
      ? []
      : [
          `Compared with ${formatRate(steady.throughputPerSec)} in the steady part; 90% intervals in brackets.`,
        ]),
    ...listed(pipeline.suggestions, MAX_LINES, (suggestion) =>
      suggestionLine(pipeline, suggestion),
    ),
  ];
}

function suggestionLine(pipeline: PipelineReport, suggestion: Suggestion): string {
  const { reason, costs, knob } = suggestion;
  const source = pipeline.knobs.find(({ id }) => id === knob)?.source ?? null;
  const details = [sentence(reason), ...costs.map((cost) => `costs: ${sentence(cost)}`)];
  if (source !== null) details.push(`set at ${placeText(source)}`);
  return `- ${sentence(changeText(pipeline, suggestion))}: ${effectText(pipeline, suggestion)}. ${details.join('; ')}`;
}

/** What the curves of the report show to bring nothing, and rules that found everything in order. */
function wouldNotHelp(pipeline: PipelineReport): readonly string[] {
  const { whatIf, knobs } = pipeline;
  if (whatIf === null) return [];
  const enough = WORTH * presentOf(pipeline);
  const isFlat = (points: readonly { readonly throughputPerSec: number }[]): boolean =>
    points.length > 0 && points.every(({ throughputPerSec }) => throughputPerSec < enough);
  const stages = whatIf.stages
    .filter(({ points }) => isFlat(points))
    .map(({ stage }) => `making ${stage} faster: throughput stays as it is`);
  const turned = whatIf.knobs
    .filter(({ points }) => isFlat(points))
    .map(({ knob, points }) => {
      const values = points.map(({ at }) => at);
      const range = `${Math.min(...values)} to ${Math.max(...values)}`;
      return `${knobText(knobs, knob)} anywhere from ${range}, by itself: no more throughput`;
    });
  return [...stages, ...turned];
}

function checkLines({ checks }: PipelineReport): readonly string[] {
  const fine = checks.filter(({ state }) => state === 'ok').map(({ topic }) => topic);
  const open = checks.filter(({ state }) => state === 'notYet');
  return [
    ...(fine.length === 0 ? [] : [`- fine: ${fine.join(', ')}`]),
    ...open.map(({ topic, text }) => `- not known: ${topic}: ${sentence(text)}`),
  ];
}

function dataOf(
  session: string,
  pipeline: PipelineReport,
  { verdict, useless }: { readonly verdict: string; readonly useless: readonly string[] },
): Answer['data'] {
  const { bottleneck } = pipeline;
  return {
    session: plainName(session),
    pipeline: plainName(pipeline.name),
    verdict: sentence(verdict),
    kind: bottleneck.kind,
    stage: bottleneck.stage === null ? null : plainName(bottleneck.stage),
    confidence: bottleneck.confidence,
    throughputPerSec: pipeline.throughputPerSec,
    evidence: bottleneck.evidence.slice(0, MAX_LINES).map((text) => sentence(text)),
    findings: newsOf(pipeline)
      .slice(0, MAX_LINES)
      .map(({ kind, severity, text, remedy }) => ({
        kind,
        severity,
        text: sentence(text),
        remedy: remedy === null ? null : sentence(remedy),
      })),
    suggestions: pipeline.suggestions.slice(0, MAX_LINES).map((suggestion) => ({
      knob: suggestion.knob,
      change: sentence(changeText(pipeline, suggestion)),
      from: suggestion.from,
      to: suggestion.to,
      gain: suggestion.predicted.gain,
    })),
    wouldNotHelp: useless.slice(0, MAX_LINES).map((text) => sentence(text)),
    unpredicted: pipeline.unpredicted === null ? null : sentence(pipeline.unpredicted),
  };
}
