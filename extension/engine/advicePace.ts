/** When advice on a session is worked out anew. */
import type { SessionId } from './protocol.js';

/** At least so long between two. */
const EVERY_MS = 3000;
/** And so many times as long as the last one took: advice is a small part of what the engine does. */
const REST = 8;

interface Pace {
  isRunning: boolean;
  /** What was known when it was worked out last. */
  version: string;
  nextMs: number;
}

/** One for all sessions of an engine. */
export class AdvicePace {
  readonly #paces = new Map<SessionId, Pace>();

  /** Whether it is time, and there is anything new. When true, `ended` must follow. */
  mayBegin(session: SessionId, version: string): boolean {
    const pace = this.#paces.get(session) ?? { isRunning: false, version: '', nextMs: 0 };
    if (pace.isRunning || pace.version === version || performance.now() < pace.nextMs) return false;
    pace.isRunning = true;
    pace.version = version;
    this.#paces.set(session, pace);
    return true;
  }

  ended(session: SessionId, tookMs: number): void {
    const pace = this.#paces.get(session);
    if (pace === undefined) return;
    pace.isRunning = false;
    pace.nextMs = performance.now() + Math.max(EVERY_MS, REST * tookMs);
  }

  forget(session: SessionId): void {
    this.#paces.delete(session);
  }
}
