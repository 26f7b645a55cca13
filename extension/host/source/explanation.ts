/** An explanation as Markdown. Pure. */
import { formatCount } from '../../core/format.js';
import { inline as md } from '../sessions/markdown.js';
import { effectText, findingDetails } from '../../core/report/adviceFacts.js';
import type { PipelineReport } from '../../core/report/report.js';
import { gainText } from './facts.js';
import { kindText, valueText } from './marks.js';
import type { KnobMark } from './sourceModel.js';

/** All that speaks for and against the value of a knob. */
export function explanationText({ fact, place }: KnobMark, title: string): string {
  const { knob, pipeline, suggestion, plan } = fact;
  const owner = knob.stage ?? knob.queue;
  const lines = [
    `# ${md(knob.name)}${owner === null ? '' : ` of ${md(owner)}`}`,
    '',
    `${kindText(knob.kind)}, now **${valueText(knob.value)}** in ${md(title)}.`,
  ];
  if (suggestion === null) lines.push('', 'No other value is suggested.');
  else {
    lines.push(
      '',
      `## ${formatCount(suggestion.from)} → ${formatCount(suggestion.to)}: ${md(effectText(pipeline, suggestion))}`,
      '',
      md(suggestion.reason),
      ...list('What was measured', suggestion.evidence),
      ...list('What it costs', suggestion.costs),
    );
    if (suggestion.expression !== null) {
      lines.push('', `The value follows from the machine: \`${suggestion.expression}\`.`);
    }
    if (plan !== null) {
      lines.push('', `Together with the other changes of the plan: ${gainText(plan.gain)}.`);
    }
  }
  lines.push(...curve(pipeline, knob.id), ...verdict(pipeline));
  if (knob.remark !== null) lines.push('', `*${md(knob.remark)}*`);
  if (place.kind === 'unsure') lines.push('', `In the source: ${md(place.reason)}`);
  else lines.push(...list('In the source', place.notes));
  return `${lines.join('\n')}\n`;
}

function list(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0
    ? []
    : ['', `### ${title}`, '', ...items.map((item) => `- ${md(item)}`)];
}

/** What other values would bring. */
function curve(pipeline: PipelineReport, knob: string): readonly string[] {
  const points = pipeline.whatIf?.knobs.find((c) => c.knob === knob)?.points ?? [];
  const present = pipeline.steady?.throughputPerSec ?? pipeline.throughputPerSec;
  if (points.length < 2 || present <= 0) return [];
  const rows = points.map(
    ({ at, throughputPerSec }) =>
      `| ${formatCount(at)} | ${Math.round((throughputPerSec / present) * 100)}% |`,
  );
  return ['', '### Other values', '', '| value | predicted throughput |', '|--:|--:|', ...rows];
}

function verdict({ bottleneck, findings }: PipelineReport): readonly string[] {
  const found = findings.filter(({ severity }) => severity !== 'info');
  return [
    ...list('What limits the pipeline', bottleneck.evidence),
    ...found.flatMap((finding) => [
      '',
      `- ${md(finding.text)}`,
      ...findingDetails(finding).map((detail) => `  - ${md(detail)}`),
    ]),
  ];
}
