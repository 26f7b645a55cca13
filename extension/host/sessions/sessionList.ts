/** What the host knows of the engine's sessions. Fed by the engine's events, read by the view, the status bar, commands. */
import type { Report } from '../../core/report/report.js';
import type { EngineEvent, SessionId, SessionInfo } from '../../engine/protocol.js';
import { Listeners, type Disposable } from '../disposables.js';
import type { CallEngine } from '../engineLink.js';
import { Throttle, type Clock } from '../throttle.js';

/** A program is attached or awaited, so more can come. */
export const isLive = (info: SessionInfo): boolean =>
  info.state === 'live' || info.state === 'waiting';

/** A session's report, or why there is none. */
export type ReportState =
  | { readonly kind: 'known'; readonly report: Report }
  | { readonly kind: 'failed'; readonly message: string };

interface Entry {
  info: SessionInfo;
  /** Order of arrival: a newer session has a higher number. */
  readonly arrival: number;
  /** Of the state when it was asked for; undefined when nobody asked since the last tick. */
  report: Promise<ReportState> | undefined;
  isStale: boolean;
}

/** Readers are told at most once in this time, however many events come. */
const TICK_MS = 1000;

/** All sessions of the engine, with their reports as far as somebody wants them. */
export class SessionList implements Disposable {
  readonly #call: CallEngine;
  readonly #entries = new Map<SessionId, Entry>();
  readonly #changes = new Listeners<readonly SessionId[]>();
  readonly #membership = new Listeners<undefined>();
  readonly #events = new Listeners<SessionId>();
  readonly #tick: Throttle;
  #arrivals = 0;

  constructor(call: CallEngine, clock?: Clock) {
    this.#call = call;
    this.#tick = new Throttle(() => this.#publish(), TICK_MS, clock);
  }

  /** These sessions have changed since the last time; at most once a second. */
  readonly onChange = this.#changes.on;
  /** A session came, went, or changed its state; at once. */
  readonly onMembership = this.#membership.on;

  /** This session changed; with every event of the engine. */
  readonly onEvent = this.#events.on;

  /** Takes in news from the engine. */
  apply(event: EngineEvent): void {
    if (event.kind === 'problem' || event.kind === 'trial' || event.kind === 'trialStep') return;
    const changesMembership =
      event.kind === 'closed' ? this.#entries.delete(event.session) : this.#update(event.info);
    if (changesMembership) this.#membership.emit(undefined);
    this.#events.emit(event.kind === 'closed' ? event.session : event.info.session);
    this.#tick.request();
  }

  /** The engine died, and everything with it. */
  clear(): void {
    this.#entries.clear();
    this.#membership.emit(undefined);
    this.#tick.request();
  }

  /** Live ones first, then the newest first. */
  all(): readonly SessionInfo[] {
    return [...this.#entries.values()]
      .sort((a, b) => Number(isLive(b.info)) - Number(isLive(a.info)) || b.arrival - a.arrival)
      .map((entry) => entry.info);
  }

  find(session: SessionId): SessionInfo | undefined {
    return this.#entries.get(session)?.info;
  }

  /** The session that was recorded into, or read from, this file. */
  findByCapture(capturePath: string): SessionInfo | undefined {
    return this.all().find((info) => info.capturePath === capturePath);
  }

  /** The report as of the last tick or later. Never rejects. */
  report(session: SessionId): Promise<ReportState> {
    const entry = this.#entries.get(session);
    if (entry === undefined) {
      return Promise.resolve({ kind: 'failed', message: 'This session has been closed.' });
    }
    // Advice on a program that runs is renewed at the engine's own pace: working it out costs the machine that the program uses.
    const isWatched = isLive(entry.info);
    entry.report ??= this.#call('report', { session, isWatched }).then(
      (report): ReportState => ({ kind: 'known', report }),
      (error: unknown): ReportState => ({
        kind: 'failed',
        message: error instanceof Error ? error.message : String(error),
      }),
    );
    return entry.report;
  }

  dispose(): void {
    this.#tick.dispose();
  }

  #update(info: SessionInfo): boolean {
    const entry = this.#entries.get(info.session);
    if (entry === undefined) {
      this.#arrivals += 1;
      const added = { info, arrival: this.#arrivals, report: undefined, isStale: true };
      this.#entries.set(info.session, added);
      return true;
    }
    const changesState = entry.info.state !== info.state;
    entry.info = info;
    entry.isStale = true;
    return changesState;
  }

  /** Old reports go here and not with each event, so that a view which redraws often does not make the engine compute often. */
  async #publish(): Promise<void> {
    const changed = [...this.#entries.values()].filter((entry) => entry.isStale);
    const wanted = changed.filter((entry) => entry.report !== undefined);
    for (const entry of changed) {
      entry.isStale = false;
      entry.report = undefined;
    }
    // Those that were read are likely read again: have them ready, and let their cost slow the ticks down.
    await Promise.all(wanted.map((entry) => this.report(entry.info.session)));
    if (changed.length > 0) this.#changes.emit(changed.map((entry) => entry.info.session));
  }
}
