/** `sluice tune --replay`: the trials of a journal again, and whether they come out as they did. */
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { printable } from '../core/format.js';
import type { KnobReport } from '../core/report/report.js';
import type { JournalEntry, TrialRecord } from '../core/trials/record.js';
import type { SessionId } from '../engine/protocol.js';
import { reasonOf } from '../engine/reason.js';
import type { Child, Exit } from './child.js';
import { loadJournal } from '../engine/trials/journalFile.js';
import { observe } from './observedRun.js';
import { ExitCode, printError } from './output.js';
import { restartTrial, runWith, type StartMove } from './restartTrial.js';
import { settingsOf } from './replaySetting.js';
import { varied } from './restarts.js';
import { stoppable } from './stoppable.js';
import { printTuneJson, type TuneParts } from './tuneCommand.js';
import { isSameKnob, type StartValue } from './wholeRun.js';
import { trialLine } from '../engine/trials/tuneText.js';

/** A trial of the journal. */
interface Past {
  readonly then: JournalEntry;
  /** What knobs had before it, its own and those that earlier trials of its search had changed. */
  readonly setting: readonly StartValue[];
}

/** A trial of the journal, and what came of it now. */
interface Repeated {
  readonly then: JournalEntry;
  /** null: it could not be repeated. */
  readonly now: TrialRecord | null;
  readonly problem: string | null;
}

const POLL_MS = 100;

/** Repeats the trials of a journal on the command. */
export async function replay(parts: TuneParts, file: string): Promise<Exit> {
  const journal = await loadJournal(file);
  if (!journal.ok) {
    printError(parts.context, journal.error);
    return { kind: 'code', code: ExitCode.unreadableInput };
  }
  for (const problem of journal.value.problems) printError(parts.context, `${file}: ${problem}`);
  const settings = settingsOf(journal.value.entries);
  const worth = journal.value.entries
    .filter(({ verdict }) => verdict !== 'aborted')
    .map((then) => ({ then, setting: settings.get(then) ?? [] }));
  const done: Repeated[] = [];
  const restarts = worth.filter(({ then }) => then.kind === 'restart');
  const isWhole = await stoppable(async (isStopped) => {
    for (const past of restarts) {
      const repeated = await again(parts, past, isStopped);
      if (isStopped()) return false;
      done.push(repeated);
    }
    return true;
  });
  const live = isWhole ? worth.filter(({ then }) => then.kind === 'live') : [];
  const exit = live.length === 0 ? null : await onProgram(parts, live, done);
  print(parts, done);
  return exit ?? { kind: 'code', code: ExitCode.done };
}

async function again(parts: TuneParts, past: Past, isStopped: () => boolean): Promise<Repeated> {
  const { then } = past;
  if (then.variable === null) return restarted(parts, past, isStopped);
  const { name, before, candidate } = then.variable;
  const trials = await varied(parts, { name, values: [before, candidate] }, isStopped);
  if (!trials.ok) return { then, now: null, problem: trials.error };
  return { then, now: trials.value[0] ?? null, problem: null };
}

/** The same two settings by whole runs. */
async function restarted(
  parts: TuneParts,
  { then, setting: present }: Past,
  isStopped: () => boolean,
): Promise<Repeated> {
  const { pipeline, why, seed } = then;
  const report = await runWith(parts, [], { pipeline, isAdvised: false });
  if (!report.ok) return { then, now: null, problem: report.error };
  const live = report.value.report.pipelines.flatMap((p) => p.knobs).filter((knob) => knob.live);
  const moves: StartMove[] = [];
  for (const { name, stage, queue, before, candidate } of then.knobs) {
    const knob = live.find((k) => isSameKnob(k, { name, stage, queue }));
    if (knob === undefined) return { then, now: null, problem: missing(name) };
    if (candidate === null) return { then, now: null, problem: unlimited(name) };
    moves.push({ knob: { ...knob, value: before }, to: candidate });
  }
  const trial = { pipeline, why, present, moves, seed: seed | 0, formerPs: [] };
  const outcome = await restartTrial(parts, trial, isStopped);
  if (!outcome.ok) return { then, now: null, problem: outcome.error };
  const { record, reports } = outcome.value;
  const newest = reports.b ?? reports.a;
  if (newest !== null) parts.journal.add(record, newest);
  parts.context.stderr.write(`sluice: ${trialLine(record)}\n`);
  return { then, now: record, problem: null };
}

async function onProgram(
  { engine, args, context, journal }: TuneParts,
  live: readonly Past[],
  done: Repeated[],
): Promise<Exit> {
  const { command, out, stopWhenDone } = args;
  const work = async (session: SessionId, child: Child, signal: AbortSignal): Promise<void> => {
    const initial = new Map<string, number | null>();
    for (const past of live) {
      const now = await repeat(past, { session, signal, initial }, { engine, args });
      done.push({
        then: past.then,
        now: now.ok ? now.value : null,
        problem: now.ok ? null : now.error,
      });
      context.stderr.write(`sluice: ${now.ok ? trialLine(now.value) : now.error}\n`);
    }
    if (stopWhenDone && !signal.aborted) child.stop();
  };
  const order = { command, out, env: context.env, durationMs: null };
  const observed = await observe(engine, context, order, work);
  if (!observed.ok) {
    printError(context, observed.error.message);
    return { kind: 'code', code: observed.error.code };
  }
  for (const { now } of done) if (now?.kind === 'live') journal.add(now, observed.value.report);
  return observed.value.exit;
}

interface RunningProgram {
  readonly session: SessionId;
  readonly signal: AbortSignal;
  /** What knobs had when they were first seen, by id. */
  readonly initial: Map<string, number | null>;
}

/** One trial, under the setting that it was made under. */
async function repeat(
  { then, setting }: Past,
  { session, signal, initial }: RunningProgram,
  { engine, args }: Pick<TuneParts, 'engine' | 'args'>,
): Promise<Result<TrialRecord>> {
  try {
    const knobs = await liveKnobs(engine, session, signal);
    if (signal.aborted) return fail('the program had ended');
    for (const { id, value } of knobs) if (!initial.has(id)) initial.set(id, value);
    const gone = setting.find((value) => !knobs.some((knob) => isSameKnob(knob, value)));
    if (gone !== undefined) return fail(missing(gone.name));
    const moves: { knob: string; to: number }[] = [];
    for (const recorded of then.knobs) {
      const knob = knobs.find((k) => isSameKnob(k, recorded));
      if (knob === undefined) return fail(missing(recorded.name));
      if (recorded.candidate === null) return fail(unlimited(recorded.name));
      moves.push({ knob: knob.id, to: recorded.candidate });
    }
    for (const knob of knobs) {
      const value = wantedValue(knob, setting, initial);
      if (value !== knob.value) await engine.call('setKnob', { session, knob: knob.id, value });
    }
    const options = { ...args.tuning.options, seed: then.seed | 0, isFarAllowed: true };
    const { pipeline, why } = then;
    return ok(await engine.call('startTrial', { session, pipeline, moves, why, options }));
  } catch (error) {
    return fail(reasonOf(error));
  }
}

/** What the journal says, else what the program began with: a trial that was repeated before may have left another value. */
function wantedValue(
  knob: KnobReport,
  setting: readonly StartValue[],
  initial: ReadonlyMap<string, number | null>,
): number | null {
  const said = setting.find((value) => isSameKnob(value, knob));
  if (said !== undefined) return said.to;
  return initial.get(knob.id) ?? null;
}

const missing = (knob: string): string => `there is no live knob ${knob} any more`;
const unlimited = (knob: string): string => `${knob}: unlimited cannot be tried`;

async function liveKnobs(
  engine: TuneParts['engine'],
  session: SessionId,
  signal: AbortSignal,
): Promise<readonly KnobReport[]> {
  for (;;) {
    const { report } = await engine.call('snapshot', { session });
    const knobs = report.pipelines.flatMap((p) => p.knobs).filter(({ live }) => live);
    if (knobs.length > 0 || signal.aborted) return knobs;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function print({ args, context }: TuneParts, done: readonly Repeated[]): void {
  if (args.output === 'json') {
    const trials = done.map(({ then, now, problem }) => ({
      then,
      now,
      problem,
      holds: holds(then, now),
    }));
    printTuneJson(context, { trials });
    return;
  }
  const held = done.filter(({ then, now }) => holds(then, now)).length;
  context.stderr.write(`\n${held} of ${done.length} verdicts held\n`);
  for (const { then, now, problem } of done) {
    const what =
      then.variable === null
        ? then.knobs
            .map((k) => `${k.name} ${k.before ?? 'unlimited'} -> ${k.candidate ?? 'unlimited'}`)
            .join(', ')
        : `${then.variable.name} ${then.variable.before} -> ${then.variable.candidate}`;
    const outcome =
      now === null ? (problem ?? 'not repeated') : `${then.verdict}, now ${now.verdict}`;
    const sign = holds(then, now) ? 'held   ' : 'differs';
    context.stderr.write(`  ${sign}  ${printable(what)}: ${printable(outcome)}\n`);
  }
}

function holds(then: JournalEntry, now: TrialRecord | null): boolean {
  return now?.verdict === then.verdict;
}
