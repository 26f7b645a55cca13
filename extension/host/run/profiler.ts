/** Runs programs with the agent in them, and attaches to those that run: one session and one capture for each. */
import { rm } from 'node:fs/promises';
import { attachPlace, requestAttach } from '../../engine/attach.js';
import { launchEnvironment } from '../../engine/launch.js';
import type { SessionId } from '../../engine/protocol.js';
import { newCapturePath, pruneCaptures } from '../captures.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import type { CallEngine } from '../engineLink.js';
import { isLive, type SessionList } from '../sessions/sessionList.js';
import type { Clock } from '../throttle.js';
import { machineClock } from '../throttle.js';
import { programEnvironment, type Launch } from './launch.js';
import { ProgramRun } from './programRun.js';

/** What the profiler needs from around it. */
export interface ProfilerSurroundings {
  readonly call: CallEngine;
  readonly sessions: SessionList;
  /** Path of the agent's preload script. */
  readonly registerPath: string;
  /** Where captures go, and how many of the old ones stay. */
  readonly captures: () => { readonly folder: string; readonly keep: number };
  /** Shows the run to the user; disposing what it returns ends the run. */
  readonly show: (run: ProgramRun, launch: Launch) => Disposable;
  /** For the log. */
  readonly report: (problem: string) => void;
  readonly clock?: Clock;
  /** Makes a program dial in; tests have none. */
  readonly requestAttach?: typeof requestAttach;
}

/** A program that runs already. */
export interface RunningProgram {
  readonly pid: number;
  readonly title: string;
}

/**
 * The agent's last words come over a socket and the program's end over a pipe, so the end may be known first. That long a
 * session may stay without a process before it is closed.
 */
const LAST_WORDS_MS = 1500;
/** A program that was asked to dial in has this long. */
const JOIN_MS = 10_000;

/** Owns every run it started. */
export class Profiler implements Disposable {
  readonly #around: ProfilerSurroundings;
  readonly #clock: Clock;
  readonly #runs = new Map<SessionId, ProgramRun>();
  readonly #launches = new Map<SessionId, Launch>();
  readonly #store = new DisposableStore();

  constructor(around: ProfilerSurroundings) {
    this.#around = around;
    this.#clock = around.clock ?? machineClock;
  }

  /** Starts the program in a new session. Rejects when the capture or the session cannot be made. */
  async start(launch: Launch): Promise<SessionId> {
    const { call, captures, registerPath, show } = this.#around;
    const { folder, keep } = captures();
    const capturePath = await newCapturePath(folder, launch.title, new Date());
    const { session, url, token } = await call('createSession', {
      title: launch.title,
      capturePath,
    });
    const environment = launchEnvironment(programEnvironment(process.env), {
      url,
      token,
      registerPath,
    });
    const run = new ProgramRun(launch, environment);
    this.#runs.set(session, run);
    this.#remember(session, launch);
    const shown = this.#store.add(show(run, launch));
    run.onEnd(() => {
      this.#runs.delete(session);
      this.#store.forget(shown);
      this.#endWhenLeft(session);
    });
    await this.#prune(folder, keep);
    return session;
  }

  /** What was started in a session; undefined: the program ran already. */
  launchOf(session: SessionId): Launch | undefined {
    return this.#launches.get(session);
  }

  /** Those of closed sessions are forgotten. */
  #remember(session: SessionId, launch: Launch): void {
    for (const known of this.#launches.keys()) {
      if (this.#around.sessions.find(known) === undefined) this.#launches.delete(known);
    }
    this.#launches.set(session, launch);
  }

  /** Records a program that runs already, in a new session. Rejects with a sentence when it cannot be had. */
  async attach({ pid, title }: RunningProgram): Promise<SessionId> {
    const { call, captures, requestAttach: request = requestAttach } = this.#around;
    const { folder, keep } = captures();
    const capturePath = await newCapturePath(folder, title, new Date());
    const { session, url, token } = await call('createSession', { title, capturePath });
    const by = `the editor (pid ${process.pid})`;
    const asked = await request({ pid, url, token, by }, attachPlace(process.env));
    if (!asked.ok || !(await this.#hasJoined(session))) {
      await call('closeSession', { session });
      await rm(capturePath, { force: true }); // holds nothing
      const late = `${title} (process ${pid}) did not connect within ${JOIN_MS / 1000} s`;
      throw new Error(asked.ok ? late : asked.error);
    }
    this.#endWhenLeft(session);
    await this.#prune(folder, keep);
    return session;
  }

  /** Waits a bounded time for the first process of a session. */
  async #hasJoined(session: SessionId): Promise<boolean> {
    const { sessions } = this.#around;
    const isThere = (): boolean => {
      const info = sessions.find(session);
      return info !== undefined && info.state !== 'waiting';
    };
    const store = this.#store.add(new DisposableStore());
    const joined = await new Promise<boolean>((resolve) => {
      if (isThere()) resolve(true);
      store.add(
        sessions.onMembership(() => {
          if (isThere()) resolve(true);
        }),
      );
      store.add(
        this.#clock.after(JOIN_MS, () => {
          resolve(false);
        }),
      );
    });
    this.#store.forget(store);
    store.dispose();
    return joined;
  }

  /**
   * Closes the recording first, so that the capture is whole, and then does what Ctrl-C does to the program when this
   * profiler started it.
   */
  async stop(session: SessionId): Promise<void> {
    await this.#around.call('endSession', { session });
    this.#runs.get(session)?.interrupt();
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** Other processes of the session may outlive the one that was started; it ends with the last of them. */
  #endWhenLeft(session: SessionId): void {
    const { sessions } = this.#around;
    const store = this.#store.add(new DisposableStore());
    const finish = (): void => {
      this.#store.forget(store);
      store.dispose();
      this.#end(session);
    };
    const endIfLeft = (): void => {
      if (sessions.find(session)?.state !== 'live') finish();
    };
    store.add(
      this.#clock.after(LAST_WORDS_MS, () => {
        store.add(sessions.onMembership(endIfLeft));
        endIfLeft();
      }),
    );
  }

  #end(session: SessionId): void {
    const info = this.#around.sessions.find(session);
    if (info === undefined) return;
    this.#around.call('endSession', { session }).catch((error: unknown) => {
      this.#around.report(`${info.title}: ${String(error)}`);
    });
  }

  /** A folder that cannot be tidied is no reason not to profile. */
  async #prune(folder: string, keep: number): Promise<void> {
    const live = this.#around.sessions.all().filter(isLive);
    try {
      const gone = await pruneCaptures(folder, keep, new Set(live.map((info) => info.capturePath)));
      if (gone.length > 0) this.#around.report(`Deleted old captures: ${gone.join(', ')}`);
    } catch (error) {
      this.#around.report(`Old captures in ${folder} were not deleted: ${String(error)}`);
    }
  }
}
