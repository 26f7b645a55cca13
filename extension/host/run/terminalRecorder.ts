/**
 * What is recorded of one terminal: each tree of processes that runs in it is a session of its own, for two runs of a program
 * in one session would be measured as one. The environment of a shell cannot be changed while it runs, so the next session
 * takes over the address of the one before it. Knows nothing of VS Code.
 */
import type { SessionId } from '../../engine/protocol.js';
import { DisposableStore, type Disposable } from '../disposables.js';
import type { SessionList } from '../sessions/sessionList.js';
import type { OpenSession, Profiler } from './profiler.js';

/** Title of the sessions of terminals. */
export const TERMINAL_TITLE = 'Terminal';

/** What it needs from around it. */
export interface TerminalSurroundings {
  readonly profiler: Pick<Profiler, 'open' | 'endWhenLeft'>;
  readonly sessions: SessionList;
  /** The first executions of a session have come. */
  readonly onWork: (session: SessionId) => void;
  /** For the user: what runs in the terminal is no longer recorded. */
  readonly report: (problem: string) => void;
}

/** Records one terminal from `open` to `dispose`. */
export class TerminalRecorder implements Disposable {
  readonly #around: TerminalSurroundings;
  readonly #store = new DisposableStore();
  #announced: SessionId | undefined;
  #current: OpenSession;
  /** The list of sessions has shown the current one: when it is missing there it was removed. */
  #isKnown = false;
  #isChanging = false;
  #isDisposed = false;

  readonly #title: string;

  /** Opens the first session. Rejects when it cannot be made. */
  static async open(
    around: TerminalSurroundings,
    title = TERMINAL_TITLE,
  ): Promise<TerminalRecorder> {
    return new TerminalRecorder(around, title, await around.profiler.open(title));
  }

  private constructor(around: TerminalSurroundings, title: string, first: OpenSession) {
    this.#around = around;
    this.#title = title;
    this.#current = first;
    const { sessions } = around;
    this.#store.add(
      sessions.onMembership(() => {
        this.#follow();
      }),
    );
    this.#store.add(
      sessions.onEvent((session) => {
        const isFirst = session === this.#current.session && session !== this.#announced;
        if (!isFirst || (sessions.find(session)?.executions ?? 0) === 0) return;
        this.#announced = session;
        around.onWork(session);
      }),
    );
  }

  /** The session of what runs now, or next. Its `agent` makes programs join it and all that come after it. */
  get current(): OpenSession {
    return this.#current;
  }

  /** The terminal was closed: what still runs out of it is recorded to its end. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#store.dispose();
    this.#around.profiler.endWhenLeft(this.#current.session, 'discard');
  }

  /** When everything that ran has ended, what is run next gets another session. */
  #follow(): void {
    if (this.#isChanging || this.#isDisposed) return;
    const info = this.#around.sessions.find(this.#current.session);
    if (info === undefined) {
      if (this.#isKnown) this.#giveUp('its session was removed. Open another one to record again.');
      return;
    }
    this.#isKnown = true;
    if (info.state !== 'ended') return;
    this.#isChanging = true;
    this.#succeed().then(
      () => {
        this.#isChanging = false;
        this.#follow();
      },
      (error: unknown) => {
        this.#giveUp(String(error));
      },
    );
  }

  /** Programs of the terminal run on unrecorded; the sessions that were are whole. */
  #giveUp(why: string): void {
    if (this.#isDisposed) return;
    this.#around.report(`A terminal is no longer recorded: ${why}`);
    this.dispose();
  }

  async #succeed(): Promise<void> {
    const { profiler } = this.#around;
    const before = this.#current;
    const next = await profiler.open(this.#title, before.session);
    this.#current = next;
    this.#isKnown = false;
    profiler.endWhenLeft(before.session, 'discard');
    if (this.#isDisposed) profiler.endWhenLeft(next.session, 'discard');
  }
}
