/**
 * The sessions of programs that a debugger starts. A session is opened before the debugger starts, because its address goes
 * into the environment, and it ends when the debug session does. Knows nothing of VS Code.
 */
import type { SessionId } from '../../engine/protocol.js';
import type { SessionList } from '../sessions/sessionList.js';
import { tokenOf, withAgent, type Configuration, type OuterOptions } from './debugLaunch.js';
import type { OpenSession, Profiler } from './profiler.js';

/** What it needs from around it. */
export interface DebugSurroundings {
  readonly profiler: Pick<Profiler, 'open' | 'endWhenLeft' | 'discard'>;
  readonly sessions: Pick<SessionList, 'find'>;
  readonly show: (session: SessionId, title: string) => void;
  /** For the log. */
  readonly report: (problem: string) => void;
  /** Milliseconds, of any origin. */
  readonly nowMs: () => number;
}

interface Opened extends OpenSession {
  readonly title: string;
  readonly openedMs: number;
  hasStarted: boolean;
}

/**
 * A task that is to run before the program may fail, and then no debug session ever starts. A session that still waits after
 * this time is given up when the next one is opened.
 */
const GIVE_UP_MS = 10 * 60_000;

/** One for all debug sessions of a window. */
export class DebugRecorder {
  readonly #around: DebugSurroundings;
  /** By token, which is how a debug session is known again. */
  readonly #opened = new Map<string, Opened>();

  constructor(around: DebugSurroundings) {
    this.#around = around;
  }

  /** Opens a session for a configuration and puts the agent into it. Rejects when no session can be made. */
  async prepare(config: Configuration, outer: OuterOptions): Promise<Configuration> {
    await this.#giveUpOld();
    const title = typeof config['name'] === 'string' ? config['name'] : 'Debug';
    const opened = await this.#around.profiler.open(title);
    const openedMs = this.#around.nowMs();
    this.#opened.set(opened.agent.token, { ...opened, title, openedMs, hasStarted: false });
    return withAgent(config, opened.agent, outer);
  }

  /** A debug session has begun; one that was prepared here is shown. */
  started(config: Configuration): void {
    const opened = this.#of(config);
    if (opened === undefined || opened.hasStarted) return;
    opened.hasStarted = true;
    this.#around.show(opened.session, opened.title);
  }

  /** A debug session is over; what its program left running is recorded to its end. */
  ended(config: Configuration): void {
    const opened = this.#of(config);
    if (opened === undefined) return;
    this.#opened.delete(opened.agent.token);
    this.#around.profiler.endWhenLeft(opened.session);
  }

  #of(config: Configuration): Opened | undefined {
    const token = tokenOf(config);
    return token === undefined ? undefined : this.#opened.get(token);
  }

  async #giveUpOld(): Promise<void> {
    const { nowMs, profiler, sessions, report } = this.#around;
    const old = [...this.#opened.values()].filter(
      ({ session, openedMs, hasStarted }) =>
        !hasStarted &&
        nowMs() - openedMs > GIVE_UP_MS &&
        sessions.find(session)?.state === 'waiting',
    );
    for (const opened of old) {
      this.#opened.delete(opened.agent.token);
      await profiler.discard(opened).catch((error: unknown) => {
        report(`${opened.title}: ${String(error)}`);
      });
    }
  }
}
