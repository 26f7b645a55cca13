/**
 * What a build may not do: `throughput<-5%`, `resize:service.p95>10%`. A check looks at the change of a figure from BASE to
 * HEAD: a share of BASE, or percentage points for figures that are shares themselves. With four runs a side or more only a
 * change that is no chance fails it; with less the change alone counts.
 */
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { printable } from '../format.js';
import type { CheckResult, Comparison, MetricComparison, MetricName } from './comparison.js';
import { metricNames } from './metrics.js';
import { isSignificant } from './verdict.js';
import { changeText, medianText, pText } from './words.js';

export interface Check {
  readonly expression: string;
  /** Of a stage, a queue or a pipeline; null: of all that have the figure. */
  readonly subject: string | null;
  readonly metric: MetricName;
  readonly isBelow: boolean;
  /** A share: -0.05 for -5%. */
  readonly limit: number;
  /** `and significant` was written: too few runs then never fail. */
  readonly needsRuns: boolean;
}

const HOW = `write [name:]metric<-5% or [name:]metric>10%, the metric one of ${metricNames.join(', ')}`;
const MAX_LENGTH = 500;

/** Reads an expression. A failure says what is wrong and what is allowed. */
export function parseCheck(text: string): Result<Check> {
  const expression = text.trim();
  const [, left, operator, amount, rest] =
    /^([^<>]+)([<>])\s*([+-]?\d+(?:\.\d+)?)\s*%\s*(.*)$/.exec(expression.slice(0, MAX_LENGTH)) ??
    [];
  if (left === undefined || amount === undefined || rest === undefined) {
    return fail(`not a check: ${expression} (compare --fail-on): ${HOW}`);
  }
  if (rest !== '' && !/^and\s+significant$/.test(rest)) {
    return fail(
      `not understood: ${rest} (compare --fail-on): leave it out, or write and significant`,
    );
  }
  const colon = left.lastIndexOf(':');
  const name = left.slice(colon + 1).trim();
  const subject = colon < 0 ? null : left.slice(0, colon).trim();
  const metric = metricNames.find((known) => known === name);
  if (metric === undefined) {
    return fail(`no such metric: ${name} (compare --fail-on): use ${metricNames.join(', ')}`);
  }
  if (subject === '') return fail(`no name before the colon (compare --fail-on): ${HOW}`);
  return ok({
    expression,
    subject,
    metric,
    isBelow: operator === '<',
    limit: Number(amount) / 100,
    needsRuns: rest !== '',
  });
}

/** Holds a comparison against the checks, one result for each. A check that finds no figure fails: it guards nothing. */
export function runChecks(
  comparison: Comparison,
  checks: readonly Check[],
): readonly CheckResult[] {
  return checks.map((check) => {
    const rows = comparison.metrics.filter(
      (row) =>
        row.metric === check.metric && (check.subject === null || row.name === check.subject),
    );
    const { expression } = check;
    if (rows.length === 0)
      return { expression, isFailed: true, sentence: nothingText(comparison, check) };
    const beyond = rows.filter((row) => isBeyond(row, check));
    const failed = beyond.filter((row) => isCertain(row, check));
    const [worst] = failed.length > 0 ? failed : beyond.length > 0 ? beyond : rows;
    const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
    return {
      expression,
      isFailed: failed.length > 0,
      sentence:
        worst === undefined ? '' : `${rowText(worst, comparison, beyond.length > 0)}${more}`,
    };
  });
}

function isBeyond({ change, shift }: MetricComparison, { isBelow, limit }: Check): boolean {
  const by = change?.mid ?? Math.sign(shift) * Infinity;
  return isBelow ? by < limit : by > limit;
}

function isCertain(row: MetricComparison, { needsRuns }: Check): boolean {
  return row.p === null ? !needsRuns : isSignificant(row);
}

function rowText(row: MetricComparison, { base, head }: Comparison, isBeyond: boolean): string {
  const what = row.scope === 'pipeline' ? row.metric : `${printable(row.name)}: ${row.metric}`;
  const figures = `${what} ${changeText(row)} (BASE ${medianText(row, 'base')}, HEAD ${medianText(row, 'head')})`;
  if (row.p === null) return `${figures}; ${runsText(base.runs, head.runs)}, so it may be chance`;
  if (!isBeyond) return figures;
  return isSignificant(row)
    ? `${figures}, p ${pText(row)}`
    : `${figures}, but that may be chance (p ${pText(row)})`;
}

function runsText(base: number, head: number): string {
  return base === 1 && head === 1 ? 'one run against one' : `only ${base} against ${head} runs`;
}

function nothingText({ metrics }: Comparison, { metric, subject }: Check): string {
  const having = [...new Set(metrics.filter((r) => r.metric === metric).map((r) => r.name))];
  const names = having.slice(0, 10).map(printable).join(', ');
  const known = having.length === 0 ? 'nothing here has it' : `it is known of ${names}`;
  const of = subject === null ? '' : ` of ${printable(subject)}`;
  return `there is no ${metric}${of} in both BASE and HEAD: ${known}`;
}
