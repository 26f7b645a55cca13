/** The figures of a marked stretch as Markdown, for an issue or a message. Pure. */
import { formatCount, formatPercent } from '../../extension/core/format.js';
import { markdownTable, markdownText, type MarkdownColumn } from '../markdown.js';
import type { Figure, RangeFigures } from './rangeFigures.js';
import { knownStates } from '../texts.js';
import { rangeLabel, type TimeRange } from '../timeline/timeScale.js';

const name = (title: string): MarkdownColumn => ({ title, isNumber: false });
const number = (title: string): MarkdownColumn => ({ title, isNumber: true });

/** `231/s (292/s)` */
const both = ({ text, whole }: Figure): string => (whole === null ? text : `${text} (${whole})`);

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function stageTable({ stages }: RangeFigures): string {
  const columns = [
    name('Stage'),
    ...['Executions', 'Items', 'Errors', 'Rate', 'p50', 'p95', 'p99'].map(number),
    ...knownStates.map((state) => number(capital(state))),
  ];
  const rows = stages.map((stage) => [
    markdownText(stage.name),
    formatCount(stage.executions),
    formatCount(stage.items),
    formatCount(stage.errors),
    both(stage.rate),
    both(stage.p50),
    both(stage.p95),
    both(stage.p99),
    ...knownStates.map((state) => {
      const whole = stage.wholeShares === null ? null : formatPercent(stage.wholeShares[state]);
      return both({ text: formatPercent(stage.shares[state]), whole, change: null });
    }),
  ]);
  return markdownTable(columns, rows);
}

function pipelineTable({ pipelines }: RangeFigures): string {
  const titles = ['Throughput', 'Latency p50', 'Latency p95', 'Latency p99'];
  const rows = pipelines.map((p) => [
    markdownText(p.name),
    ...[p.rate, p.p50, p.p95, p.p99].map(both),
  ]);
  return markdownTable([name('Pipeline'), ...titles.map(number)], rows);
}

function queueTable({ queues }: RangeFigures): string {
  const titles = ['Mean depth', 'Highest', 'Full', 'Empty', 'Known'];
  const rows = queues.map((q) => [
    markdownText(q.name),
    ...[q.mean, q.max, q.full, q.empty].map(both),
    q.known ?? '100%',
  ]);
  return markdownTable([name('Queue'), ...titles.map(number)], rows);
}

/** A document of its own: heading, tables, and how they are to be read. */
export function rangeMarkdown(title: string, range: TimeRange, figures: RangeFigures): string {
  const tables = [
    ...(figures.pipelines.length === 0 ? [] : [pipelineTable(figures)]),
    ...(figures.stages.length === 0 ? [] : [stageTable(figures)]),
    ...(figures.queues.length === 0 ? [] : [queueTable(figures)]),
  ];
  const head = `### ${markdownText(title)}: ${rangeLabel(range)}\n`;
  const foot = 'In brackets: the whole session. Executions count where they ended in the range.\n';
  return [head, ...tables, foot].join('\n');
}
