/** Runs programs with the agent in them, and attaches to those that run: one session and one capture for each. */
import type { requestAttach } from '../../engine/attach.js';
import { launchEnvironment, type Launch as AgentLaunch } from '../../engine/launch.js';
import type { SessionId } from '../../engine/protocol.js';
import { newCapturePath, pruneCaptures, removeCapture, type CaptureLimits } from '../captures.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import type { CallEngine } from '../engineLink.js';
import type { SessionList } from '../sessions/sessionList.js';
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
  readonly captures: () => CaptureLimits & { readonly folder: string };
  /** Writes down of what a capture is; must not reject. */
  readonly note?: (capturePath: string, title: string) => Promise<void>;
  /** Shows the run to the user; disposing what it returns ends the run. */
  readonly show: ShowRun;
  /** For the log. */
  readonly report: (problem: string) => void;
  readonly clock?: Clock;
  /** Makes a program dial in; tests have none. */
  readonly requestAttach?: typeof requestAttach;
}

/** Shows a run to the user; disposing what it returns ends the run. */
export type ShowRun = (run: ProgramRun, launch: Launch) => Disposable;

/** A session that somebody else starts programs for. */
export interface OpenSession {
  readonly session: SessionId;
  readonly capturePath: string;
  /** What makes a program join it, for `launchEnvironment`. */
  readonly agent: AgentLaunch;
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
  async start(launch: Launch, show: ShowRun = this.#around.show): Promise<SessionId> {
    const { session, agent } = await this.open(launch.title);
    const base = { ...programEnvironment(process.env), ...launch.env };
    const run = new ProgramRun(launch, launchEnvironment(base, agent));
    this.#runs.set(session, run);
    this.#remember(session, launch);
    const shown = this.#store.add(show(run, launch));
    run.onEnd(() => {
      this.#runs.delete(session);
      this.#store.forget(shown);
      this.endWhenLeft(session);
    });
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

  /**
   * Opens a session for programs that something else starts: a debugger, a shell. `successorOf`: it takes over the address of
   * that session. Who opens it calls `endWhenLeft` or `discard`. Rejects when the capture or the session cannot be made.
   */
  async open(title: string, successorOf?: SessionId): Promise<OpenSession> {
    const { call, captures, registerPath, note } = this.#around;
    const { folder, ...limits } = captures();
    const capturePath = await newCapturePath(folder, title, new Date());
    const { session, url, token } = await call('createSession', {
      title,
      capturePath,
      ...(successorOf === undefined ? {} : { successorOf }),
    });
    await note?.(capturePath, title);
    await this.#prune(folder, limits);
    return { session, capturePath, agent: { url, token, registerPath } };
  }

  /** Forgets a session of which nobody wants to keep anything, with its capture. */
  async discard({ session, capturePath }: Omit<OpenSession, 'agent'>): Promise<void> {
    await this.#around.call('closeSession', { session });
    await removeCapture(capturePath);
  }

  /** Records a program that runs already, in a new session. Rejects with a sentence when it cannot be had. */
  async attach({ pid, title }: RunningProgram): Promise<SessionId> {
    // A bundle of its own: few windows attach.
    const attaching = await import('../../engine/attach.js');
    const request = this.#around.requestAttach ?? attaching.requestAttach;
    const { session, capturePath, agent } = await this.open(title);
    const { url, token } = agent;
    const by = `the editor (pid ${process.pid})`;
    const asked = await request({ pid, url, token, by }, attaching.attachPlace(process.env));
    if (!asked.ok || !(await this.#hasJoined(session))) {
      await this.discard({ session, capturePath }); // holds nothing
      const late = `${title} (process ${pid}) did not connect within ${JOIN_MS / 1000} s`;
      throw new Error(asked.ok ? late : asked.error);
    }
    this.endWhenLeft(session);
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

  /**
   * Other processes of the session may outlive the one that was started; it ends with the last of them. `empty`: what becomes
   * of one in which nothing was recorded.
   */
  endWhenLeft(session: SessionId, empty: 'keep' | 'discard' = 'keep'): void {
    const { sessions } = this.#around;
    const store = this.#store.add(new DisposableStore());
    const finish = (): void => {
      this.#store.forget(store);
      store.dispose();
      this.#end(session, empty);
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

  #end(session: SessionId, empty: 'keep' | 'discard'): void {
    const info = this.#around.sessions.find(session);
    if (info === undefined) return;
    const isUnwanted = empty === 'discard' && info.executions === 0;
    const ended = isUnwanted ? this.discard(info) : this.#around.call('endSession', { session });
    ended.catch((error: unknown) => {
      this.#around.report(`${info.title}: ${String(error)}`);
    });
  }

  /** A folder that cannot be tidied is no reason not to profile. */
  async #prune(folder: string, limits: CaptureLimits): Promise<void> {
    // Those that an editor shows are read as long as it does.
    const inUse = this.#around.sessions.all().map((info) => info.capturePath);
    try {
      const gone = await pruneCaptures(folder, limits, new Set(inUse));
      if (gone.length > 0) this.#around.report(`Deleted old captures: ${gone.join(', ')}`);
    } catch (error) {
      this.#around.report(`Old captures in ${folder} were not deleted: ${String(error)}`);
    }
  }
}
