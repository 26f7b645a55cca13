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

  /**
   * Looks whether the report of a session of this window tells what became of a promise. A run that cannot tell (another
   * machine) says so once, and leaves the promise to later ones.
   */
  async judge(session: SessionId, report: Report): Promise<void> {
    for (const promise of this.#promises) {
      if (this.#excluded.get(promise)?.has(session) === true) continue;
      if (isUnder(promise, report) === null) continue;
      const outcome = outcomeOf(promise, report);
      const known = this.outcomesOf(session);
      if (outcome === null || known.some(({ text }) => text === outcome.text)) continue;
      this.#outcomes.set(session, [...known, outcome]);
      this.#news.emit({ session, outcome });
      if (outcome.verdict === 'unclear') continue;
      await this.#set(this.#promises.filter((other) => other !== promise));
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
