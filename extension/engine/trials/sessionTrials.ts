/**
 * Trials of one live session: one change at a time, all judged together. It knows how blocks of this program differ (an A/A
 * run comes before the first trial), what was tried, and how to stop at once.
 */
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import type { KnobReport, PipelineReport, Report } from '../../core/report/report.js';
import type { BlockFigures } from '../../core/trials/blockFigures.js';
import { blocksNeeded } from '../../core/trials/blockOrder.js';
import { blockTiming, trialNs, type BlockTiming } from '../../core/trials/blockTiming.js';
import { leastEffect, noiseOf, type Noise, type TrialTerms } from '../../core/trials/decision.js';
import { defaultGuards, objectiveText, type Objective } from '../../core/trials/objective.js';
import type { TrialRecord } from '../../core/trials/record.js';
import type { TrialStep } from '../../core/trials/step.js';
import { moveProblem, type KnobMove } from '../../core/trials/setting.js';
import { guardsOf, residenceNs, type TrialOptions } from '../../core/trials/tuning.js';
import type { SessionModel } from '../../core/sessionModel.js';
import { JobQueue } from '../jobQueue.js';
import type { KnobTurner } from './knobSwitch.js';
import { LiveTrial, SETTLED_NS, type TrialHost } from './liveTrial.js';

/** The session that trials are made in. */
export interface TrialSession extends TrialHost {
  report(): Report;
  /** The report with fresh advice. */
  advised(): Promise<Report>;
}

/** A model and its knobs as trials see them; `over`: why there is no program (any more). */
export function trialSession(
  model: SessionModel,
  knobs: KnobTurner,
  over: () => string | null,
): TrialSession {
  const jobs = new JobQueue();
  return {
    knobs,
    over,
    newestNs: () => model.extentNs[1],
    figures: (pipeline, range) => model.blockFigures(pipeline, range),
    turns: (from) => model.knobTurns(from),
    report: () => model.report(),
    async advised() {
      const trim = (): void => {
        model.trim();
      };
      await jobs.run('advice', () => model.adviceJob(), trim);
      return model.report();
    },
  };
}

export interface TrialRequest {
  readonly pipeline: string | null;
  readonly moves: readonly KnobMove[];
  readonly why: string;
  readonly options: TrialOptions;
}

/** Why trials end when somebody wants that. */
export const ASKED_TO_STOP = 'It was stopped.';
/** Blocks of an A/A run. */
const NOISE_BLOCKS = 6;
/** Blocks of the present setting that are remembered: for a first look at a candidate that comes first. */
const REFERENCE_BLOCKS = 6;
/** The first second shows a program that starts. */
const WARM_UP_NS = 1e9;
const POLL_MS = 100;

/** What is known of a pipeline before a trial. */
export interface Baseline {
  readonly pipeline: string;
  readonly timing: BlockTiming;
  readonly noise: Noise;
  readonly objective: Objective;
  /** The newest blocks of the present setting. */
  reference: readonly BlockFigures[];
}

/** Trials of a session. `stop` ends what is under way and restores at once. */
export class SessionTrials {
  readonly #session: TrialSession;
  readonly #tell: (step: TrialStep) => void;
  readonly #ps: number[] = [];
  #baseline: Baseline | null = null;
  #running: { readonly abort: AbortController; readonly done: Promise<unknown> } | null = null;
  #count = 0;

  /** `tell` hears how far the trial is that runs. */
  constructor(session: TrialSession, tell: (step: TrialStep) => void = () => undefined) {
    this.#session = session;
    this.#tell = tell;
  }

  /** Says what is done at present; see `TrialStep`. */
  tell(step: TrialStep): void {
    this.#tell(step);
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Runs `work` as the only change of the session; fails when there is one already. */
  async alone<T>(work: (signal: AbortSignal) => Promise<Result<T>>): Promise<Result<T>> {
    if (this.#running !== null) return fail('a trial of this session is under way already');
    const abort = new AbortController();
    const done = work(abort.signal);
    this.#running = { abort, done };
    try {
      return await done;
    } finally {
      this.#running = null;
    }
  }

  /** Ends what is under way, and resolves when the program has its own values again. */
  async stop(reason: string): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    running.abort.abort(reason);
    await running.done.catch(() => undefined);
  }

  /** One trial, from the noise of the program to the verdict. */
  async trial(request: TrialRequest): Promise<Result<TrialRecord>> {
    return this.alone(async (signal) => {
      const present = this.#pipeline(request.pipeline);
      const { moves, options } = request;
      // Said before the program is watched for seconds.
      const wrong =
        present === undefined ? null : turnedKnobs(present, moves, options.isFarAllowed);
      if (wrong?.ok === false) return wrong;
      const baseline = await this.baseline(request.pipeline, request.options, signal);
      return baseline.ok ? this.compare(request, baseline.value, signal) : baseline;
    });
  }

  /** What must be known before the first trial: waits until the program is at work, then watches it without a change. */
  async baseline(
    pipeline: string | null,
    options: TrialOptions,
    signal: AbortSignal,
  ): Promise<Result<Baseline>> {
    this.#tell({ phase: 'waits', block: 0, blocks: 0, leftMs: null });
    const found = await this.#working(pipeline, signal);
    if (!found.ok) return found;
    const { name } = found.value;
    const known = this.#baseline;
    if (known?.pipeline === name && known.objective.kind === options.objective.kind)
      return ok(known);
    const timing = this.#timing(found.value, options);
    if (timing === null) {
      return fail(
        `too few items leave ${name} for trials: a block of ${options.timing.maxBlockNs / 1e9} s would hold fewer than 30`,
      );
    }
    const perSide = blocksNeeded(0, options.alpha);
    const trialMs = trialNs(timing, 2 * perSide, SETTLED_NS) / 1e6;
    const plan = {
      ...{ pipeline: name, knobs: [], blocksPerSide: NOISE_BLOCKS / 2, timing, seed: 0 },
      began: (block: number, ms: number): void => {
        this.#tell({ phase: 'noise', block, blocks: NOISE_BLOCKS, leftMs: ms + trialMs });
      },
    };
    const quiet = { blockDeviation: 0, floor: 0 };
    const terms = this.#terms(options, { noise: quiet, reference: [] });
    const { blocks, reason } = await new LiveTrial(this.#session, plan, terms, signal).run();
    if (blocks.length < NOISE_BLOCKS) return fail(reason);
    const reference = blocks.map(({ figures }) => figures);
    const noise = noiseOf(reference, options.objective, perSide);
    const { objective } = options;
    this.#baseline = { pipeline: name, timing, noise, objective, reference };
    return ok(this.#baseline);
  }

  /** The present setting against another one. */
  async compare(
    request: TrialRequest,
    baseline: Baseline,
    signal: AbortSignal,
  ): Promise<Result<TrialRecord>> {
    const { moves, options, why } = request;
    const report = this.#pipeline(baseline.pipeline);
    if (report === undefined) return fail(`there is no pipeline ${baseline.pipeline} any more`);
    const turned = turnedKnobs(report, moves, options.isFarAllowed);
    if (!turned.ok) return turned;
    const atUnixMs = Date.now();
    const terms = this.#terms(options, baseline);
    const seed = (options.seed + this.#count++) | 0;
    const blocksPerSide = blocksNeeded(this.#ps.length, options.alpha);
    const plan = {
      pipeline: baseline.pipeline,
      knobs: turned.value.map(({ knob, to }) => ({ knob: knob.id, from: knob.value, to })),
      blocksPerSide,
      timing: this.#timing(report, options) ?? baseline.timing,
      seed,
      began: (block: number, leftMs: number): void => {
        this.#tell({ phase: 'blocks', block, blocks: 2 * blocksPerSide, leftMs });
      },
    };
    const outcome = await new LiveTrial(this.#session, plan, terms, signal).run();
    const { blocks, verdict, reason, effect, p, pAdjusted } = outcome;
    if (p !== null) this.#ps.push(p);
    const side = verdict === 'kept' ? 'b' : 'a';
    const present = blocks.filter((block) => block.side === side).map(({ figures }) => figures);
    if (present.length > 0) {
      const before = verdict === 'kept' ? [] : baseline.reference;
      baseline.reference = [...before, ...present].slice(-REFERENCE_BLOCKS);
    }
    return ok({
      kind: 'live',
      atUnixMs,
      pipeline: baseline.pipeline,
      why: why.slice(0, 1000),
      objective: objectiveText(options.objective),
      knobs: turned.value.map(({ knob, to }) => ({
        ...identityOf(knob),
        before: knob.value,
        candidate: to,
        after: verdict === 'kept' ? to : knob.value,
      })),
      variable: null,
      blocks,
      effect,
      p,
      pAdjusted,
      leastEffect: leastEffect(terms),
      noise: baseline.noise,
      verdict,
      reason: reason.slice(0, 4096),
      seed,
    });
  }

  /** How long the first trial and what comes before it take at this pace, in milliseconds. */
  neededMs(options: TrialOptions, timing: BlockTiming | null): number {
    const { minWarmUpNs: warmUpNs, minBlockNs: blockNs } = options.timing;
    const each = timing ?? { warmUpNs, blockNs };
    const perSide = blocksNeeded(0, options.alpha);
    const ns =
      WARM_UP_NS +
      SETTLED_NS +
      trialNs({ ...each, warmUpNs: 0 }, NOISE_BLOCKS, SETTLED_NS) +
      trialNs(each, 2 * perSide, SETTLED_NS);
    return Math.ceil(ns / 1e6);
  }

  #terms(
    { objective, guards, minEffect, alpha }: TrialOptions,
    { noise, reference }: Pick<Baseline, 'noise' | 'reference'>,
  ): TrialTerms {
    const all = guardsOf(guards, defaultGuards);
    return { objective, guards: all, minEffect, alpha, noise, reference, formerPs: [...this.#ps] };
  }

  /** Waits until items leave the pipeline. */
  async #working(name: string | null, signal: AbortSignal): Promise<Result<PipelineReport>> {
    for (;;) {
      const over = this.#session.over();
      const found = this.#pipeline(name);
      if (over !== null) return fail(found === undefined ? `${over} ${noPipeline(name)}` : over);
      if (signal.aborted) return fail(String(signal.reason));
      const nowNs = this.#session.newestNs();
      if (found !== undefined) {
        const fromNs = nowNs - WARM_UP_NS - SETTLED_NS;
        const done = this.#session.figures(found.name, { fromNs, toNs: nowNs - SETTLED_NS });
        const isWarm = (done?.completions ?? 0) > 0 && nowNs >= WARM_UP_NS + SETTLED_NS;
        if (isWarm) return ok(found);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** The pipeline of that name, or the first one with live knobs. */
  #pipeline(name: string | null): PipelineReport | undefined {
    const { pipelines } = this.#session.report();
    if (name !== null) return pipelines.find((p) => p.name === name);
    return pipelines.find((p) => !p.isImported && p.knobs.some((knob) => knob.live));
  }

  #timing(pipeline: PipelineReport, { timing }: TrialOptions): BlockTiming | null {
    const toNs = this.#session.newestNs() - SETTLED_NS;
    const lately = this.#session.figures(pipeline.name, { fromNs: toNs - 2 * WARM_UP_NS, toNs });
    const throughputPerSec = Math.max(lately?.throughputPerSec ?? 0, pipeline.throughputPerSec);
    return blockTiming({ throughputPerSec, residenceNs: residenceNs(pipeline) }, timing);
  }
}

function noPipeline(name: string | null): string {
  return name === null ? 'It had no pipeline with a live knob.' : `It had no pipeline ${name}.`;
}

function turnedKnobs(
  { knobs }: PipelineReport,
  moves: readonly KnobMove[],
  isFar: boolean,
): Result<readonly { readonly knob: KnobReport; readonly to: number }[]> {
  if (moves.length === 0) return fail('a trial needs a knob to turn');
  const turned: { knob: KnobReport; to: number }[] = [];
  for (const move of moves) {
    const knob = knobs.find(({ id }) => id === move.knob);
    const problem = moveProblem(knob, move, isFar);
    if (problem !== null || knob === undefined) return fail(problem ?? 'no knob');
    turned.push({ knob, to: move.to });
  }
  return ok(turned);
}

/** What finds a knob again, in this run of the program and in others. */
export function identityOf(
  knob: KnobReport,
): Pick<KnobReport, 'id' | 'name' | 'kind' | 'stage' | 'queue' | 'source'> {
  const { id, name, kind, stage, queue, source } = knob;
  return { id, name, kind, stage, queue, source };
}
