/** The command line as a value: what the user asked for, or what is wrong with it. Prints nothing, reads nothing. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { compareArguments, type CompareArguments } from './compareArguments.js';
import { repeatFrom } from './repeatArgument.js';
import { tuneArguments, tuneOptions, type TuneArguments } from './tuneArguments.js';
import { convertArguments, convertOptions, type ConvertArguments } from './convertArguments.js';
import { reportArguments, reportOptions, type ReportArguments } from './reportArguments.js';

const topics = ['run', 'tune', 'report', 'compare', 'convert', 'ps', 'attach', 'mcp'] as const;

export type HelpTopic = 'sluice' | (typeof topics)[number];

export interface RunArguments {
  readonly kind: 'run';
  /** null: a file in the folder for captures. */
  readonly out: string | null;
  /** null: until the command ends by itself. */
  readonly durationMs: number | null;
  /** CPU profile from the start of each process, for so long; null: none. */
  readonly cpuProfileMs: number | null;
  readonly output: 'text' | 'json' | 'none';
  /** Runs, one after the other; 1 is not a set. */
  readonly repeat: number;
  /** The program and its arguments; never empty. */
  readonly command: readonly [string, ...string[]];
}

export interface PsArguments {
  readonly kind: 'ps';
  readonly format: 'text' | 'json';
}

export interface AttachArguments {
  readonly kind: 'attach';
  readonly pid: number;
  /** null: a file in the folder for captures. */
  readonly out: string | null;
  /** null: until Ctrl-C, or until the program ends. */
  readonly durationMs: number | null;
  readonly output: 'text' | 'json' | 'none';
}

export interface McpArguments {
  readonly kind: 'mcp';
  /** null: the folder for captures. */
  readonly captures: string | null;
}

export type CliArguments =
  | RunArguments
  | TuneArguments
  | ReportArguments
  | CompareArguments
  | ConvertArguments
  | PsArguments
  | AttachArguments
  | McpArguments
  | { readonly kind: 'help'; readonly topic: HelpTopic }
  | { readonly kind: 'version' };

type Options = NonNullable<ParseArgsConfig['options']>;

const runOptions = {
  out: { type: 'string', short: 'o' },
  repeat: { type: 'string', short: 'n' },
  duration: { type: 'string', short: 'd' },
  'cpu-profile': { type: 'string' },
  json: { type: 'boolean' },
  'no-report': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

const psOptions = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

const attachOptions = {
  out: { type: 'string', short: 'o' },
  duration: { type: 'string', short: 'd' },
  json: { type: 'boolean' },
  'no-report': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

const mcpOptions = {
  captures: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

const USE = 'use sluice run, tune, attach, ps, report, compare, convert or mcp, see sluice --help';

/** Parses what follows `sluice`. A failure is the whole line for the user, without `sluice: `. */
export function parseArguments(args: readonly string[]): Result<CliArguments> {
  const [first, ...rest] = args;
  if (first === undefined) return fail(`missing command (sluice): ${USE}`);
  const parser = parsers.get(first);
  return parser === undefined ? fail(`unknown command (${first}): ${USE}`) : parser(rest);
}

const parsers: ReadonlyMap<string, (args: readonly string[]) => Result<CliArguments>> = new Map([
  ['run', parseRun],
  ['tune', parseTune],
  ['report', parseReport],
  ['compare', parseCompare],
  ['convert', parseConvert],
  ['ps', parsePs],
  ['attach', parseAttach],
  ['mcp', parseMcp],
  ['--version', (): Result<CliArguments> => ok({ kind: 'version' })],
  ['-v', (): Result<CliArguments> => ok({ kind: 'version' })],
  ['help', ([topic]): Result<CliArguments> => parseHelp(topic)],
  ['--help', (): Result<CliArguments> => ok({ kind: 'help', topic: 'sluice' })],
  ['-h', (): Result<CliArguments> => ok({ kind: 'help', topic: 'sluice' })],
]);

function parseHelp(topic: string | undefined): Result<CliArguments> {
  if (topic === undefined) return ok({ kind: 'help', topic: 'sluice' });
  const known = topics.find((t) => t === topic);
  if (known !== undefined) return ok({ kind: 'help', topic: known });
  return fail(`no help on this (${topic}): see sluice --help`);
}

function parseTune(args: readonly string[]): Result<CliArguments> {
  const split = splitCommand(args, tuneOptions);
  const parsed = parse('tune', split.own, tuneOptions);
  if (!parsed.ok) return parsed;
  const { values } = parsed.value;
  if (values['help'] === true) return ok({ kind: 'help', topic: 'tune' });
  return tuneArguments(values, split.command);
}

function parseRun(args: readonly string[]): Result<CliArguments> {
  // The value of --cpu-profile is optional, and never the next word.
  const split = splitCommand(args, { ...runOptions, 'cpu-profile': { type: 'boolean' } });
  const own = split.own.map((arg) =>
    arg === '--cpu-profile' ? `--cpu-profile=${WHOLE_RUN}` : arg,
  );
  const parsed = parse('run', own, runOptions);
  if (!parsed.ok) return parsed;
  const { values } = parsed.value;
  if (values['help'] === true) return ok({ kind: 'help', topic: 'run' });
  const [program, ...programArgs] = split.command;
  if (program === undefined || program === '') {
    return fail(
      'missing command to run (run): write it at the end, as in sluice run -- node app.js',
    );
  }
  if (values['json'] === true && values['no-report'] === true) {
    return fail('--json and --no-report exclude each other (run): leave one out');
  }
  const durationMs = parseDuration(asText(values['duration']), 'run --duration', MAX_DURATION_MS);
  if (!durationMs.ok) return durationMs;
  const cpuProfileMs = parseDuration(
    asText(values['cpu-profile']),
    'run --cpu-profile',
    MAX_PROFILE_MS,
  );
  if (!cpuProfileMs.ok) return cpuProfileMs;
  const output = values['json'] === true ? 'json' : values['no-report'] === true ? 'none' : 'text';
  const repeat = repeatFrom(values);
  if (!repeat.ok) return repeat;
  return ok({
    kind: 'run',
    out: asText(values['out']),
    repeat: repeat.value,
    durationMs: durationMs.value,
    cpuProfileMs: cpuProfileMs.value,
    output,
    command: [program, ...programArgs],
  });
}

function parseReport(args: readonly string[]): Result<CliArguments> {
  const parsed = parse('report', args, reportOptions);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values['help'] === true) return ok({ kind: 'help', topic: 'report' });
  return reportArguments(values, positionals);
}

function parseCompare(args: readonly string[]): Result<CliArguments> {
  const parsed = compareArguments(args);
  if (!parsed.ok) return parsed;
  return ok(parsed.value === 'help' ? { kind: 'help', topic: 'compare' } : parsed.value);
}

function parseConvert(args: readonly string[]): Result<CliArguments> {
  const parsed = parse('convert', args, convertOptions);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values['help'] === true) return ok({ kind: 'help', topic: 'convert' });
  return convertArguments(values, positionals);
}

function parsePs(args: readonly string[]): Result<CliArguments> {
  const parsed = parse('ps', args, psOptions);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values['help'] === true) return ok({ kind: 'help', topic: 'ps' });
  const [extra] = positionals;
  if (extra !== undefined) return fail(`it lists all programs (ps): leave out ${extra}`);
  return ok({ kind: 'ps', format: values['json'] === true ? 'json' : 'text' });
}

function parseMcp(args: readonly string[]): Result<CliArguments> {
  const parsed = parse('mcp', args, mcpOptions);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values['help'] === true) return ok({ kind: 'help', topic: 'mcp' });
  const [extra] = positionals;
  if (extra !== undefined) return fail(`it takes options only (mcp): leave out ${extra}`);
  return ok({ kind: 'mcp', captures: asText(values['captures']) });
}

function parseAttach(args: readonly string[]): Result<CliArguments> {
  const parsed = parse('attach', args, attachOptions);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values['help'] === true) return ok({ kind: 'help', topic: 'attach' });
  const [text, second] = positionals;
  if (text === undefined) return fail('missing process id (attach): sluice ps lists them');
  if (second !== undefined) return fail(`one process at a time (attach): leave out ${second}`);
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    return fail(`not a process id: ${text} (attach): sluice ps lists them`);
  }
  if (values['json'] === true && values['no-report'] === true) {
    return fail('--json and --no-report exclude each other (attach): leave one out');
  }
  const duration = asText(values['duration']);
  const durationMs = parseDuration(duration, 'attach --duration', MAX_DURATION_MS);
  if (!durationMs.ok) return durationMs;
  return ok({
    kind: 'attach',
    pid: Number(text),
    out: asText(values['out']),
    durationMs: durationMs.value,
    output: values['json'] === true ? 'json' : values['no-report'] === true ? 'none' : 'text',
  });
}

/** Our own options end at `--` or at the first word that is no option: the rest is the command's, dashes and all. */
function splitCommand(
  args: readonly string[],
  options: Options,
): { readonly own: readonly string[]; readonly command: readonly string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const start = tokens.find((t) => t.kind !== 'option');
  if (start === undefined) return { own: args, command: [] };
  const skip = start.kind === 'option-terminator' ? 1 : 0;
  return { own: args.slice(0, start.index), command: args.slice(start.index + skip) };
}

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

function parse(command: HelpTopic, args: readonly string[], options: Options): Result<Parsed> {
  try {
    return ok(parseArgs({ args: [...args], options, allowPositionals: true, strict: true }));
  } catch (error) {
    const what =
      error instanceof Error ? error.message.replace(/[.\n].*$/s, '') : 'wrong arguments';
    return fail(`${lowerFirst(what)} (${command}): see sluice ${command} --help`);
  }
}

const unitMs: Readonly<Record<string, number | undefined>> = {
  ms: 1,
  '': 1000,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Longest wait of a timer of Node's. */
const MAX_DURATION_MS = 2 ** 31 - 1;

/** Longest CPU profile, and what `--cpu-profile` alone means: as good as the whole run. */
const MAX_PROFILE_MS = 3_600_000;
const WHOLE_RUN = '1h';

/** `30s`, `500ms`, `2m`, `1h`, `1.5` (seconds). */
function parseDuration(text: string | null, option: string, maxMs: number): Result<number | null> {
  if (text === null) return ok(null);
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(text) ?? [];
  const scale = unitMs[unit ?? ''];
  if (amount === undefined || scale === undefined) {
    return fail(`not a duration: ${text} (${option}): write it as 30s, 500ms, 2m or 1h`);
  }
  const durationMs = Number(amount) * scale;
  return durationMs >= 1 && durationMs <= maxMs
    ? ok(durationMs)
    : fail(
        `duration out of range: ${text} (${option}): choose from 1ms to ${Math.floor(maxMs / 3_600_000)}h`,
      );
}

function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
