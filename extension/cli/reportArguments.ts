/** `sluice report` as a value. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { besideFrom } from './convertArguments.js';
import { maximumThroughput, type Objective } from '../core/prediction/search.js';

export interface ReportArguments {
  readonly kind: 'report';
  readonly path: string;
  /** Traces of other tools of the same run, to compare with. */
  readonly beside: readonly string[];
  readonly format: 'text' | 'json';
  /** Captures of the same program under other settings: they tell how its stages scale. */
  readonly earlier: readonly string[];
  /** What suggestions aim for. */
  readonly objective: Objective;
}

/** Options of the command, for `parseArgs`. */
export const reportOptions = {
  format: { type: 'string', short: 'f' },
  with: { type: 'string', multiple: true },
  earlier: { type: 'string', multiple: true },
  'target-rate': { type: 'string' },
  'max-p95': { type: 'string' },
  'max-p99': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const unitNs: Readonly<Record<string, number>> = { us: 1e3, ms: 1e6, s: 1e9 };

/** What was parsed, made sense of. A failure is the line for the user, without `sluice: `. */
export function reportArguments(
  values: Readonly<Record<string, unknown>>,
  [path, second]: readonly string[],
): Result<ReportArguments> {
  const format = values['format'] ?? 'text';
  if (format !== 'text' && format !== 'json') {
    return fail(`unknown format ${textOf(format)} (report): use text or json`);
  }
  if (path === undefined)
    return fail('missing capture (report): name a .fxt file, or a trace of another tool');
  if (second !== undefined) {
    return fail(
      `one capture at a time (report): leave out ${second}, or name it with --earlier if it is of the same program`,
    );
  }
  const objective = objectiveFrom(values);
  if (!objective.ok) return objective;
  const beside = besideFrom(values['with'], path);
  if (!beside.ok) return beside;
  const { earlier } = values;
  return ok({
    kind: 'report',
    path,
    beside: beside.value,
    format,
    earlier: Array.isArray(earlier) ? earlier.map(String) : [],
    objective: objective.value,
  });
}

function objectiveFrom(values: Readonly<Record<string, unknown>>): Result<Objective> {
  const limits: { maxLatencyP95Ns?: number; maxLatencyP99Ns?: number } = {};
  for (const [option, name] of [
    ['max-p95', 'maxLatencyP95Ns'],
    ['max-p99', 'maxLatencyP99Ns'],
  ] as const) {
    const text = values[option];
    if (typeof text !== 'string') continue;
    const ns = timeNs(text);
    if (ns === null) return fail(`not a time: ${text} (report --${option}): write it as 50ms`);
    limits[name] = ns;
  }
  const rate = values['target-rate'];
  if (typeof rate !== 'string') return ok({ ...maximumThroughput, ...limits });
  const targetRatePerSec = Number(rate);
  if (!(targetRatePerSec > 0) || !Number.isFinite(targetRatePerSec)) {
    return fail(`not a rate: ${rate} (report --target-rate): give items per second, as in 500`);
  }
  return ok({ aim: 'cost', targetRatePerSec, ...limits });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function timeNs(text: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text) ?? [];
  const scale = unitNs[unit ?? ''];
  return amount === undefined || scale === undefined || Number(amount) <= 0
    ? null
    : Number(amount) * scale;
}
