/** A search for better settings on a running program: trials one after the other until it is enough. */
import { ok, type Result } from '../../../agent/wire/result.js';
import type { KnobReport, PipelineReport, Report } from '../../core/report/report.js';
import type { BlockFigures } from '../../core/trials/blockFigures.js';
import type { TrialRecord } from '../../core/trials/record.js';
import { KnobSearch, type Candidate } from '../../core/trials/search.js';
import {
  overallEffect,
  standingOf,
  type TuneEnd,
  type TuneOptions,
  type TuneResult,
  type TrialOptions,
  type TunedKnob,
} from '../../core/trials/tuning.js';
import {
  ASKED_TO_STOP,
  identityOf,
  type Baseline,
  type SessionTrials,
  type TrialSession,
} from './sessionTrials.js';

/** Trials in a row that may fail for other reasons than the candidate. */
const MAX_ABORTED = 3;

/** What a search reports while it runs. */
export interface TuneListener {
  /** What it does now. */
  progress(text: string): void;
  trial(record: TrialRecord): void;
}

interface Ending {
  readonly end: TuneEnd;
  readonly reason: string;
}

/** Runs one search. */
export class Tuner {
  readonly #session: TrialSession;
  readonly #trials: SessionTrials;
  readonly #options: TuneOptions;
  readonly #listener: TuneListener;
  readonly #records: TrialRecord[] = [];
  #first: readonly BlockFigures[] = [];
  #before: readonly KnobReport[] = [];
  #baseline: Baseline | null = null;
  #startMs = 0;

  constructor(
    session: TrialSession,
    trials: SessionTrials,
    options: TuneOptions,
    listener: TuneListener,
  ) {
    this.#session = session;
    this.#trials = trials;
    this.#options = options;
    this.#listener = listener;
  }

  /** Searches until it is enough, or until `signal` stops it. Fails never but when another trial is under way. */
  async run(): Promise<Result<TuneResult>> {
    return this.#trials.alone(async (signal) => {
      this.#listener.progress('waits until the program is at work');
      const ending = await this.#search(signal);
      return ok(this.#result(ending));
    });
  }

  async #search(signal: AbortSignal): Promise<Ending> {
    const { pipeline, options } = this.#options;
    this.#startMs = performance.now();
    const baseline = await this.#trials.baseline(pipeline, options, signal);
    if (!baseline.ok) return this.#failed(baseline.error, signal);
    this.#baseline = baseline.value;
    this.#first = baseline.value.reference;
    this.#before = this.#pipeline()?.knobs ?? [];
    const { objective } = options;
    if (objective.kind !== 'cost') return this.#climb(baseline.value, options, signal);
    const enough = (): boolean =>
      (standingOf(baseline.value.reference)?.throughputPerSec ?? 0) >= objective.targetRatePerSec;
    if (!enough()) {
      const more: TrialOptions = { ...options, objective: { kind: 'throughput' } };
      const ending = await this.#climb(baseline.value, more, signal, enough);
      if (ending.end !== 'done' || !enough()) return ending;
    }
    return this.#climb(baseline.value, options, signal);
  }

  /** One climb; `isEnough` ends it before it is at the top. */
  async #climb(
    baseline: Baseline,
    options: TrialOptions,
    signal: AbortSignal,
    isEnough: () => boolean = () => false,
  ): Promise<Ending> {
    const { patience, ranges } = this.#options;
    const search = new KnobSearch({
      patience,
      ranges: ranges === null ? null : new Map(Object.entries(ranges)),
      isForLess: options.objective.kind === 'cost',
    });
    while (!isEnough()) {
      const ending = await this.#step(search, { baseline, options }, signal);
      if (ending !== null) return ending;
    }
    return { end: 'done', reason: 'The target is reached.' };
  }

  /** The next trial of a climb; null: go on. */
  async #step(
    search: KnobSearch,
    at: { readonly baseline: Baseline; readonly options: TrialOptions },
    signal: AbortSignal,
  ): Promise<Ending | null> {
    const spent = this.#spent();
    if (spent !== null) return spent;
    const pipeline = this.#named(await this.#session.advised());
    if (pipeline === undefined) return this.#failed('the pipeline is gone', signal);
    if (search.knobsOf(pipeline).length === 0) return nothingLive(pipeline);
    const candidate = search.next(pipeline);
    if (candidate === null) return { end: 'done', reason: 'Nothing more is worth a try.' };
    const record = await this.#try(candidate, { ...at, pipeline }, signal);
    if (!record.ok) return this.#failed(record.error, signal);
    const { verdict, reason } = record.value;
    search.learn(verdict);
    const over = this.#session.over();
    if (over !== null || signal.aborted) return this.#failed(over ?? reason, signal);
    if (this.#keepsFailing()) return { end: 'impossible', reason };
    if (verdict === 'rolledBack') await this.#coolDown(at.baseline, signal);
    return null;
  }

  #keepsFailing(): boolean {
    const last = this.#records.slice(-MAX_ABORTED);
    return last.length === MAX_ABORTED && last.every(({ verdict }) => verdict === 'aborted');
  }

  async #try(
    { moves, why }: Candidate,
    at: {
      readonly baseline: Baseline;
      readonly options: TrialOptions;
      readonly pipeline: PipelineReport;
    },
    signal: AbortSignal,
  ): Promise<Result<TrialRecord>> {
    const what = moves.map(({ knob, to }) => {
      const found = at.pipeline.knobs.find(({ id }) => id === knob);
      return `${found?.name ?? knob} ${found?.value ?? 'unlimited'} -> ${to}`;
    });
    this.#listener.progress(`tries ${what.join(', ')}`);
    const request = { pipeline: at.baseline.pipeline, moves, why, options: at.options };
    const record = await this.#trials.compare(request, at.baseline, signal);
    if (!record.ok) return record;
    this.#records.push(record.value);
    this.#listener.trial(record.value);
    return record;
  }

  /** What a bad candidate has left behind (queues, timeouts) must not count against the next one. */
  async #coolDown({ timing }: Baseline, signal: AbortSignal): Promise<void> {
    this.#trials.tell({ phase: 'cools', block: 0, blocks: 0, leftMs: null });
    const untilNs = this.#session.newestNs() + 2 * timing.warmUpNs;
    while (this.#session.newestNs() < untilNs && !signal.aborted && this.#session.over() === null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #spent(): Ending | null {
    const { timeMs, maxTrials } = this.#options;
    if (this.#records.length >= maxTrials) {
      return { end: 'trials', reason: 'No more trials were wanted.' };
    }
    const spentMs = performance.now() - this.#startMs;
    return timeMs !== null && spentMs >= timeMs
      ? { end: 'time', reason: 'The time is over.' }
      : null;
  }

  #failed(reason: string, signal: AbortSignal): Ending {
    const over = this.#session.over();
    // A program may end because it was asked to as well.
    if (signal.reason === ASKED_TO_STOP) return { end: 'stopped', reason: ASKED_TO_STOP };
    if (over !== null) return { end: 'ended', reason: signal.aborted ? over : reason };
    if (signal.aborted) return { end: 'ended', reason: String(signal.reason) };
    return { end: 'impossible', reason };
  }

  #pipeline(): PipelineReport | undefined {
    return this.#named(this.#session.report());
  }

  #named({ pipelines }: Report): PipelineReport | undefined {
    return pipelines.find(({ name }) => name === this.#baseline?.pipeline);
  }

  #result({ end, reason }: Ending): TuneResult {
    const { options } = this.#options;
    const baseline = this.#baseline;
    const isShort = end === 'ended' && this.#records.every(({ verdict }) => verdict === 'aborted');
    return {
      end,
      reason,
      pipeline: baseline?.pipeline ?? null,
      trials: this.#records,
      knobs: this.#tuned(),
      noise: baseline?.noise ?? null,
      before: standingOf(this.#first),
      after: standingOf(baseline?.reference ?? []),
      ...overallEffect(this.#records, this.#first, options.objective),
      neededMs: isShort ? this.#trials.neededMs(options, baseline?.timing ?? null) : null,
    };
  }

  #tuned(): readonly TunedKnob[] {
    const after = new Map(this.#before.map(({ id, value }) => [id, value]));
    for (const { knobs } of this.#records) for (const knob of knobs) after.set(knob.id, knob.after);
    const live = this.#before.filter((knob) => knob.live);
    return live.map((knob) => ({
      ...identityOf(knob),
      remark: knob.remark,
      via: knob.via,
      before: knob.value,
      after: after.get(knob.id) ?? null,
    }));
  }
}

function nothingLive({ name, knobs }: PipelineReport): Ending {
  const fixed = knobs.filter(({ live }) => !live).map((knob) => knob.name);
  const why =
    fixed.length === 0
      ? 'it declares none'
      : `${[...new Set(fixed)].join(', ')} can only be set when the program starts`;
  return { end: 'impossible', reason: `No knob of ${name} can be turned while it runs: ${why}.` };
}
