/**
 * `sluice tune --restart`: the search of `sluice tune` with whole runs for blocks. In the end all that was kept is compared with
 * the first setting once more, run by run, so that the gain is no sum of separate trials.
 */
import { ok, fail, type Result } from '../../agent/wire/result.js';
import type { KnobReport, PipelineReport, Report } from '../core/report/report.js';
import type { BlockFigures } from '../core/trials/blockFigures.js';
import type { Side } from '../core/trials/blockOrder.js';
import type { TrialRecord } from '../core/trials/record.js';
import { KnobSearch, type Candidate } from '../core/trials/search.js';
import { standingOf, type TuneEnd, type TuneResult } from '../core/trials/tuning.js';
import { identityOf } from '../engine/trials/sessionTrials.js';
import type { Exit } from './child.js';
import { ExitCode, printError } from './output.js';
import {
  merged,
  restartTrial,
  runWith,
  type RestartOutcome,
  type RestartTrial,
} from './restartTrial.js';
import { nobodyJoined } from './runCommand.js';
import { stoppable } from './stoppable.js';
import { printTuneJson, type TuneParts } from './tuneCommand.js';
import { resultText, trialLine } from '../engine/trials/tuneText.js';
import { isSameKnob, type StartValue } from './wholeRun.js';

/** Searches, and prints what came of it. */
export async function restartSearch(parts: TuneParts): Promise<Exit> {
  const { context, args, journal } = parts;
  const result = await stoppable(async (isStopped) => new RestartSearch(parts, isStopped).run());
  if (!result.ok) {
    printError(context, result.error);
    return { kind: 'code', code: 1 };
  }
  if (args.output === 'json')
    printTuneJson(context, { ...result.value, journalPath: journal.path });
  else context.stderr.write(`\n${resultText(result.value)}journal: ${journal.path}\n`);
  return { kind: 'code', code: ExitCode.done };
}

interface Ending {
  readonly end: TuneEnd;
  readonly reason: string;
}

class RestartSearch {
  readonly #parts: TuneParts;
  readonly #isStopped: () => boolean;
  readonly #records: TrialRecord[] = [];
  readonly #ps: number[] = [];
  readonly #startMs = performance.now();
  /** What runs set at their start; at first nothing. */
  #present: readonly StartValue[] = [];
  /** The newest run under the present setting. */
  #report: Report | null = null;
  #pipelineName: string | null = null;
  #before: readonly KnobReport[] = [];

  constructor(parts: TuneParts, isStopped: () => boolean) {
    this.#parts = parts;
    this.#isStopped = isStopped;
  }

  async run(): Promise<Result<TuneResult>> {
    this.#say('runs the command to its end, to see what it does');
    const { pipeline: wanted } = this.#parts.args.tuning;
    const first = await runWith(this.#parts, [], { pipeline: wanted, isAdvised: true });
    if (!first.ok) return first;
    const { failure, report } = first.value;
    if (report.capture.processes.length === 0)
      return fail(nobodyJoined(this.#parts.args.command[0]));
    if (failure !== null) return fail(`the command failed: ${failure}`);
    const pipeline = this.#chosen(report);
    if (pipeline === undefined) return fail('the command has no pipeline with a live knob');
    this.#report = report;
    this.#pipelineName = pipeline.name;
    this.#before = pipeline.knobs.filter(({ live }) => live);
    const ending = await this.#climb();
    if (!ending.ok) return ending;
    const overall = await this.#confirmed();
    return ok(this.#result(ending.value, overall));
  }

  async #climb(): Promise<Result<Ending>> {
    const { ranges, patience, options } = this.#parts.args.tuning;
    const search = new KnobSearch({
      patience,
      ranges: ranges === null ? null : new Map(Object.entries(ranges)),
      isForLess: options.objective.kind === 'cost',
    });
    for (;;) {
      const spent = this.#spent();
      if (spent !== null) return ok(spent);
      const known = this.#report === null ? undefined : this.#chosen(this.#report);
      if (known === undefined) return fail('the command had no such pipeline any more');
      const stable = withStableIds(known);
      const candidate = search.next(stable.pipeline);
      if (candidate === null) return ok({ end: 'done', reason: 'Nothing more is worth a try.' });
      const record = await this.#try(candidate, stable.knobs);
      if (this.#isStopped()) return ok({ end: 'stopped', reason: 'It was stopped.' });
      if (!record.ok) return record;
      search.learn(record.value.verdict);
    }
  }

  async #try(
    { moves, why }: Candidate,
    knobs: ReadonlyMap<string, KnobReport>,
  ): Promise<Result<TrialRecord>> {
    const turned = moves.flatMap(({ knob: id, to }) => {
      const knob = knobs.get(id);
      return knob === undefined ? [] : [{ knob, to }];
    });
    const outcome = await this.#trial({ moves: turned, why, present: this.#present });
    if (!outcome.ok) return outcome;
    const { record, reports } = outcome.value;
    const isKept = record.verdict === 'kept';
    if (isKept) this.#present = merged(this.#present, turned);
    this.#report = (isKept ? reports.b : reports.a) ?? this.#report;
    return ok(record);
  }

  async #trial(
    trial: Pick<RestartTrial, 'moves' | 'why' | 'present'>,
  ): Promise<Result<RestartOutcome>> {
    const { moves } = trial;
    const what = moves.map(({ knob, to }) => `${knob.name} ${knob.value ?? 'unlimited'} -> ${to}`);
    this.#say(`tries ${what.join(', ')}`);
    const seed = (this.#parts.args.tuning.options.seed + this.#records.length) | 0;
    const whole = { ...trial, pipeline: this.#pipelineName, seed, formerPs: [...this.#ps] };
    const outcome = await restartTrial(this.#parts, whole, this.#isStopped);
    if (!outcome.ok) return outcome;
    const { record, reports } = outcome.value;
    if (record.p !== null) this.#ps.push(record.p);
    this.#records.push(record);
    const report = reports.b ?? reports.a;
    if (report !== null) this.#parts.journal.add(record, report);
    this.#say(trialLine(record));
    return outcome;
  }

  /** All that was kept against the first setting; null: nothing was, or one trial has said it already. */
  async #confirmed(): Promise<TrialRecord | null> {
    const kept = this.#records.filter(({ verdict }) => verdict === 'kept');
    if (kept.length < 2 || this.#isStopped()) return kept[0] ?? null;
    const moves = this.#before.flatMap((knob) => {
      const now = this.#present.find((value) => isSameKnob(value, knob));
      const to = now?.to ?? knob.value;
      return to === null || to === knob.value ? [] : [{ knob, to }];
    });
    const why = 'all changes together, against the first setting';
    const outcome = await this.#trial({ moves, why, present: [] });
    return outcome.ok ? outcome.value.record : null;
  }

  #spent(): Ending | null {
    const { timeMs, maxTrials } = this.#parts.args.tuning;
    if (this.#isStopped()) return { end: 'stopped', reason: 'It was stopped.' };
    if (this.#records.length >= maxTrials) {
      return { end: 'trials', reason: 'No more trials were wanted.' };
    }
    return timeMs !== null && performance.now() - this.#startMs >= timeMs
      ? { end: 'time', reason: 'The time is over.' }
      : null;
  }

  #chosen({ pipelines }: Report): PipelineReport | undefined {
    const name = this.#pipelineName ?? this.#parts.args.tuning.pipeline;
    return name === null
      ? pipelines.find((p) => !p.isImported && p.knobs.some((knob) => knob.live))
      : pipelines.find((p) => p.name === name);
  }

  #result({ end, reason }: Ending, overall: TrialRecord | null): TuneResult {
    const figures = (side: Side): readonly BlockFigures[] =>
      (overall ?? this.#records[0])?.blocks.filter((b) => b.side === side).map((b) => b.figures) ??
      [];
    const knobs = this.#before.map((knob) => ({
      ...identityOf(knob),
      remark: knob.remark,
      via: knob.via,
      before: knob.value,
      after: this.#present.find((value) => isSameKnob(value, knob))?.to ?? knob.value,
    }));
    return {
      end,
      reason,
      pipeline: this.#pipelineName,
      trials: this.#records,
      knobs,
      noise: overall?.noise ?? this.#records[0]?.noise ?? null,
      before: standingOf(figures('a')),
      after: overall === null ? standingOf(figures('a')) : standingOf(figures('b')),
      effect: overall?.effect ?? null,
      isApart: false,
      neededMs: null,
    };
  }

  #say(line: string): void {
    this.#parts.context.stderr.write(`sluice: ${line}\n`);
  }
}

/** The pipeline with names for ids of knobs: those with process ids differ from run to run. And which knob each one is. */
function withStableIds(pipeline: PipelineReport): {
  readonly pipeline: PipelineReport;
  readonly knobs: ReadonlyMap<string, KnobReport>;
} {
  const stableOf = new Map<string, string>();
  const knobs = new Map<string, KnobReport>();
  for (const knob of pipeline.knobs) {
    const stable = JSON.stringify([knob.name, knob.stage, knob.queue]);
    stableOf.set(knob.id, stable);
    // Processes that do the same work have the same knobs, and get the same values.
    if (!knobs.has(stable)) knobs.set(stable, knob);
  }
  return {
    knobs,
    pipeline: {
      ...pipeline,
      knobs: [...knobs].map(([id, knob]) => ({ ...knob, id })),
      suggestions: pipeline.suggestions.map((suggestion) => ({
        ...suggestion,
        knob: stableOf.get(suggestion.knob) ?? suggestion.knob,
      })),
    },
  };
}
