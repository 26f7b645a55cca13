/** The journals of trials, `.sluice/trials.jsonl` in the workspace folder that a session belongs to. */
import path from 'node:path';
import type { Report } from '../../core/report/report.js';
import type { TrialRecord } from '../../core/trials/record.js';
import type { SessionId } from '../../engine/protocol.js';
import { JOURNAL_PLACE, JournalFile } from '../../engine/trials/journalFile.js';

/** What was started in a session, as far as it is known: attached programs were not started here. */
export interface Started {
  readonly command: readonly string[];
  readonly cwd: string;
}

/** What the journals need from around them. */
export interface JournalSurroundings {
  readonly startedOf: (session: SessionId) => Started | undefined;
  /** Folders on disk, the first one first. */
  readonly folders: () => readonly string[];
  /** Files are written only in workspaces that are trusted. */
  readonly isTrusted: () => boolean;
  readonly report: (problem: string) => void;
}

/** The innermost folder that `cwd` lies in, else the first one; null: there is none. */
export function journalFolder(folders: readonly string[], cwd: string | null): string | null {
  const around = folders.filter((folder) => {
    const relative = cwd === null ? '..' : path.relative(folder, cwd);
    return !relative.startsWith('..') && !path.isAbsolute(relative);
  });
  return around.toSorted((a, b) => b.length - a.length)[0] ?? folders[0] ?? null;
}

/** Writes trials as they come. */
export class Journals {
  readonly #around: JournalSurroundings;
  readonly #files = new Map<SessionId, JournalFile>();

  constructor(around: JournalSurroundings) {
    this.#around = around;
  }

  /** Appends a trial, unless there is no folder for it. */
  add(session: SessionId, record: TrialRecord, report: Promise<Report>): void {
    const file = this.#fileOf(session);
    if (file === null) report.catch(() => undefined);
    else file.add(record, report);
  }

  /** Forgets a session that was closed; what is being written is written. */
  forget(session: SessionId): void {
    this.#files.delete(session);
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await Promise.all([...this.#files.values()].map(async (file) => file.flush()));
  }

  #fileOf(session: SessionId): JournalFile | null {
    const known = this.#files.get(session);
    if (known !== undefined) return known;
    const { startedOf, folders, isTrusted, report } = this.#around;
    if (!isTrusted()) return null;
    const started = startedOf(session);
    const folder = journalFolder(folders(), started?.cwd ?? null);
    if (folder === null) return null;
    const cwd = started?.cwd ?? folder;
    const context = { command: started?.command ?? [], input: null, cwd };
    const file = new JournalFile(path.join(folder, JOURNAL_PLACE), context, report);
    this.#files.set(session, file);
    return file;
  }
}
