/** `sluice tune`: better settings for a command, found while it runs or by running it again and again. */
import type { Report } from '../core/report/report.js';
import type { TuneResult } from '../core/trials/tuning.js';
import type { EngineClient } from '../engine/engineClient.js';
import { inProcessEngine } from '../engine/inProcessEngine.js';
import type { SessionId } from '../engine/protocol.js';
import { reasonOf } from '../engine/reason.js';
import { JournalFile } from '../engine/trials/journalFile.js';
import { resultText, trialLine } from '../engine/trials/tuneText.js';
import type { Child, Exit } from './child.js';
import { observe } from './observedRun.js';
import { type CliContext, ExitCode, printError } from './output.js';
import { restartSearch } from './restartSearch.js';
import { compareRuns } from './restarts.js';
import { nobodyJoined } from './runCommand.js';
import { replay } from './replay.js';
import type { TuneArguments } from './tuneArguments.js';

export const TUNE_SCHEMA = 'sluice.tune/1';
/** Messages of the engine that are shown at the end; more only say the same. */
const MAX_PROBLEMS = 10;

/** Runs the command and tunes it. Resolves with how this process is to end. */
export async function tuneCommand(args: TuneArguments, context: CliContext): Promise<Exit> {
  const engine = inProcessEngine();
  const problems = new Set<string>();
  engine.onEvent((event) => {
    if (event.kind === 'problem' && problems.size < MAX_PROBLEMS) problems.add(event.message);
  });
  const journal = new JournalFile(args.journal, args, (message) => problems.add(message));
  const parts: TuneParts = { engine, args, context, journal };
  try {
    if (args.vary !== null) return await compareRuns(parts, args.vary);
    if (args.isRestarted) return await restartSearch(parts);
    return await (args.replay === null ? search(parts) : replay(parts, args.replay));
  } catch (error) {
    printError(context, reasonOf(error));
    return { kind: 'code', code: ExitCode.wrongUse };
  } finally {
    await journal.flush();
    await engine.dispose();
    for (const problem of problems) printError(context, problem);
  }
}

/** What the ways of tuning share. */
export interface TuneParts {
  readonly engine: EngineClient;
  readonly args: TuneArguments;
  readonly context: CliContext;
  readonly journal: JournalFile;
}

/** Searches while the command runs. */
async function search({ engine, args, context, journal }: TuneParts): Promise<Exit> {
  const { command, out, stopWhenDone, tuning } = args;
  const say = (line: string): void => {
    context.stderr.write(`sluice: ${line}\n`);
  };
  engine.onEvent((event) => {
    if (event.kind !== 'trial') return;
    if (event.record === null) say(event.text);
    else {
      // Without advice, which would take time from the program on trial.
      const report = engine.call('snapshot', { session: event.session }).then((s) => s.report);
      journal.add(event.record, report);
      say(trialLine(event.record));
    }
  });
  const work = async (session: SessionId, child: Child): Promise<TuneResult> => {
    const result = await engine.call('startTuning', { session, tuning });
    const isOver = result.end === 'ended' || result.end === 'stopped';
    if (!isOver && stopWhenDone) child.stop();
    else if (!isOver) say(`the search is over (${result.reason}); the program goes on`);
    return result;
  };
  const order = { command, out, env: context.env, durationMs: null };
  const observed = await observe(engine, context, order, work);
  if (!observed.ok) {
    printError(context, observed.error.message);
    return { kind: 'code', code: observed.error.code };
  }
  const { report, capturePath, outcome, exit } = observed.value;
  await journal.flush();
  const isEmpty = report.capture.processes.length === 0;
  if (isEmpty) printError(context, nobodyJoined(command[0]));
  // Nobody knows what a program needs that was never seen.
  const result = isEmpty ? { ...outcome, neededMs: null } : outcome;
  print({ args, context }, result, { report, capturePath, journalPath: journal.path });
  return exit;
}

interface Files {
  readonly report: Report;
  readonly capturePath: string;
  readonly journalPath: string;
}

function print(
  { args, context }: Pick<TuneParts, 'args' | 'context'>,
  result: TuneResult,
  { capturePath, journalPath }: Files,
): void {
  if (args.output === 'json') {
    printTuneJson(context, { ...result, capturePath, journalPath });
    return;
  }
  context.stderr.write(`\n${resultText(result)}`);
  if (result.trials.length > 0) context.stderr.write(`journal: ${journalPath}\n`);
  context.stderr.write(`capture: ${capturePath}\n`);
}

/** The result for a program: `sluice.tune/1`. */
export function printTuneJson(context: CliContext, result: object): void {
  const text = `${JSON.stringify({ schema: TUNE_SCHEMA, ...result }, null, 2)}\n`;
  context.stdout.write(text);
}
