/** Promises of this workspace, and what later runs say of them. */
import type { Interval, KnobReport, PipelineReport, Report } from '../../core/report/report.js';
import type { SessionId } from '../../engine/protocol.js';
import { Listeners } from '../disposables.js';
import type { Memory } from '../trials/ignored.js';
import {
  isUnder,
  MAX_PROMISES,
  outcomeOf,
  promiseOf,
  readPromises,
  type PromiseOutcome,
  type SourcePromise,
} from './promises.js';

const KEY = 'sluice.promises';

/** Owns the promises; each is judged once, by the first run that can tell. */
export class PromiseStore {
  readonly #memory: Memory;
  readonly #outcomes = new Map<SessionId, readonly PromiseOutcome[]>();
  readonly #news = new Listeners<{
    readonly session: SessionId;
    readonly outcome: PromiseOutcome;
  }>();
  /** Sessions whose program ran when the promise was made are no later run. */
  readonly #sessionsBefore: () => readonly SessionId[];
  readonly #excluded = new WeakMap<SourcePromise, ReadonlySet<SessionId>>();
  #promises: readonly SourcePromise[];

  constructor(memory: Memory, sessionsNow: () => readonly SessionId[]) {
    this.#memory = memory;
    this.#sessionsBefore = sessionsNow;
    this.#promises = readPromises(memory.get(KEY));
  }

  /** A run has shown what became of a promise. */
  readonly onOutcome = this.#news.on;

  /** What a session has said of promises. */
  outcomesOf(session: SessionId): readonly PromiseOutcome[] {
    return this.#outcomes.get(session) ?? [];
  }

  /** Remembers a change that was written. A newer one of the same knobs takes the place of an older one. */
  async add(
    pipeline: PipelineReport,
    moves: readonly { readonly knob: KnobReport; readonly to: number }[],
    gain: Interval | null,
    cores: number | null,
  ): Promise<void> {
    const promise = promiseOf(pipeline, moves, gain, cores);
    const keys = new Set(promise.changes.map(({ key }) => key));
    const others = this.#promises.filter(
      ({ changes }) => !changes.some(({ key }) => keys.has(key)),
    );
    this.#excluded.set(promise, new Set(this.#sessionsBefore()));
    await this.#set([...others, promise].slice(-MAX_PROMISES));
  }

  /** Looks whether a session's report tells what became of a promise. */
  async judge(session: SessionId, report: Report): Promise<void> {
    for (const promise of this.#promises) {
      if (this.#excluded.get(promise)?.has(session) === true) continue;
      if (isUnder(promise, report) === null) continue;
      const outcome = outcomeOf(promise, report);
      if (outcome === null) continue;
      await this.#set(this.#promises.filter((other) => other !== promise));
      this.#outcomes.set(session, [...this.outcomesOf(session), outcome]);
      this.#news.emit({ session, outcome });
    }
  }

  /** The session is gone. */
  forget(session: SessionId): void {
    this.#outcomes.delete(session);
  }

  async #set(promises: readonly SourcePromise[]): Promise<void> {
    this.#promises = promises;
    await this.#memory.update(KEY, promises);
  }
}
