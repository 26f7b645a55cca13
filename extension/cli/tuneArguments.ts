/** `sluice tune` as a value. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { defaultTiming } from '../core/trials/blockTiming.js';
import { DEFAULT_ALPHA, DEFAULT_MIN_EFFECT } from '../core/trials/decision.js';
import type { Guard, Objective } from '../core/trials/objective.js';
import { DEFAULT_PATIENCE } from '../core/trials/search.js';
import type { KnobRange } from '../core/trials/setting.js';
import type { TuneOptions } from '../core/trials/tuning.js';
import { DEFAULT_MAX_TRIALS } from '../core/trials/wish.js';
import { objectiveFrom, numberFrom, timeMsFrom, limitsFrom } from './tuneValues.js';

/** An environment variable that whole runs are compared by; the first value is what the others are compared with. */
export interface Variation {
  readonly name: string;
  readonly values: readonly [string, string, ...string[]];
}

export interface TuneArguments {
  readonly kind: 'tune';
  readonly command: readonly [string, ...string[]];
  readonly tuning: TuneOptions;
  /** Runs of the whole command are compared, one value against another; null: knobs are turned while it runs. */
  readonly vary: Variation | null;
  /** Blocks of trials are whole runs of the command. */
  readonly isRestarted: boolean;
  /** Runs of each value. */
  readonly rounds: number;
  /** Repeats what this journal says; null: searches. */
  readonly replay: string | null;
  readonly stopWhenDone: boolean;
  readonly output: 'text' | 'json';
  /** What the program works on, in the user's words. */
  readonly input: string | null;
  /** null: `.sluice/trials.jsonl` in the working directory. */
  readonly journal: string | null;
  /** null: a file in the folder for captures. */
  readonly out: string | null;
}

/** Options of the command, for `parseArgs`. */
export const tuneOptions = {
  objective: { type: 'string' },
  'max-p95': { type: 'string' },
  'max-p99': { type: 'string' },
  'max-rss': { type: 'string' },
  'target-rate': { type: 'string' },
  'min-effect': { type: 'string' },
  knob: { type: 'string', multiple: true },
  pipeline: { type: 'string' },
  time: { type: 'string', short: 't' },
  'max-trials': { type: 'string' },
  patience: { type: 'string' },
  block: { type: 'string' },
  seed: { type: 'string' },
  vary: { type: 'string' },
  restart: { type: 'boolean' },
  rounds: { type: 'string' },
  replay: { type: 'string' },
  'from-journal': { type: 'string' },
  journal: { type: 'string' },
  input: { type: 'string' },
  'stop-when-done': { type: 'boolean' },
  out: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const DEFAULT_ROUNDS = 5;
const MIN_ROUNDS = 4;

type Values = Readonly<Record<string, unknown>>;

/** What was parsed, made sense of. A failure is the line for the user, without `sluice: `. */
export function tuneArguments(values: Values, command: readonly string[]): Result<TuneArguments> {
  const [program, ...rest] = command;
  if (program === undefined || program === '') {
    return fail(
      'missing command to tune (tune): write it at the end, as in sluice tune -- node app.js',
    );
  }
  const tuning = tuningFrom(values);
  if (!tuning.ok) return tuning;
  const vary = variationFrom(textOf(values['vary']));
  if (!vary.ok) return vary;
  const rounds = numberFrom(values, 'rounds', {
    otherwise: DEFAULT_ROUNDS,
    min: MIN_ROUNDS,
    max: 1000,
  });
  if (!rounds.ok) return rounds;
  const replay = textOf(values['replay']) ?? textOf(values['from-journal']);
  const isRestarted = values['restart'] === true;
  const ways = [
    ...(isRestarted ? ['--restart'] : []),
    ...(vary.value === null ? [] : ['--vary']),
    ...(replay === null ? [] : ['--replay']),
  ];
  if (ways.length > 1) return fail(`${ways.join(' and ')} exclude each other (tune): choose one`);
  return ok({
    kind: 'tune',
    command: [program, ...rest],
    tuning: tuning.value,
    vary: vary.value,
    isRestarted,
    rounds: rounds.value,
    replay,
    stopWhenDone: values['stop-when-done'] === true,
    output: values['json'] === true ? 'json' : 'text',
    input: textOf(values['input']),
    journal: textOf(values['journal']),
    out: textOf(values['out']),
  });
}

function tuningFrom(values: Values): Result<TuneOptions> {
  const aim = aimFrom(values);
  if (!aim.ok) return aim;
  const minEffect = numberFrom(values, 'min-effect', {
    otherwise: DEFAULT_MIN_EFFECT * 100,
    min: 0,
    max: 1000,
  });
  if (!minEffect.ok) return minEffect;
  const counts = countsFrom(values);
  if (!counts.ok) return counts;
  const timeMs = timeMsFrom(textOf(values['time']), 'tune --time');
  if (!timeMs.ok) return timeMs;
  const blockMs = timeMsFrom(textOf(values['block']), 'tune --block');
  if (!blockMs.ok) return blockMs;
  const ranges = rangesFrom(values['knob']);
  if (!ranges.ok) return ranges;
  const { maxTrials, patience, seed } = counts.value;
  const minBlockNs = blockMs.value === null ? defaultTiming.minBlockNs : blockMs.value * 1e6;
  const maxBlockNs = Math.max(defaultTiming.maxBlockNs, minBlockNs);
  return ok({
    pipeline: textOf(values['pipeline']),
    options: {
      ...aim.value,
      minEffect: minEffect.value / 100,
      alpha: DEFAULT_ALPHA,
      timing: { ...defaultTiming, minBlockNs, maxBlockNs },
      seed,
      isFarAllowed: false,
    },
    ranges: ranges.value,
    patience,
    timeMs: timeMs.value,
    maxTrials,
  });
}

function countsFrom(
  values: Values,
): Result<{ readonly maxTrials: number; readonly patience: number; readonly seed: number }> {
  const maxTrials = numberFrom(values, 'max-trials', {
    otherwise: DEFAULT_MAX_TRIALS,
    min: 1,
    max: 1000,
  });
  if (!maxTrials.ok) return maxTrials;
  const patience = numberFrom(values, 'patience', {
    otherwise: DEFAULT_PATIENCE,
    min: 1,
    max: 1000,
  });
  if (!patience.ok) return patience;
  const seed = numberFrom(values, 'seed', { otherwise: 1, min: 0, max: 2 ** 31 - 1 });
  if (!seed.ok) return seed;
  return ok({ maxTrials: maxTrials.value, patience: patience.value, seed: seed.value });
}

/** What it is for, and the limits: from `--objective` and from the options of their own. */
function aimFrom(
  values: Values,
): Result<{ readonly objective: Objective; readonly guards: readonly Guard[] }> {
  const aim = objectiveFrom(textOf(values['objective']) ?? 'throughput');
  if (!aim.ok) return aim;
  const more: string[] = [];
  for (const [option, name] of [
    ['max-p95', 'p95'],
    ['max-p99', 'p99'],
    ['max-rss', 'rss'],
  ] as const) {
    const text = textOf(values[option]);
    if (text !== null) more.push(`${name}<${text}`);
  }
  const guards = limitsFrom(more);
  if (!guards.ok) return guards;
  const all = [...aim.value.guards, ...guards.value];
  const target = textOf(values['target-rate']);
  if (target === null) return ok({ objective: aim.value.objective, guards: all });
  const rate = Number(target.replace(/\/s$/, ''));
  if (!(rate > 0))
    return fail(`not a rate: ${target} (tune --target-rate): write items per second`);
  const floor: Guard = { metric: 'ratePerSec', limit: { kind: 'absolute', value: rate } };
  return ok({ objective: { kind: 'cost', targetRatePerSec: rate }, guards: [...all, floor] });
}

/** `--knob name=2..64`, or `--knob name` for its whole range. */
function rangesFrom(given: unknown): Result<Readonly<Record<string, KnobRange>> | null> {
  if (!Array.isArray(given)) return ok(null);
  const ranges: Record<string, KnobRange> = {};
  for (const text of given.map(String)) {
    const [, name, min, max] = /^(.+?)(?:=(\d+)\.\.(\d+))?$/.exec(text) ?? [];
    const range = { min: Number(min ?? 0), max: max === undefined ? Infinity : Number(max) };
    if (name === undefined || name.includes('..') || range.min > range.max) {
      return fail(
        `not a knob: ${text} (tune --knob): write it as concurrency or concurrency=2..64`,
      );
    }
    ranges[name] = range;
  }
  return ok(ranges);
}

function variationFrom(text: string | null): Result<Variation | null> {
  if (text === null) return ok(null);
  const [, name, list = ''] = /^([A-Za-z_]\w*)=(.+)$/.exec(text) ?? [];
  const [first, second, ...others] = [...new Set(list.split(','))];
  if (name === undefined || first === undefined || second === undefined) {
    return fail(`not a variable with values: ${text} (tune --vary): write it as POOL_SIZE=2,4,8`);
  }
  return ok({ name, values: [first, second, ...others] });
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
