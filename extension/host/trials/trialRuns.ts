/**
 * Trials and searches of the sessions: one at a time in each, with all that they left. Knows nothing of VS Code.
 *
 * Whatever somebody wants of a knob by hand ends the trial that runs first: the engine takes the candidate back, and only then
 * the knob is set. Should this process or the engine die instead, the agents' leases do the same.
 */
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { formatPercent } from '../../core/format.js';
import { knobReturns, type KnobReturn, type RevertTo } from '../../core/panel/knobHistory.js';
import {
  changeOf,
  trialRow,
  tunedState,
  type LiveState,
  type RunningTrial,
} from '../../core/panel/live.js';
import type { KnobReport, PipelineReport, Report } from '../../core/report/report.js';
import { formatChange } from '../../core/trials/decision.js';
import type { TrialRecord } from '../../core/trials/record.js';
import type { KnobMove } from '../../core/trials/setting.js';
import { stepText, type TrialStep } from '../../core/trials/step.js';
import type { TuneResult } from '../../core/trials/tuning.js';
import { trialOptionsFor, tuneOptionsFor, type TuneWish } from '../../core/trials/wish.js';
import type { EngineEvent, SessionId } from '../../engine/protocol.js';
import { Listeners, type Disposable } from '../disposables.js';
import type { CallEngine } from '../engineLink.js';
import { machineClock, type Clock } from '../throttle.js';

/** Trials of sessions, for whoever shows them. */
export interface SessionTrialList {
  /** Oldest first. */
  trials(session: SessionId): readonly TrialRecord[];
  /** A trial of the session began, went on or ended. */
  readonly onDidChange: (listener: (session: SessionId) => void) => Disposable;
}

/** What the runs need from around them. */
export interface TrialSurroundings {
  readonly call: CallEngine;
  /** Puts a trial into the journal; `report` is of the same session. */
  readonly journal: (session: SessionId, record: TrialRecord, report: Promise<Report>) => void;
  readonly clock?: Clock;
}

/** Changes that shall be tried together, and why. */
export interface TryRequest {
  readonly moves: readonly KnobMove[];
  readonly why: string;
}

/** Trials of one session that are kept; a search makes 30 by itself. */
const MAX_RECORDS = 300;

interface Run {
  readonly kind: RunningTrial['kind'];
  readonly startMs: number;
  readonly done: Promise<unknown>;
  moves: readonly KnobMove[];
  change: string;
  step: string;
  /** Moments of the clock: when it is over at the latest. */
  endMs: number | null;
  trials: number;
  best: string | null;
  isStopping: boolean;
}

interface Entry {
  run: Run | null;
  records: TrialRecord[];
  /** Records that were dropped, so that rows keep their numbers. */
  dropped: number;
  tuned: TuneResult | null;
}

/** What the panel shows of it. */
export type TrialsState = Pick<LiveState, 'running' | 'rows' | 'tuned'>;

/** Owns the trials of every session. */
export class TrialRuns implements SessionTrialList {
  readonly #around: TrialSurroundings;
  readonly #clock: Clock;
  readonly #entries = new Map<SessionId, Entry>();
  readonly #changes = new Listeners<SessionId>();

  constructor(around: TrialSurroundings) {
    this.#around = around;
    this.#clock = around.clock ?? machineClock;
  }

  readonly onDidChange = this.#changes.on;

  trials(session: SessionId): readonly TrialRecord[] {
    return this.#entries.get(session)?.records ?? [];
  }

  isRunning(session: SessionId): boolean {
    return (this.#entries.get(session)?.run ?? null) !== null;
  }

  /** The last search of the session; null: none has ended. */
  tuned(session: SessionId): TuneResult | null {
    return this.#entries.get(session)?.tuned ?? null;
  }

  state(session: SessionId): TrialsState {
    const entry = this.#entries.get(session);
    if (entry === undefined) return { running: null, rows: [], tuned: null };
    const { run, records, dropped, tuned } = entry;
    return {
      running: run === null ? null : this.#running(run),
      rows: records.map((record, i) => trialRow(record, dropped + i + 1)),
      tuned: tuned === null ? null : tunedState(tuned),
    };
  }

  /**
   * Tries changes out together; what is better stays. null: it was stopped before anything was compared. Rejects with a sentence
   * when it cannot begin.
   */
  async tryLive(session: SessionId, { moves, why }: TryRequest): Promise<TrialRecord | null> {
    return this.#alone(session, 'trial', async (run) => {
      const report = await this.#report(session);
      const found = planOf(report, moves);
      if (!found.ok) throw new Error(found.error);
      const { pipeline, left } = found.value;
      // Whoever stops it now is not heard by the engine yet.
      if (run.isStopping) return null;
      run.moves = left;
      run.change = changeOf(pipeline.knobs, left);
      this.#changes.emit(session);
      const record = await this.#around.call('startTrial', {
        session,
        pipeline: pipeline.name,
        moves: left,
        why,
        options: trialOptionsFor(pipeline, left),
      });
      this.#add(session, record);
      return record;
    });
  }

  /** Searches for better settings. null: it was stopped before it began. Rejects with a sentence when it cannot begin. */
  async tune(session: SessionId, wish: TuneWish): Promise<TuneResult | null> {
    const tuning = tuneOptionsFor(wish);
    if (!tuning.ok) throw new Error(tuning.error);
    return this.#alone(session, 'tuning', async (run) => {
      const { timeMs } = tuning.value;
      run.endMs = timeMs === null ? null : run.startMs + timeMs;
      const result = await this.#around.call('startTuning', { session, tuning: tuning.value });
      const entry = this.#entries.get(session);
      if (entry !== undefined) entry.tuned = result;
      return result;
    });
  }

  /** Ends what runs; resolves when the knobs have their own values again. */
  async stop(session: SessionId): Promise<void> {
    const run = this.#entries.get(session)?.run ?? null;
    if (run === null) return;
    run.isStopping = true;
    this.#changes.emit(session);
    await this.#around.call('stopTrials', { session, why: 'asked' });
    await run.done;
  }

  /** Sets a knob by hand. */
  async setKnob(session: SessionId, knob: string, value: number): Promise<void> {
    await this.stop(session);
    await this.#around.call('setKnob', { session, knob, value });
  }

  /** Gives one knob, or (null) all of them, their former values; resolves with those that had others. */
  async revert(
    session: SessionId,
    knob: string | null,
    to: RevertTo = 'start',
  ): Promise<readonly KnobReturn[]> {
    await this.stop(session);
    const returns = knobReturns(await this.#around.call('snapshot', { session }), knob, to);
    for (const { knob: id, value } of returns) {
      await this.#around.call('setKnob', { session, knob: id, value });
    }
    return returns;
  }

  /** Takes in news from the engine. */
  apply(event: EngineEvent): void {
    if (event.kind === 'closed') {
      this.#entries.delete(event.session);
      return;
    }
    if (event.kind !== 'trial' && event.kind !== 'trialStep') return;
    const run = this.#entries.get(event.session)?.run ?? null;
    if (run === null) return;
    if (event.kind === 'trialStep') this.#stepped(run, event.step);
    else if (event.record === null) run.change = triedIn(event.text);
    else {
      this.#told(run, event.record);
      this.#add(event.session, event.record);
    }
    this.#changes.emit(event.session);
  }

  /** The engine died, and everything with it; agents have taken back what was on trial. */
  clear(): void {
    const sessions = [...this.#entries.keys()];
    this.#entries.clear();
    for (const session of sessions) this.#changes.emit(session);
  }

  #stepped(run: Run, step: TrialStep): void {
    run.step = stepText(step);
    if (run.kind === 'tuning') return;
    run.endMs = step.leftMs === null ? null : this.#clock.nowMs() + step.leftMs;
  }

  #told(run: Run, { verdict, effect }: TrialRecord): void {
    run.trials += 1;
    if (verdict === 'kept' && effect !== null) {
      run.best = `${run.change}: ${formatChange(effect.mid)}`;
    }
    run.change = '';
  }

  #add(session: SessionId, record: TrialRecord): void {
    const entry = this.#entries.get(session);
    // A session that was closed meanwhile has a journal still, but nobody who looks.
    entry?.records.push(record);
    const over = (entry?.records.length ?? 0) - MAX_RECORDS;
    if (entry !== undefined && over > 0) {
      entry.records = entry.records.slice(over);
      entry.dropped += over;
    }
    this.#around.journal(session, record, this.#report(session));
  }

  async #alone<T>(
    session: SessionId,
    kind: Run['kind'],
    work: (run: Run) => Promise<T>,
  ): Promise<T | null> {
    const entry = this.#entry(session);
    if (entry.run !== null) {
      throw new Error('A trial of this session is under way already. Stop it first.');
    }
    let ended = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const run: Run = {
      ...{ kind, startMs: this.#clock.nowMs(), done, moves: [], change: '' },
      ...{ step: 'begins', endMs: null, trials: 0, best: null, isStopping: false },
    };
    entry.run = run;
    this.#changes.emit(session);
    try {
      return await work(run);
    } catch (error) {
      if (run.isStopping) return null;
      throw error;
    } finally {
      entry.run = null;
      ended();
      this.#changes.emit(session);
    }
  }

  async #report(session: SessionId): Promise<Report> {
    return (await this.#around.call('snapshot', { session })).report;
  }

  #entry(session: SessionId): Entry {
    const known = this.#entries.get(session);
    if (known !== undefined) return known;
    const made: Entry = { run: null, records: [], dropped: 0, tuned: null };
    this.#entries.set(session, made);
    return made;
  }

  #running(run: Run): RunningTrial {
    const { kind, moves, change, step, endMs, trials, best, isStopping } = run;
    const nowMs = this.#clock.nowMs();
    return {
      ...{ kind, moves, change, step, trials, best, isStopping },
      elapsedMs: nowMs - run.startMs,
      leftMs: endMs === null ? null : Math.max(0, endMs - nowMs),
    };
  }
}

/** The pipeline of the knobs, and the moves that change something; fails when nothing is left. */
function planOf(
  { pipelines }: Report,
  moves: readonly KnobMove[],
): Result<{ readonly pipeline: PipelineReport; readonly left: readonly KnobMove[] }> {
  const knobOf = (pipeline: PipelineReport, id: string): KnobReport | undefined =>
    pipeline.knobs.find((knob) => knob.id === id);
  const [first] = moves;
  if (first === undefined) return fail('A trial needs a knob to turn.');
  const pipeline = pipelines.find((p) => knobOf(p, first.knob) !== undefined);
  if (pipeline === undefined) return fail(`There is no knob ${first.knob} any more.`);
  const left = moves.filter(({ knob, to }) => knobOf(pipeline, knob)?.value !== to);
  const [only] = left;
  if (only !== undefined) return ok({ pipeline, left });
  return fail(`${knobOf(pipeline, first.knob)?.name ?? 'The knob'} is ${first.to} already.`);
}

/** Out of `tries workers 2 -> 4`; empty: nothing is turned yet, and steps say what is done. */
function triedIn(text: string): string {
  return /^tries (.*)$/.exec(text)?.[1]?.replaceAll('->', '→') ?? '';
}

const verdictWords: Readonly<Record<TrialRecord['verdict'], string>> = {
  kept: 'kept',
  rolledBack: 'taken back',
  noDifference: 'no difference, taken back',
  aborted: 'not finished, taken back',
};

/** The verdict as a line for the user: `workers 2 → 4: kept. Throughput +38% (+31% to +44%).` */
export function verdictText(record: TrialRecord): string {
  return `${trialRow(record, 0).change}: ${verdictWords[record.verdict]}. ${record.reason}`;
}

/** The search as a line for the user. */
export function tunedText({ trials, effect, reason }: TuneResult): string {
  const kept = trials.filter(({ verdict }) => verdict === 'kept').length;
  const tried = trials.length === 1 ? '1 trial' : `${trials.length} trials`;
  if (trials.length === 0) return `Nothing was tried. ${reason}`;
  if (kept === 0) return `Nothing better was found in ${tried}. ${reason}`;
  const gain =
    effect === null
      ? ''
      : ` ${formatChange(effect.mid)} (${formatPercent(effect.low)} to ${formatPercent(effect.high)})`;
  return `Tuned:${gain}, ${kept} of ${tried} kept. ${reason}`;
}
