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
import { varied } from './restarts.js';
import { printTuneJson, type TuneParts } from './tuneCommand.js';
import { isSameKnob, type StartValue } from './wholeRun.js';
import { trialLine } from '../engine/trials/tuneText.js';

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
  const worth = journal.value.entries.filter(({ verdict }) => verdict !== 'aborted');
  const done: Repeated[] = [];
  for (const then of worth.filter(({ kind }) => kind === 'restart'))
    done.push(await again(parts, then));
  const live = worth.filter(({ kind }) => kind === 'live');
  const exit = live.length === 0 ? null : await onProgram(parts, live, done);
  print(parts, done);
  return exit ?? { kind: 'code', code: ExitCode.done };
}

async function again(parts: TuneParts, then: JournalEntry): Promise<Repeated> {
  if (then.variable === null) return restarted(parts, then);
  const { name, before, candidate } = then.variable;
  const trials = await varied(parts, { name, values: [before, candidate] });
  if (!trials.ok) return { then, now: null, problem: trials.error };
  return { then, now: trials.value[0] ?? null, problem: null };
}

/** The same two settings by whole runs. */
async function restarted(parts: TuneParts, then: JournalEntry): Promise<Repeated> {
  const report = await runWith(parts, [], false);
  if (!report.ok) return { then, now: null, problem: report.error };
  const live = report.value.report.pipelines.flatMap((p) => p.knobs).filter((knob) => knob.live);
  const moves: StartMove[] = [];
  const present: StartValue[] = [];
  for (const { name, stage, queue, before, candidate } of then.knobs) {
    const knob = live.find((k) => isSameKnob(k, { name, stage, queue }));
    const problem = `there is no live knob ${name} any more`;
    if (knob === undefined || candidate === null) return { then, now: null, problem };
    moves.push({ knob: { ...knob, value: before }, to: candidate });
    if (before !== null) present.push({ name, stage, queue, to: before });
  }
  const { pipeline, why, seed } = then;
  const trial = { pipeline, why, present, moves, seed: seed | 0, formerPs: [] };
  const outcome = await restartTrial(parts, trial, () => false);
  if (!outcome.ok) return { then, now: null, problem: outcome.error };
  const { record, reports } = outcome.value;
  const newest = reports.b ?? reports.a;
  if (newest !== null) parts.journal.add(record, newest);
  parts.context.stderr.write(`sluice: ${trialLine(record)}\n`);
  return { then, now: record, problem: null };
}

async function onProgram(
  { engine, args, context, journal }: TuneParts,
  live: readonly JournalEntry[],
  done: Repeated[],
): Promise<Exit> {
  const { command, out, stopWhenDone } = args;
  const work = async (session: SessionId, child: Child, signal: AbortSignal): Promise<void> => {
    for (const then of live) {
      const now = await repeat(then, { session, signal }, { engine, args });
      done.push({ then, now: now.ok ? now.value : null, problem: now.ok ? null : now.error });
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

/** One trial from the value it began with. */
async function repeat(
  then: JournalEntry,
  { session, signal }: { readonly session: SessionId; readonly signal: AbortSignal },
  { engine, args }: Pick<TuneParts, 'engine' | 'args'>,
): Promise<Result<TrialRecord>> {
  try {
    const knobs = await liveKnobs(engine, session, signal);
    if (signal.aborted) return fail('the program had ended');
    const moves: { knob: string; to: number }[] = [];
    for (const recorded of then.knobs) {
      const knob = knobs.find((k) => isSameKnob(k, recorded));
      if (knob === undefined) return fail(`there is no live knob ${recorded.name} any more`);
      const { before, candidate } = recorded;
      if (candidate === null) return fail(`${recorded.name}: unlimited cannot be tried`);
      if (before !== null && knob.value !== before) {
        await engine.call('setKnob', { session, knob: knob.id, value: before });
      }
      moves.push({ knob: knob.id, to: candidate });
    }
    const options = { ...args.tuning.options, seed: then.seed | 0, isFarAllowed: true };
    const { pipeline, why } = then;
    return ok(await engine.call('startTrial', { session, pipeline, moves, why, options }));
  } catch (error) {
    return fail(reasonOf(error));
  }
}

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
