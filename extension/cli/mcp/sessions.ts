/** All that the server can tell about: its live sessions and the captures of one folder, under one set of ids. */
import path from 'node:path';
import { orThrow } from '../../core/assistants/inputs.js';
import { type ListedSession, MAX_SESSIONS } from '../../core/assistants/sessions.js';
import type { SessionId } from '../../engine/protocol.js';
import { type CaptureShelf, isRecent, type ShelfFile } from './captureShelf.js';
import type { LiveSession, LiveSessions } from './liveSessions.js';
import type { ToolCall } from './toolCall.js';

/** A session that can be asked. */
export interface UsableSession {
  readonly id: string;
  readonly session: SessionId;
  /** More may come, so what is told of it holds for this moment: `live` for sure, `recent` if a process of it still runs. */
  readonly freshness: 'live' | 'recent' | 'over';
}

/** Finds sessions by the ids that `list_sessions` told. */
export class Sessions {
  readonly #shelf: CaptureShelf;
  readonly #live: LiveSessions;

  constructor(shelf: CaptureShelf, live: LiveSessions) {
    this.#shelf = shelf;
    this.#live = live;
  }

  /** Live ones first, then the newest first; at most as many as an answer lists. */
  async list(): Promise<{ readonly sessions: readonly ListedSession[]; readonly total: number }> {
    const live = this.#live.all();
    const files = await this.#otherFiles();
    const nowMs = Date.now();
    const sessions = [
      ...live.map((one) => this.#listedLive(one)),
      ...files.slice(0, MAX_SESSIONS).map((file) => listedFile(file, nowMs)),
    ];
    return { sessions: sessions.slice(0, MAX_SESSIONS), total: live.length + files.length };
  }

  /** Lends the session with this id; null: the newest live one, else the newest capture. */
  async use<T>(
    id: string | null,
    call: ToolCall,
    work: (session: UsableSession) => Promise<T>,
  ): Promise<T> {
    const live = this.#findLive(id);
    if (live !== undefined) {
      const freshness = this.#live.isOver(live) ? 'over' : 'live';
      return work({ id: live.id, session: live.session, freshness });
    }
    const file = await this.#chooseFile(id);
    const freshness = isRecent(file, Date.now()) ? 'recent' : 'over';
    return this.#shelf.use(file, call, async (session) =>
      work({ id: file.name, session, freshness }),
    );
  }

  /** The live session with this id; null: the newest. Throws when there is none. */
  live(id: string | null): LiveSession {
    const live = this.#findLive(id);
    if (live !== undefined) return live;
    throw new Error(
      id === null
        ? 'There is no live session of this server: start one with profile_command or attach.'
        : 'This is no live session of this server: list_sessions tells which are live. A capture cannot be changed.',
    );
  }

  #findLive(id: string | null): LiveSession | undefined {
    const all = this.#live.all();
    if (id === null) return all[0];
    return all.find((s) => s.id === id || path.basename(s.capturePath) === id);
  }

  async #chooseFile(id: string | null): Promise<ShelfFile> {
    if (id !== null) return orThrow(await this.#shelf.find(id));
    const [newest] = await this.#shelf.files();
    if (newest !== undefined) return newest;
    throw new Error(`There is no session. ${NO_SESSION_HINT}`);
  }

  async #otherFiles(): Promise<readonly ShelfFile[]> {
    const own = new Set(this.#live.all().map((s) => s.capturePath));
    return (await this.#shelf.files()).filter((file) => !own.has(file.path));
  }

  #listedLive(live: LiveSession): ListedSession {
    const info = this.#live.infoOf(live);
    return {
      id: live.id,
      title: live.title,
      state: this.#live.isOver(live) ? 'ended' : (info?.state ?? 'waiting'),
      executions: info?.executions ?? 0,
      bytes: info?.bytes ?? null,
      changedUnixMs: null,
    };
  }
}

/** What to do when there is no session. */
export const NO_SESSION_HINT =
  'Record one with profile_command, or on the command line with `sluice run -- command …`; `sluice mcp --captures DIR` looks into another folder.';

function listedFile(file: ShelfFile, nowMs: number): ListedSession {
  return {
    id: file.name,
    title: file.name,
    state: isRecent(file, nowMs) ? 'recent' : 'capture',
    executions: null,
    bytes: file.bytes,
    changedUnixMs: file.changedMs,
  };
}
