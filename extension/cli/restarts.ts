/**
 * Paired restarts, for what cannot be set while a program runs: whole runs with one value and with another by turns, compared
 * as blocks of a trial are. With a time for each run the throughput counts, else the time until the command ends.
 */
import { Random } from '../core/statistics/random.js';
import type { Side } from '../core/trials/blockOrder.js';
import { decide, leastEffect, noiseOf } from '../core/trials/decision.js';
import { objectiveText, type Objective } from '../core/trials/objective.js';
import type { TrialRecord } from '../core/trials/record.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { Exit } from './child.js';
import { ExitCode, printError } from './output.js';
import type { Variation } from './tuneArguments.js';
import { stoppable } from './stoppable.js';
import { printTuneJson, type TuneParts } from './tuneCommand.js';
import { measuredPipeline, wholeRun, type WholeRun } from './wholeRun.js';
import { trialLine } from '../engine/trials/tuneText.js';

/** A run with one of the values. */
interface Run extends WholeRun {
  readonly value: string;
}

/** Compares the values of a variable, and says which one is best. */
export async function compareRuns(parts: TuneParts, vary: Variation): Promise<Exit> {
  const trials = await stoppable(async (isStopped) => varied(parts, vary, isStopped));
  if (!trials.ok) {
    printError(parts.context, trials.error);
    return { kind: 'code', code: 1 };
  }
  const best = bestOf(trials.value);
  const { context, args } = parts;
  if (args.output === 'json') {
    printTuneJson(context, { trials: trials.value, best, journalPath: parts.journal.path });
  } else {
    const text =
      best === null
        ? `No value of ${vary.name} is better than ${vary.values[0]}.`
        : `Best: ${vary.name}=${best}.`;
    context.stderr.write(`\n${text}\njournal: ${parts.journal.path}\n`);
  }
  return { kind: 'code', code: ExitCode.done };
}

function bestOf(trials: readonly TrialRecord[]): string | null {
  const kept = trials.filter(({ verdict }) => verdict === 'kept');
  const [best] = [...kept].sort((a, b) => (b.effect?.mid ?? 0) - (a.effect?.mid ?? 0));
  return best?.variable?.candidate ?? null;
}

/** Runs the command with each value in each round; a trial for each value but the first. Fails when a run could not begin, or `isStopped` says so. */
export async function varied(
  parts: TuneParts,
  vary: Variation,
  isStopped: () => boolean,
): Promise<Result<readonly TrialRecord[]>> {
  const { args, context } = parts;
  const random = new Random(args.tuning.options.seed);
  const atUnixMs = Date.now();
  const runs: Run[] = [];
  for (let round = 1; round <= args.rounds; round++) {
    for (const value of shuffled(vary.values, random)) {
      const run = await withVariable(parts, vary.name, value);
      if (isStopped()) return fail('it was stopped');
      if (!run.ok) return run;
      runs.push({ ...run.value, value });
      const { failure, figures } = run.value;
      const took = `${((figures.toNs - figures.fromNs) / 1e9).toFixed(2)} s`;
      context.stderr.write(`sluice: round ${round}, ${vary.name}=${value}: ${failure ?? took}\n`);
      if (failure !== null && value === vary.values[0]) {
        return fail(`the command failed with ${vary.name}=${value}: ${failure}`);
      }
    }
  }
  return ok(judged(parts, vary, { runs, atUnixMs }));
}

function shuffled(values: readonly string[], random: Random): readonly string[] {
  const left = [...values];
  const order: string[] = [];
  while (left.length > 0) order.push(...left.splice(random.below(left.length), 1));
  return order;
}

async function withVariable(
  { engine, args, context }: TuneParts,
  name: string,
  value: string,
): Promise<Result<WholeRun>> {
  const [program, ...rest] = args.command.map((part) => part.replaceAll(`{${name}}`, value));
  if (program === undefined) return fail('no command');
  const command = [program, ...rest] as const;
  const env = { ...context.env, [name]: value };
  const { pipeline, timeMs } = args.tuning;
  return wholeRun({ engine, context }, { command, env, durationMs: timeMs, pipeline });
}

function judged(
  { args, context, journal }: TuneParts,
  vary: Variation,
  { runs, atUnixMs }: { readonly runs: readonly Run[]; readonly atUnixMs: number },
): readonly TrialRecord[] {
  const { tuning } = args;
  const { options, timeMs } = tuning;
  const objective: Objective = timeMs === null ? { kind: 'time' } : options.objective;
  const [base, ...candidates] = vary.values;
  const a = runs.filter((run) => run.value === base).map(({ figures }) => figures);
  const noise = noiseOf(a, objective, a.length);
  const formerPs: number[] = [];
  const { guards, minEffect, alpha, seed } = options;
  const records = candidates.map((candidate): TrialRecord => {
    const own = runs.filter((run) => run.value === base || run.value === candidate);
    const measured = own[0] && measuredPipeline(own[0].report, tuning.pipeline);
    const blocks = own.map(({ value, figures }) => {
      const side: Side = value === base ? 'a' : 'b';
      return { side, figures };
    });
    const terms = {
      objective,
      guards,
      minEffect,
      alpha,
      noise,
      reference: [],
      formerPs: [...formerPs],
    };
    const decision = decide(blocks, terms);
    if (decision.p !== null) formerPs.push(decision.p);
    return {
      kind: 'restart',
      atUnixMs,
      pipeline: measured?.name ?? null,
      why: `${vary.name}: ${base} or ${candidate}`,
      objective: objectiveText(objective),
      knobs: [],
      variable: { name: vary.name, before: base, candidate },
      blocks,
      ...decision,
      ...failureOf(own),
      leastEffect: leastEffect(terms),
      noise,
      seed,
    };
  });
  const report = runs.at(-1)?.report;
  for (const record of records) {
    context.stderr.write(`sluice: ${record.why}\nsluice: ${trialLine(record)}\n`);
    if (report !== undefined) journal.add(record, report);
  }
  return records;
}

/** A value with which the command fails is out, however quick that is. */
function failureOf(runs: readonly Run[]): Pick<TrialRecord, 'verdict' | 'reason'> | null {
  const failure = runs.find((run) => run.failure !== null)?.failure;
  return failure === undefined || failure === null
    ? null
    : { verdict: 'rolledBack', reason: `A run failed: ${failure}.` };
}
