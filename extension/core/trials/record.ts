/**
 * What a trial was and what came of it, as it stands in a journal: `.sluice/trials.jsonl`, one object a line. Reading checks
 * each line by itself; what a newer version has added is kept as it is.
 */
import { checkKnobKind, checkSource } from '../../../agent/wire/manifest.js';
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import {
  integerIn,
  listOf,
  nullable,
  numberIn,
  object,
  oneOf,
  text,
  type Check,
  type Checked,
  type Shaped,
} from '../../../agent/wire/validate.js';

export const TRIAL_SCHEMA = 'sluice.trial/1';

const count = numberIn(0, Number.MAX_SAFE_INTEGER);
const amount = numberIn(0, Number.MAX_VALUE);
const time = numberIn(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const share = numberIn(-Number.MAX_VALUE, Number.MAX_VALUE);
const knobValue = nullable(amount);
const name = text(512);

const checkFigures = object({
  fromNs: time,
  toNs: time,
  completions: count,
  throughputPerSec: amount,
  executions: count,
  errors: count,
  latencyNs: nullable(object({ p50: amount, p95: amount, p99: amount })),
  latencyBy: oneOf('items', 'service'),
  rssBytes: nullable(amount),
  loopDelayNs: nullable(amount),
  cpuCores: nullable(amount),
  lostRecords: count,
});

const checkKnob = object({
  /** `pid:knob`: good in this run of the program only. Name, stage and queue find the knob in another one. */
  id: text(64),
  name,
  kind: checkKnobKind,
  stage: nullable(name),
  queue: nullable(name),
  source: nullable(checkSource),
  /** null: unlimited. */
  before: knobValue,
  candidate: knobValue,
  after: knobValue,
});

const checkInterval = object({ low: share, mid: share, high: share });

/** The part that whoever ran the trial knows. */
const measured = {
  /** `live`: on a running program; `restart`: the program was run again and again. */
  kind: oneOf('live', 'restart'),
  atUnixMs: amount,
  pipeline: nullable(name),
  /** Why it was tried. */
  why: text(1000),
  objective: text(200),
  knobs: listOf(checkKnob, 1000),
  /** For `restart`: the environment variable and its two values. */
  variable: nullable(object({ name, before: text(4096), candidate: text(4096) })),
  /** a: as it was, b: the candidate; in the order in which they ran. */
  blocks: listOf(object({ side: oneOf('a', 'b'), figures: checkFigures }), 10_000),
  /** Of the objective: 0.1 is 10 % better. 95 % interval. */
  effect: nullable(checkInterval),
  p: nullable(numberIn(0, 1)),
  /** Among all trials of the session so far (Holm). */
  pAdjusted: nullable(numberIn(0, 1)),
  /** What had to be exceeded: the least effect that counts, or the noise floor. */
  leastEffect: amount,
  noise: nullable(object({ blockDeviation: amount, floor: amount })),
  verdict: oneOf('kept', 'rolledBack', 'noDifference', 'aborted'),
  reason: text(4096),
  seed: integerIn(-0x8000_0000, 0xffff_ffff),
};

/** A trial as it was measured. */
export type TrialRecord = Shaped<typeof measured>;
export type TrialKnob = TrialRecord['knobs'][number];

const checkEntry = object({
  schema: oneOf(TRIAL_SCHEMA),
  ...measured,
  command: listOf(text(32_768), 10_000),
  cwd: text(4096),
  /** What the program worked on, in the user's words. */
  input: nullable(text(4096)),
  environment: nullable(
    object({
      platform: text(32),
      arch: text(32),
      cpuModel: text(256),
      cores: integerIn(1, 65_536),
      memoryBytes: amount,
      quotaCores: nullable(amount),
      runtime: nullable(text(64)),
    }),
  ),
});
/** A line of a journal. */
export type JournalEntry = Checked<typeof checkEntry>;

/** A line of a journal, with its line break. */
export function journalLine(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** A journal as it was read: the lines that are good, and what is wrong with the others. */
export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** `line 3: ...` */
  readonly problems: readonly string[];
}

/** Longest journal that is read, in lines. */
const MAX_LINES = 100_000;

/** Reads a journal. A line that is no trial is left out and told. */
export function readJournal(content: string): Journal {
  const entries: JournalEntry[] = [];
  const problems: string[] = [];
  const lines = content.split('\n');
  for (const [i, line] of lines.slice(0, MAX_LINES).entries()) {
    if (line.trim() === '') continue;
    const entry = readEntry(line);
    if (entry.ok) entries.push(entry.value);
    else problems.push(`line ${i + 1}: ${entry.error}`);
  }
  if (lines.length > MAX_LINES) problems.push(`only the first ${MAX_LINES} lines were read`);
  return { entries, problems };
}

function readEntry(line: string): Result<JournalEntry> {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch (error) {
    return fail(`not valid JSON (${error instanceof Error ? error.message : 'unknown'})`);
  }
  const schema: unknown =
    typeof raw === 'object' && raw !== null ? Reflect.get(raw, 'schema') : null;
  if (typeof schema === 'string' && schema !== TRIAL_SCHEMA && schema.startsWith('sluice.trial/')) {
    return fail(`${schema} is newer than this Sluice, which reads ${TRIAL_SCHEMA}`);
  }
  return keepingUnknown(checkEntry)(raw, 'trial');
}

/** The check's own result, with the properties that it does not know beside those that it does. */
function keepingUnknown<T extends object>(check: Check<T>): Check<T> {
  return (value, path) => {
    const checked = check(value, path);
    if (!checked.ok || typeof value !== 'object' || value === null) return checked;
    return ok({ ...value, ...checked.value });
  };
}
