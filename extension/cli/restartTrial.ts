/**
 * A trial by whole runs, for programs that end by themselves: the same work from beginning to end under one setting and under
 * another by turns. Live knobs get their values when the program has made them. Runs have the same input, so they differ far
 * less than stretches of one run do.
 */
import { ok, fail, type Result } from '../../agent/wire/result.js';
import type { KnobReport, Report } from '../core/report/report.js';
import { Random } from '../core/statistics/random.js';
import { blockOrder, blocksNeeded, type Side } from '../core/trials/blockOrder.js';
import {
  decide,
  harmSoFar,
  leastEffect,
  noiseOf,
  stopped,
  type Decision,
  type TrialBlock,
  type TrialTerms,
} from '../core/trials/decision.js';
import { objectiveText, type Objective } from '../core/trials/objective.js';
import type { TrialKnob, TrialRecord } from '../core/trials/record.js';
import { identityOf } from '../engine/trials/sessionTrials.js';
import type { TuneParts } from './tuneCommand.js';
import { wholeRun, type StartValue, type WholeRun, type WholeRunOrder } from './wholeRun.js';

/** A knob of the present setting, and what the candidate gives it. */
export interface StartMove {
  readonly knob: KnobReport;
  readonly to: number;
}

/** Two settings to compare. */
export interface RestartTrial {
  readonly pipeline: string | null;
  readonly why: string;
  /** What the present setting sets at the start. */
  readonly present: readonly StartValue[];
  readonly moves: readonly StartMove[];
  readonly seed: number;
  readonly formerPs: readonly number[];
}

/** What came of it, with the newest report of each side (null: it never ran to its end). */
export interface RestartOutcome {
  readonly record: TrialRecord;
  readonly reports: Readonly<Record<Side, Report | null>>;
}

/** For whole runs of a fixed amount of work, throughput is how soon they end. */
export function restartObjective(objective: Objective): Objective {
  return objective.kind === 'throughput' ? { kind: 'time' } : objective;
}

/** Runs the command once with these values. `how`: whose figures count, and whether the report has fresh advice. */
export async function runWith(
  { engine, context, args }: Pick<TuneParts, 'engine' | 'context' | 'args'>,
  knobs: readonly StartValue[],
  how: Pick<WholeRunOrder, 'pipeline' | 'isAdvised'>,
): Promise<Result<WholeRun>> {
  const { command } = args;
  return wholeRun(
    { engine, context },
    { command, env: context.env, durationMs: null, knobs, ...how },
  );
}

/** Runs the trial. Fails when the command fails under the present setting, or `isStopped` says so. */
export async function restartTrial(
  parts: TuneParts,
  trial: RestartTrial,
  isStopped: () => boolean,
): Promise<Result<RestartOutcome>> {
  const atUnixMs = Date.now();
  const perSide = blocksNeeded(trial.formerPs.length, parts.args.tuning.options.alpha);
  const order = blockOrder(perSide, new Random(trial.seed));
  const blocks: TrialBlock[] = [];
  const reports: Record<Side, Report | null> = { a: null, b: null };
  let early: Decision | null = null;
  for (const [i, side] of order.entries()) {
    if (isStopped()) return fail('it was stopped');
    const values = side === 'a' ? trial.present : merged(trial.present, trial.moves);
    const run = await runWith(parts, values, {
      pipeline: trial.pipeline,
      isAdvised: order.lastIndexOf(side) === i,
    });
    // Whoever stops the search stops the command as well: that is no failure of the candidate.
    if (isStopped()) return fail('it was stopped');
    if (!run.ok) return run;
    const { failure, figures, report } = run.value;
    sayRun(parts, { side, number: i + 1, of: order.length }, run.value);
    if (failure !== null && side === 'a') return fail(`the command failed: ${failure}`);
    reports[side] = report;
    blocks.push({ side, figures });
    const terms = termsOf(parts, trial, blocks);
    const harm = failure === null ? harmSoFar(blocks, terms) : `a run failed: ${failure}`;
    if (harm === null) continue;
    early = stopped('rolledBack', `Taken back early: ${harm}.`, blocks, terms);
    break;
  }
  const terms = termsOf(parts, trial, blocks);
  const decision = early ?? decide(blocks, terms);
  return ok({ record: recordOf(trial, { atUnixMs, blocks, decision, terms }), reports });
}

/** The setting with the moves made. */
export function merged(
  present: readonly StartValue[],
  moves: readonly StartMove[],
): readonly StartValue[] {
  const values = new Map(present.map((value) => [keyOf(value), value]));
  for (const { knob, to } of moves) {
    const { name, stage, queue } = knob;
    values.set(keyOf(knob), { name, stage, queue, to });
  }
  return [...values.values()];
}

function keyOf({ name, stage, queue }: Pick<KnobReport, 'name' | 'stage' | 'queue'>): string {
  return JSON.stringify([name, stage, queue]);
}

function sayRun(
  { context }: TuneParts,
  at: { readonly side: Side; readonly number: number; readonly of: number },
  { figures, failure }: WholeRun,
): void {
  const took = `${((figures.toNs - figures.fromNs) / 1e9).toFixed(2)} s`;
  const what = at.side === 'a' ? 'as it is' : 'candidate';
  context.stderr.write(`sluice: run ${at.number} of ${at.of}, ${what}: ${failure ?? took}\n`);
}

function termsOf(
  { args }: TuneParts,
  { formerPs }: RestartTrial,
  blocks: readonly TrialBlock[],
): TrialTerms {
  const { guards, minEffect, alpha, objective: wanted } = args.tuning.options;
  const objective = restartObjective(wanted);
  const a = blocks.filter(({ side }) => side === 'a').map(({ figures }) => figures);
  const noise = noiseOf(a, objective, a.length);
  return { objective, guards, minEffect, alpha, noise, reference: [], formerPs };
}

function recordOf(
  trial: RestartTrial,
  came: {
    readonly atUnixMs: number;
    readonly blocks: readonly TrialBlock[];
    readonly decision: Decision;
    readonly terms: TrialTerms;
  },
): TrialRecord {
  const { atUnixMs, blocks, decision, terms } = came;
  const isKept = decision.verdict === 'kept';
  return {
    kind: 'restart',
    atUnixMs,
    pipeline: trial.pipeline,
    why: trial.why.slice(0, 1000),
    objective: objectiveText(terms.objective),
    knobs: trial.moves.map(({ knob, to }): TrialKnob => ({
      ...identityOf(knob),
      before: knob.value,
      candidate: to,
      after: isKept ? to : knob.value,
    })),
    variable: null,
    blocks: [...blocks],
    ...decision,
    reason: decision.reason.slice(0, 4096),
    leastEffect: leastEffect(terms),
    noise: terms.noise,
    seed: trial.seed,
  };
}
