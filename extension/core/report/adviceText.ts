/** What the advisor says, as text for a terminal. */
import { formatCount, formatDurationNs, formatPercent, formatRate, printable } from '../format.js';
import type {
  CheckReport,
  FindingReport,
  KnobReport,
  PipelineReport,
  Suggestion,
} from './report.js';
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
    ...checkLines(pipeline.checks, page),
  ];
}

function findingLines({ findings, bottleneck }: PipelineReport, page: Page): readonly string[] {
  const { paint, width } = page;
  // What only repeats the verdict has been said.
  const news = findings.filter(
    ({ kind, stage }) => !(kind === 'parallelism' && stage === bottleneck.stage),
  );
  if (news.length === 0) return [];
  const lines = news.flatMap((finding) => [
    ...wrap(`  - ${printable(finding.text)}`, width, 4),
    ...detailLines(finding, page),
  ]);
  return ['', paint.bold('Findings'), ...lines];
}

function detailLines(
  { evidence, remedy, source, kind }: FindingReport,
  page: Page,
): readonly string[] {
  const texts = kind === 'source' || kind === 'external' ? [] : [...evidence];
  if (remedy !== null) texts.push(`→ ${remedy}`);
  if (source !== null) texts.push(`at ${source.file}:${source.line}:${source.column}`);
  return texts.flatMap((text) => wrap(`    ${printable(text)}`, page.width, 6).map(page.paint.dim));
}

function suggestionLines(pipeline: PipelineReport, page: Page): readonly string[] {
  const { suggestions, plan, unpredicted, checks } = pipeline;
  const { paint, width } = page;
  if (unpredicted !== null) {
    if (checks.length === 0) return [];
    return [
      '',
      ...wrap(`${paint.bold('Suggestions')}  none: ${printable(unpredicted)}`, width, 13),
    ];
  }
  if (suggestions.length === 0) return [];
  const gain =
    plan === null
      ? ''
      : `  ${plan.suggestions.length > 1 ? 'together ' : ''}${gainText(plan.throughputPerSec, presentOf(pipeline))}`;
  return [
    '',
    ...wrap(`${paint.bold('Suggestions')}${gain}`, width, 13),
    ...suggestions.flatMap((suggestion) => suggestionText(pipeline, suggestion, page)),
  ];
}

/** What predictions compare with. */
const presentOf = ({ steady, throughputPerSec }: PipelineReport): number =>
  steady?.throughputPerSec ?? throughputPerSec;

/** `+38% (31% to 44%), 1,104/s`. */
function gainText(
  { low, mid, high }: { readonly low: number; readonly mid: number; readonly high: number },
  present: number,
): string {
  const gain = (rate: number): string => signed(rate / present - 1);
  return `${gain(mid)} throughput (${gain(low)} to ${gain(high)}), ${formatRate(mid)}`;
}

function signed(share: number): string {
  return share >= 0 ? `+${formatPercent(share)}` : `-${formatPercent(-share)}`;
}

function suggestionText(
  pipeline: PipelineReport,
  suggestion: Suggestion,
  { paint, width }: Page,
): readonly string[] {
  const { from, to, expression, reason, evidence, costs } = suggestion;
  const knob = pipeline.knobs.find(({ id }) => id === suggestion.knob);
  const value = expression === null ? formatCount(to) : `${formatCount(to)} (${expression})`;
  const change = `${knobText(knob, suggestion.knob)}: ${formatCount(from)} → ${value}`;
  const details = [...evidence, ...costs.map((cost) => `Costs: ${cost}`), ...placeOf(knob)];
  return [
    ...wrap(`  ${paint.bold(change)}   ${effectText(pipeline, suggestion)}`, width, 4),
    ...wrap(`    ${printable(reason)}`, width, 4),
    ...details.flatMap((text) => wrap(`    ${printable(text)}`, width, 6).map(paint.dim)),
  ];
}

function knobText(knob: KnobReport | undefined, id: string): string {
  const owner = knob?.stage ?? knob?.queue ?? null;
  return `${printable(knob?.name ?? id)}${owner === null ? '' : ` of ${printable(owner)}`}`;
}

function placeOf(knob: KnobReport | undefined): readonly string[] {
  const source = knob?.source ?? null;
  return source === null ? [] : [`at ${source.file}:${source.line}:${source.column}`];
}

function effectText(pipeline: PipelineReport, { aim, predicted }: Suggestion): string {
  const p95 = predicted.latencyP95Ns;
  const { latencyNs } = pipeline;
  return aim === 'latency' && p95 !== null && latencyNs !== null
    ? `p95 ${formatDurationNs(latencyNs.p95)} → ${formatDurationNs(p95.mid)}`
    : gainText(predicted.throughputPerSec, presentOf(pipeline));
}

function probeLines({ probes, knobs }: PipelineReport, { paint, width }: Page): readonly string[] {
  if (probes.length === 0) return [];
  const lines = probes.flatMap(({ knob: id, from, to, reason }) => {
    const knob = knobs.find((k) => k.id === id);
    const text = `${printable(knob?.name ?? id)}: ${formatCount(from)} → ${formatCount(to)}. ${printable(reason)}`;
    return wrap(`  - ${text}`, width, 4);
  });
  return ['', paint.bold('Worth a trial (sluice tune does it by itself)'), ...lines];
}

function checkLines(checks: readonly CheckReport[], { paint, width }: Page): readonly string[] {
  const quiet = checks.filter(({ state }) => state !== 'warn');
  if (quiet.length === 0) return [];
  const fine = quiet.filter(({ state }) => state === 'ok').map(({ topic }) => topic);
  const open = quiet.filter(({ state }) => state === 'notYet');
  return [
    '',
    ...(fine.length === 0
      ? []
      : wrap(`${paint.bold('Checked and fine')}  ${fine.join(', ')}`, width, 18)),
    ...open.flatMap(({ topic, text }) =>
      wrap(`${paint.dim('Not known')}  ${topic}: ${printable(text)}`, width, 11),
    ),
  ];
}
