/** The captures of one folder: listed by their names, opened when somebody asks, kept open for the next question. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, type Result } from '../../../agent/wire/result.js';
import { plainName } from '../../core/assistants/answer.js';
import { formatBytes } from '../../core/format.js';
import type { EngineClient } from '../../engine/engineClient.js';
import type { SessionId } from '../../engine/protocol.js';
import { errorCode, reasonOf } from '../../engine/reason.js';
import type { ToolCall } from './toolCall.js';

/** A capture file. */
export interface ShelfFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Unix time, milliseconds. */
  readonly changedMs: number;
}

const CAPTURE = /\.fxt(\.gz)?$/;
/** Names that are looked at; a folder with more is hardly one for captures. */
const MAX_FILES = 5000;
/** Captures that stay open: questions about one come in a row, now and then about two by turns. */
const MAX_OPEN = 2;
/** A live session's capture is written four times a second while anything happens. */
const RECENT_MS = 3000;

interface OpenCapture {
  readonly file: ShelfFile;
  readonly session: SessionId;
  users: number;
}

/** Owns the sessions of captures in the engine. */
export class CaptureShelf {
  readonly #engine: EngineClient;
  readonly #folder: string;
  /** The one used last at the end. */
  #open: readonly OpenCapture[] = [];

  constructor(engine: EngineClient, folder: string) {
    this.#engine = engine;
    this.#folder = folder;
  }

  /** All captures, the newest first. A folder that is not there holds none. */
  async files(): Promise<readonly ShelfFile[]> {
    const names = (await this.#names()).filter((name) => CAPTURE.test(name)).slice(0, MAX_FILES);
    const files = await Promise.all(names.map(async (name) => this.#file(name)));
    return files.filter((f) => f !== null).sort((a, b) => b.changedMs - a.changedMs);
  }

  /** The capture of this name. Only names that are in the folder are found, so no path leads out of it. */
  async find(name: string): Promise<Result<ShelfFile>> {
    const files = await this.files();
    const found = files.find((f) => f.name === name);
    if (found !== undefined) return ok(found);
    return fail(
      `There is no session ${plainName(name)} in ${this.#folder}: call list_sessions for those that are there.`,
    );
  }

  /** Reads the capture if it is not open as it is now, and lends its session. */
  async use<T>(
    file: ShelfFile,
    call: ToolCall,
    work: (session: SessionId) => Promise<T>,
  ): Promise<T> {
    const capture = this.#open.find((c) => isSame(c.file, file)) ?? (await this.#read(file, call));
    capture.users += 1;
    this.#open = [...this.#open.filter((c) => c !== capture), capture];
    try {
      await this.#closeUnused();
      return await work(capture.session);
    } finally {
      capture.users -= 1;
    }
  }

  async #read(file: ShelfFile, { signal, progress }: ToolCall): Promise<OpenCapture> {
    const stopListening = this.#engine.onEvent((event) => {
      if (event.kind !== 'changed' || event.info.capturePath !== file.path) return;
      const { readShare } = event.info;
      progress(readShare, `reading ${plainName(file.name)} (${formatBytes(file.bytes)})`);
    });
    try {
      const { session } = await this.#engine.call('openCapture', { path: file.path }, signal);
      return { file, session, users: 0 };
    } finally {
      stopListening();
    }
  }

  /** Closes what has been read anew meanwhile, and the oldest beyond what may stay. */
  async #closeUnused(): Promise<void> {
    const surplus = this.#open.filter(
      (c, i) =>
        c.users === 0 &&
        (i < this.#open.length - MAX_OPEN ||
          this.#open.slice(i + 1).some((other) => other.file.path === c.file.path)),
    );
    this.#open = this.#open.filter((c) => !surplus.includes(c));
    for (const { session } of surplus) await this.#engine.call('closeSession', { session });
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw new Error(`cannot list the captures in ${this.#folder}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async #file(name: string): Promise<ShelfFile | null> {
    const full = path.join(this.#folder, name);
    try {
      const found = await stat(full);
      if (!found.isFile()) return null;
      return { name, path: full, bytes: found.size, changedMs: found.mtimeMs };
    } catch {
      return null; // deleted a moment ago, or a link to nothing
    }
  }
}

/** Somebody has written to it a moment ago. `nowMs`: Unix time. */
export function isRecent({ changedMs }: ShelfFile, nowMs: number): boolean {
  return Math.abs(nowMs - changedMs) < RECENT_MS;
}

function isSame(a: ShelfFile, b: ShelfFile): boolean {
  return a.path === b.path && a.bytes === b.bytes && a.changedMs === b.changedMs;
}
