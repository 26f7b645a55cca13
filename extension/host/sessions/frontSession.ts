/**
 * Which session the user means when nobody says so: that of the panel or editor that was in front last, also while the source has
 * the focus; a program that starts takes its place.
 */
import type { SessionId } from '../../engine/protocol.js';
import { DisposableStore, Listeners, type Disposable } from '../disposables.js';
import { isLive, type SessionList } from './sessionList.js';

/** Fed by webviews and by the list of sessions. */
export class FrontSession implements Disposable {
  readonly #sessions: SessionList;
  readonly #store = new DisposableStore();
  readonly #changes = new Listeners<undefined>();
  #seen: ReadonlySet<SessionId> = new Set();
  #session: SessionId | undefined;

  constructor(sessions: SessionList) {
    this.#sessions = sessions;
    this.#store.add(
      sessions.onMembership(() => {
        this.#follow();
      }),
    );
  }

  /** It is another one. */
  readonly onChange = this.#changes.on;

  /** undefined: there is none. */
  get session(): SessionId | undefined {
    const session = this.#session;
    return session === undefined || this.#sessions.find(session) === undefined
      ? undefined
      : session;
  }

  /** A webview of this session came to the front. */
  set(session: SessionId): void {
    if (session === this.#session) return;
    this.#session = session;
    this.#changes.emit(undefined);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #follow(): void {
    const all = this.#sessions.all();
    const started = all.find((info) => isLive(info) && !this.#seen.has(info.session));
    this.#seen = new Set(all.map(({ session }) => session));
    if (started !== undefined) this.set(started.session);
  }
}
