/**
 * The sessions of programs that a debugger starts. A session is opened before the debugger starts, because its address goes
 * into the environment, and it ends when the debug session does. Knows nothing of VS Code.
 */
import type { SessionId } from '../../engine/protocol.js';
import type { Disposable } from '../disposables.js';
import type { SessionList } from '../sessions/sessionList.js';
import { tokenOf, withAgent, type Configuration, type OuterOptions } from './debugLaunch.js';
import type { OpenSession, Profiler } from './profiler.js';
import { TerminalRecorder } from './terminalRecorder.js';

/** What it needs from around it. */
export interface DebugSurroundings {
  readonly profiler: Pick<Profiler, 'open' | 'endWhenLeft' | 'discard'>;
  readonly sessions: SessionList;
  readonly show: (session: SessionId, title: string) => void;
  /** For the log. */
  readonly report: (problem: string) => void;
  /** Milliseconds, of any origin. */
  readonly nowMs: () => number;
}

interface Prepared {
  readonly title: string;
  readonly first: OpenSession;
  readonly preparedMs: number;
  hasStarted: boolean;
  /** Ends the recording when it is disposed. */
  readonly recording: Disposable;
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
  readonly #prepared = new Map<string, Prepared>();

  constructor(around: DebugSurroundings) {
    this.#around = around;
  }

  /** Opens a session for a configuration and puts the agent into it. Rejects when no session can be made. */
  async prepare(config: Configuration, outer: OuterOptions): Promise<Configuration> {
    await this.#giveUpOld();
    const title = typeof config['name'] === 'string' ? config['name'] : 'Debug';
    // The debugger's terminal stays when its command has ended, and the user may run more in it.
    const isTerminal = config['type'] === 'node-terminal';
    const { first, recording } = isTerminal ? await this.#terminal(title) : await this.#run(title);
    const preparedMs = this.#around.nowMs();
    const prepared = { title, first, preparedMs, hasStarted: false, recording };
    this.#prepared.set(first.agent.token, prepared);
    return withAgent(config, first.agent, outer);
  }

  /** A debug session has begun; one that was prepared here is shown. */
  started(config: Configuration): void {
    const prepared = this.#of(config);
    if (prepared === undefined || prepared.hasStarted) return;
    prepared.hasStarted = true;
    this.#around.show(prepared.first.session, prepared.title);
  }

  /** A debug session is over; what its program left running is recorded to its end. */
  ended(config: Configuration): void {
    const prepared = this.#of(config);
    if (prepared === undefined) return;
    this.#prepared.delete(prepared.first.agent.token);
    prepared.recording.dispose();
  }

  async #run(title: string): Promise<Pick<Prepared, 'first' | 'recording'>> {
    const { profiler } = this.#around;
    const first = await profiler.open(title);
    const dispose = (): void => {
      profiler.endWhenLeft(first.session);
    };
    return { first, recording: { dispose } };
  }

  async #terminal(title: string): Promise<Pick<Prepared, 'first' | 'recording'>> {
    const { profiler, sessions, show, report } = this.#around;
    const onWork = (session: SessionId): void => {
      show(session, title);
    };
    const recording = await TerminalRecorder.open({ profiler, sessions, onWork, report }, title);
    return { first: recording.current, recording };
  }

  #of(config: Configuration): Prepared | undefined {
    const token = tokenOf(config);
    return token === undefined ? undefined : this.#prepared.get(token);
  }

  async #giveUpOld(): Promise<void> {
    const { nowMs, profiler, sessions, report } = this.#around;
    const old = [...this.#prepared].filter(
      ([, { first, preparedMs, hasStarted }]) =>
        !hasStarted &&
        nowMs() - preparedMs > GIVE_UP_MS &&
        sessions.find(first.session)?.state === 'waiting',
    );
    for (const [token, { first, title, recording }] of old) {
      this.#prepared.delete(token);
      // Before its session goes: nobody has to be told.
      recording.dispose();
      await profiler.discard(first).catch((error: unknown) => {
        report(`${title}: ${String(error)}`);
      });
    }
  }
}
