/** `sluice convert` as a value. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { exportFormats, type ExportFormat } from '../core/foreign/exportSession.js';

export interface ConvertArguments {
  readonly kind: 'convert';
  readonly path: string;
  /** Traces of other tools of the same run, to put beside it. */
  readonly beside: readonly string[];
  /** `-`: stdout. */
  readonly out: string;
  readonly format: ExportFormat;
  /** Nanoseconds from the start of the trace; null: all of it. */
  readonly range: { readonly fromNs: number; readonly untilNs: number } | null;
  readonly thread: string | null;
}

/** Options of the command, for `parseArgs`. */
export const convertOptions = {
  with: { type: 'string', multiple: true },
  to: { type: 'string', short: 't' },
  out: { type: 'string', short: 'o' },
  from: { type: 'string' },
  until: { type: 'string' },
  thread: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const FORMATS = exportFormats.join(', ');

/** What was parsed, made sense of. A failure is the line for the user, without `sluice: `. */
export function convertArguments(
  values: Readonly<Record<string, unknown>>,
  [path, second]: readonly string[],
): Result<ConvertArguments> {
  if (path === undefined) return fail('missing file (convert): name the trace to convert');
  if (second !== undefined) return fail(`one file at a time (convert): leave out ${second}`);
  const out = values['out'];
  if (typeof out !== 'string' || out === '') {
    return fail('missing output (convert): add -o FILE, or -o - for stdout');
  }
  const format = formatFrom(values['to'], out);
  if (!format.ok) return format;
  const range = rangeFrom(values['from'], values['until']);
  if (!range.ok) return range;
  const thread = typeof values['thread'] === 'string' ? values['thread'] : null;
  if (thread !== null && format.value !== 'cpuprofile') {
    return fail('--thread is for CPU profiles (convert): add --to cpuprofile, or leave it out');
  }
  const beside = besideFrom(values['with'], path);
  if (!beside.ok) return beside;
  const how = { format: format.value, range: range.value, thread };
  return ok({ kind: 'convert', path, beside: beside.value, out, ...how });
}

/** `--with` of `convert` and `report`. */
export function besideFrom(values: unknown, path: string): Result<readonly string[]> {
  const beside = Array.isArray(values) ? values.map(String) : [];
  const own = beside.find((file, i) => file === path || beside.indexOf(file) !== i);
  return own === undefined
    ? ok(beside)
    : fail(`a trace beside itself (--with ${own}): name each file once`);
}

function formatFrom(to: unknown, out: string): Result<ExportFormat> {
  if (typeof to === 'string') {
    const known = exportFormats.find((format) => format === to);
    return known === undefined
      ? fail(`unknown format ${to} (convert --to): use ${FORMATS}`)
      : ok(known);
  }
  const guessed = guessFormat(out);
  if (guessed !== null) return ok(guessed);
  return fail(`the name does not tell the format (${out}): add --to ${FORMATS}`);
}

/** The format that a file name means; null: several, or none. */
function guessFormat(name: string): ExportFormat | null {
  const plain = name.toLowerCase().replace(/\.gz$/, '');
  if (plain.endsWith('.fxt')) return 'fxt';
  if (plain.endsWith('.cpuprofile')) return 'cpuprofile';
  const [, before] = /\.(\w+)\.json$/.exec(plain) ?? [];
  if (before === 'speedscope' || before === 'otlp') return before;
  return before === 'trace' ? 'chrome' : null;
}

function rangeFrom(from: unknown, until: unknown): Result<ConvertArguments['range']> {
  if (from === undefined && until === undefined) return ok(null);
  const fromNs = timeFrom(from, 'convert --from', 0);
  if (!fromNs.ok) return fromNs;
  const untilNs = timeFrom(until, 'convert --until', Infinity);
  if (!untilNs.ok) return untilNs;
  if (untilNs.value <= fromNs.value) {
    return fail('the time is empty (convert): --until must be later than --from');
  }
  return ok({ fromNs: fromNs.value, untilNs: untilNs.value });
}

const unitNs: Readonly<Record<string, number | undefined>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  '': 1e9,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** `1.5s`, `250ms`, `10us`, `2m`, `0`. */
function timeFrom(text: unknown, option: string, otherwise: number): Result<number> {
  if (typeof text !== 'string') return ok(otherwise);
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([a-zµ]*)$/.exec(text) ?? [];
  const scale = unitNs[unit ?? ''];
  return amount === undefined || scale === undefined
    ? fail(`not a time: ${text} (${option}): write it as 1.5s, 250ms, 10us or 2m, from the start`)
    : ok(Number(amount) * scale);
}
