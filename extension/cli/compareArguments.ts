/** `sluice compare` as a value. */
import { parseArgs } from 'node:util';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { parseCheck, type Check } from '../core/compare/check.js';
import { DEFAULT_THRESHOLD } from '../core/compare/compare.js';

export interface CompareArguments {
  readonly kind: 'compare';
  /** Files, folders, or several of them with commas between; never empty. */
  readonly base: readonly string[];
  readonly head: readonly string[];
  readonly format: 'text' | 'json' | 'markdown';
  /** A share. */
  readonly threshold: number;
  readonly checks: readonly Check[];
}

const options = {
  base: { type: 'string', multiple: true },
  head: { type: 'string', multiple: true },
  format: { type: 'string', short: 'f' },
  threshold: { type: 'string' },
  'fail-on': { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

/** What follows `sluice compare`; `help` when that was asked for. A failure is the line for the user, without `sluice: `. */
export function compareArguments(args: readonly string[]): Result<CompareArguments | 'help'> {
  const parsed = parsedFrom(args);
  if (!parsed.ok) return parsed;
  const { format = 'text', help, ...values } = parsed.value;
  if (help === true) return ok('help');
  const sides = sidesOf(args);
  if (!sides.ok) return sides;
  if (format !== 'text' && format !== 'json' && format !== 'markdown') {
    return fail(`unknown format ${format} (compare): use text, json or markdown`);
  }
  const threshold = thresholdFrom(values.threshold);
  if (!threshold.ok) return threshold;
  const checks = checksFrom(values['fail-on'] ?? []);
  if (!checks.ok) return checks;
  const { base, head } = sides.value;
  return ok({
    kind: 'compare',
    base,
    head,
    format,
    threshold: threshold.value,
    checks: checks.value,
  });
}

interface Values {
  readonly format?: string | undefined;
  readonly threshold?: string | undefined;
  readonly 'fail-on'?: readonly string[] | undefined;
  readonly help?: boolean | undefined;
}

function parsedFrom(args: readonly string[]): Result<Values> {
  try {
    return ok(parseArgs({ args: [...args], options, allowPositionals: true, strict: true }).values);
  } catch (error) {
    const what = error instanceof Error ? error.message.replace(/[.\n].*$/s, '') : 'wrong use';
    return fail(
      `${what.charAt(0).toLowerCase()}${what.slice(1)} (compare): see sluice compare --help`,
    );
  }
}

function checksFrom(texts: readonly string[]): Result<readonly Check[]> {
  const checks: Check[] = [];
  for (const text of texts) {
    const check = parseCheck(text);
    if (!check.ok) return check;
    checks.push(check.value);
  }
  return ok(checks);
}

interface Sides {
  readonly base: readonly string[];
  readonly head: readonly string[];
}

/** Names after `--base` and `--head`, up to the next option, are of that side; without both there are just two. */
function sidesOf(args: readonly string[]): Result<Sides> {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const found = { base: [] as string[], head: [] as string[], loose: [] as string[] };
  let side: keyof typeof found = 'loose';
  for (const token of tokens) {
    if (token.kind === 'option') {
      side = token.name === 'base' || token.name === 'head' ? token.name : 'loose';
      if (side !== 'loose' && token.value !== undefined) found[side].push(token.value);
    } else if (token.kind === 'positional') found[side].push(token.value);
  }
  return checkedSides(found);
}

function checkedSides({ base, head, loose }: Sides & { loose: readonly string[] }): Result<Sides> {
  if (base.length === 0 && head.length === 0) return twoOf(loose);
  if (loose[0] !== undefined) {
    return fail(`which side is ${loose[0]} (compare): write it behind --base or --head`);
  }
  if (base.length === 0) return fail('missing --base (compare): name its captures');
  return head.length === 0
    ? fail('missing --head (compare): name its captures')
    : ok({ base, head });
}

function twoOf([base, head, third]: readonly string[]): Result<Sides> {
  if (base === undefined || head === undefined) {
    return fail('two captures are needed (compare): sluice compare base.fxt head.fxt');
  }
  if (third !== undefined) {
    return fail(`too many captures (compare): write sets as --base a.fxt … --head b.fxt …`);
  }
  return ok({ base: [base], head: [head] });
}

/** `3%`, `3`, `0.5%`. */
function thresholdFrom(text: string | undefined): Result<number> {
  if (text === undefined) return ok(DEFAULT_THRESHOLD);
  const [, amount] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text) ?? [];
  const share = Number(amount) / 100;
  return share >= 0 && share <= 1
    ? ok(share)
    : fail(`not a threshold: ${text} (compare --threshold): write it as 3%, from 0% to 100%`);
}
