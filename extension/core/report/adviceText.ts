/** What the advisor says, as text for a terminal. */
import { printable } from '../format.js';
import {
  changeText,
  effectText,
  findingDetails,
  newsOf,
  planText,
  probeText,
  whatIfTexts,
  withoutPrediction,
} from './adviceFacts.js';
import type { CheckReport, FindingReport, PipelineReport, Suggestion } from './report.js';
import { wrap, type Paint } from './textLayout.js';

interface Page {
  readonly paint: Paint;
  readonly width: number;
}

/** Findings, suggestions, what is worth a trial, and what the other rules say. */
export function adviceLines(pipeline: PipelineReport, page: Page): readonly string[] {
  return [
    ...findingLines(pipeline, page),
    ...suggestionLines(pipeline, page),
    ...probeLines(pipeline, page),
    ...whatIfLines(pipeline, page),
    ...checkLines(pipeline.checks, page),
  ];
}

function findingLines(pipeline: PipelineReport, page: Page): readonly string[] {
  const news = newsOf(pipeline);
  if (news.length === 0) return [];
  const lines = news.flatMap((finding) => [
    ...wrap(`  - ${printable(finding.text)}`, page.width, 4),
    ...detailLines(finding, page),
  ]);
  return ['', page.paint.bold('Findings'), ...lines];
}

function detailLines(finding: FindingReport, { paint, width }: Page): readonly string[] {
  const texts = [...findingDetails(finding), ...placeText(finding.source)];
  return texts.flatMap((text) => wrap(`    ${printable(text)}`, width, 6).map(paint.dim));
}

function placeText(source: FindingReport['source']): readonly string[] {
  return source === null ? [] : [`at ${source.file}:${source.line}:${source.column}`];
}

function suggestionLines(pipeline: PipelineReport, page: Page): readonly string[] {
  const { paint, width } = page;
  const why = withoutPrediction(pipeline);
  if (why !== null) {
    return ['', ...wrap(`${paint.bold('Suggestions')}  none: ${printable(why)}`, width, 13)];
  }
  if (pipeline.suggestions.length === 0) return [];
  return [
    '',
    ...wrap(`${paint.bold('Suggestions')}  ${planText(pipeline)}`, width, 13),
    ...pipeline.suggestions.flatMap((suggestion) => suggestionText(pipeline, suggestion, page)),
  ];
}

function suggestionText(
  pipeline: PipelineReport,
  suggestion: Suggestion,
  { paint, width }: Page,
): readonly string[] {
  const { reason, evidence, costs } = suggestion;
  const source = pipeline.knobs.find(({ id }) => id === suggestion.knob)?.source ?? null;
  const details = [...evidence, ...costs.map((cost) => `Costs: ${cost}`), ...placeText(source)];
  const change = printable(changeText(pipeline, suggestion));
  return [
    ...wrap(`  ${paint.bold(change)}   ${effectText(pipeline, suggestion)}`, width, 4),
    ...wrap(`    ${printable(reason)}`, width, 4),
    ...details.flatMap((text) => wrap(`    ${printable(text)}`, width, 6).map(paint.dim)),
  ];
}

function probeLines(pipeline: PipelineReport, { paint, width }: Page): readonly string[] {
  if (pipeline.probes.length === 0) return [];
  const lines = pipeline.probes.flatMap((probe) =>
    wrap(`  - ${printable(probeText(pipeline, probe))}`, width, 4),
  );
  return ['', paint.bold('Worth a trial (sluice tune does it by itself)'), ...lines];
}

function whatIfLines(pipeline: PipelineReport, { paint, width }: Page): readonly string[] {
  const texts = whatIfTexts(pipeline);
  if (texts.length === 0) return [];
  return [
    '',
    paint.bold('What if'),
    ...texts.flatMap((text) => wrap(`  - ${printable(text)}`, width, 4)),
  ];
}

function checkLines(checks: readonly CheckReport[], { paint, width }: Page): readonly string[] {
  const quiet = checks.filter(({ state }) => state !== 'warn');
  if (quiet.length === 0) return [];
  const fine = quiet.filter(({ state }) => state === 'ok').map(({ topic }) => topic);
  const open = quiet.filter(({ state }) => state === 'notYet');
  const text = `${paint.bold('Checked and fine')}  ${fine.join(', ')}`;
  return [
    '',
    ...(fine.length === 0 ? [] : wrap(text, width, 18)),
    ...open.flatMap(({ topic, text: why }) =>
      wrap(`${paint.dim('Not known')}  ${topic}: ${printable(why)}`, width, 11),
    ),
  ];
}
