/**
 * The text that a program was started from, for as long as its session is there: positions in reports mean that text, and what
 * stands in the editor may have moved on. It is read when the session's first report names a file.
 */
import type { Report } from '../../core/report/report.js';
import type { SessionId } from '../../engine/protocol.js';
import { pathOf } from './localFile.js';

/** Files of a session, bytes of one, and characters of all. */
const MAX_FILES = 200;
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_CHARACTERS = 16 * 1024 * 1024;

/** Reads a file of this machine from disk; null when there is none, or it is too large. */
export type ReadDisk = (file: string, maxBytes: number) => Promise<string | null>;

/** Owned by whoever shows sources. */
export class RunTexts {
  readonly #read: ReadDisk;
  readonly #keyOf: (file: string) => string;
  readonly #sessions = new Map<SessionId, Map<string, Promise<string | null>>>();

  /** `keyOf`: one spelling for all paths of a file. */
  constructor(read: ReadDisk, keyOf: (file: string) => string = (file) => file) {
    this.#read = read;
    this.#keyOf = keyOf;
  }

  /** Reads what a live session's report names for the first time. Resolves when that has been read. */
  async note(session: SessionId, report: Report): Promise<void> {
    const texts = this.#sessions.get(session) ?? new Map<string, Promise<string | null>>();
    this.#sessions.set(session, texts);
    let characters = 0;
    for (const text of await Promise.all(texts.values())) characters += text?.length ?? 0;
    for (const file of filesIn(report)) {
      const key = this.#keyOf(file);
      if (texts.has(key)) continue;
      if (texts.size >= MAX_FILES || characters > MAX_CHARACTERS) break;
      const reading = this.#read(file, MAX_BYTES);
      texts.set(key, reading);
      characters += (await reading)?.length ?? 0;
    }
  }

  /** null: nobody knows. */
  async textOf(session: SessionId, file: string): Promise<string | null> {
    return (await this.#sessions.get(session)?.get(this.#keyOf(file))) ?? null;
  }

  /** The session is gone. */
  forget(session: SessionId): void {
    this.#sessions.delete(session);
  }
}

/** Files that positions of a report are in. */
function filesIn({ pipelines }: Report): ReadonlySet<string> {
  const sources = pipelines.flatMap(({ stages, knobs }) =>
    [...stages, ...knobs].map(({ source }) => source),
  );
  return new Set(sources.flatMap((source) => (source === null ? [] : (pathOf(source.file) ?? []))));
}
