/** A comparison for people: as text for a terminal, and as Markdown for a pull request. */
import { printable } from '../format.js';
import { createPaint, table, wrap, type Paint } from '../report/textLayout.js';
import type { CheckResult, Comparison, MetricComparison } from './comparison.js';
import { isNotable } from './verdict.js';
import {
  changeText,
  intervalText,
  medianText,
  pText,
  runsText,
  settingText,
  structureText,
  subjectText,
  verdictText,
} from './words.js';

/** How to print; `width` in columns. */
export interface PageOptions {
  readonly color: boolean;
  readonly width: number;
}

const HEAD = ['', 'figure', 'BASE', 'HEAD', 'change', '95%', 'p', 'verdict'];
const MIN_WIDTH = 60;

/** Text for a terminal, the last line ended. */
export function comparisonText(
  comparison: Comparison,
  checks: readonly CheckResult[],
  { color, width }: PageOptions,
): string {
  const paint = createPaint(color);
  const columns = Math.max(width, MIN_WIDTH);
  const line = (text: string): readonly string[] => wrap(text, columns, 4);
  const { threshold } = comparison;
  const lines = [
    ...line(`${paint.bold('Sluice compare')}  ${runsText(comparison)}`),
    ...banner(comparison).flatMap((text) => line(`  ${text}`).map(paint.warn)),
  ];
  const causes = comparison.causes.map(causeText);
  if (causes.length > 0) lines.push('');
  for (const text of causes) lines.push(...line(`  ${text}`).map(paint.bold));
  const facts = factsOf(comparison);
  if (facts.length > 0) lines.push('');
  for (const fact of facts) lines.push(...line(`  ${fact}`));
  for (const pipeline of pipelinesOf(comparison)) {
    const { shown, hidden } = rowsOf(comparison, pipeline);
    lines.push('', paint.bold(`Pipeline ${printable(pipeline)}`));
    const rows = shown.map((row) => painted(cellsOf(row, threshold), row, paint));
    lines.push(
      ...table({ head: HEAD, rows, right: [2, 3, 4, 5, 6], flexible: [0, 5] }, columns, paint),
    );
    if (hidden.length > 0)
      lines.push(paint.dim(`${hidden.length} more figures: no difference shown`));
  }
  lines.push(...comparison.notes.flatMap((note) => line(`note: ${note}`)));
  if (checks.length > 0) lines.push('', ...checks.flatMap((check) => line(checkText(check))));
  return `${lines.join('\n')}\n`;
}

function painted(
  cells: readonly string[],
  { verdict }: MetricComparison,
  paint: Paint,
): readonly string[] {
  const style = verdict === 'worse' ? paint.warn : verdict === 'better' ? paint.good : null;
  return style === null ? cells : [...cells.slice(0, -1), style(cells.at(-1) ?? '')];
}

/** Markdown: what matters as a table, the rest folded away. */
export function comparisonMarkdown(comparison: Comparison, checks: readonly CheckResult[]): string {
  const { threshold } = comparison;
  const lines = ['### Sluice: BASE against HEAD', '', `${runsText(comparison)}.`, ''];
  for (const text of banner(comparison)) lines.push(`> ⚠ ${escaped(text)}`, '');
  for (const text of checks.map(checkText)) lines.push(`- ${escaped(text)}`);
  if (checks.length > 0) lines.push('');
  for (const cause of comparison.causes) lines.push(`- **${escaped(causeText(cause))}**`);
  for (const fact of factsOf(comparison)) lines.push(`- ${escaped(fact)}`);
  for (const pipeline of pipelinesOf(comparison)) {
    const { shown, hidden } = rowsOf(comparison, pipeline);
    lines.push(
      '',
      `**Pipeline ${escaped(printable(pipeline))}**`,
      '',
      ...markdownTable(shown, threshold),
    );
    if (hidden.length === 0) continue;
    lines.push(
      '',
      `<details><summary>${hidden.length} more figures: no difference shown</summary>`,
      '',
    );
    lines.push(...markdownTable(hidden, threshold), '', '</details>');
  }
  for (const note of comparison.notes) lines.push('', `Note: ${escaped(note)}`);
  return `${lines.join('\n')}\n`;
}

function markdownTable(rows: readonly MetricComparison[], threshold: number): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [
    line(HEAD),
    '|---|---|--:|--:|--:|--:|--:|---|',
    ...rows.map((row) => line(cellsOf(row, threshold))),
  ];
}

/** Names come from programs: nothing in them may become markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|~#@]/g, (char) => (char === '@' ? '@\u200b' : `\\${char}`));
}

function banner({ environment }: Comparison): readonly string[] {
  if (environment.length === 0) return [];
  return [
    'BASE and HEAD did not run under the same conditions, which may be the whole difference:',
    ...environment.map(({ what, base, head }) => `${what}: BASE ${base}, HEAD ${head}`),
  ];
}

function causeText({ pipeline, isSure, sentence }: Comparison['causes'][number]): string {
  return `${printable(pipeline)}: ${sentence}${isSure ? '' : ' Too few runs to be sure.'}`;
}

function factsOf({ settings, structure }: Comparison): readonly string[] {
  return [...settings.map(settingText), ...structure.map(structureText)];
}

function checkText({ expression, isFailed, sentence }: CheckResult): string {
  return `${isFailed ? 'FAILED' : 'passed'}  ${printable(expression)}: ${printable(sentence)}`;
}

function pipelinesOf({ metrics }: Comparison): readonly string[] {
  return [...new Set(metrics.map((row) => row.pipeline))];
}

interface Rows {
  readonly shown: readonly MetricComparison[];
  readonly hidden: readonly MetricComparison[];
}

/** What a pipeline as a whole does is always shown, of the rest what differs. */
function rowsOf({ metrics, threshold }: Comparison, pipeline: string): Rows {
  const rows = metrics.filter((row) => row.pipeline === pipeline);
  const isShown = (row: MetricComparison): boolean =>
    row.scope === 'pipeline' || isNotable(row, threshold);
  const hidden = rows.filter((row) => !isShown(row));
  return { shown: rows.filter(isShown), hidden };
}

function cellsOf(row: MetricComparison, threshold: number): readonly string[] {
  return [
    subjectText(row),
    row.metric,
    medianText(row, 'base'),
    medianText(row, 'head'),
    changeText(row),
    intervalText(row),
    pText(row),
    verdictText(row, threshold),
  ];
}
