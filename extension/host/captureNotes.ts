/**
 * What is known of a capture besides its bytes: of what and where it was recorded, and what the user decided about it. It
 * stands in a small file beside each capture, so that windows which record at the same time never write the same file.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { isAlive } from '../engine/liveness.js';

/** One capture's note. */
export interface CaptureNote {
  /** Of the session. */
  readonly title: string;
  /** URI of the first workspace folder of the window that recorded it; null: it had none. */
  readonly workspace: string | null;
  /** What the user calls it; null: nothing. */
  readonly name: string | null;
  /** The user wants it to stay. */
  readonly isPinned: boolean;
  /** Process of the window that records into the capture; null: none does. It stays when that process dies. */
  readonly recordingPid: number | null;
}

/** Of a capture of which nothing is noted. */
export const UNKNOWN: CaptureNote = {
  title: '',
  workspace: null,
  name: null,
  isPinned: false,
  recordingPid: null,
};

const SCHEMA = 'sluice.captureNote/1';
/** A note has a few hundred bytes; whatever is larger is no note. */
const MAX_BYTES = 64 * 1024;
const MAX_TEXT = 1000;

/** The note's file. */
export const noteOf = (capturePath: string): string => `${capturePath}.json`;

/** Captures that the user named or pinned are never deleted by Sluice on its own. */
export const isKept = (note: CaptureNote | null): boolean =>
  note !== null && (note.isPinned || note.name !== null);

/**
 * Another window records into the capture, which was changed at `changedMs` (since 1970). A process that bears the number since
 * the machine was started anew is another one.
 */
export function isRecordedElsewhere(note: CaptureNote | null, changedMs: number): boolean {
  const pid = note?.recordingPid ?? null;
  if (pid === null || pid === process.pid) return false;
  return isAlive(pid) && changedMs >= Date.now() - uptime() * 1000;
}

/** null: there is none, or it is damaged; then the capture is one of which nothing is known. */
export async function readNote(capturePath: string): Promise<CaptureNote | null> {
  try {
    const text = await readFile(noteOf(capturePath), 'utf8');
    return text.length > MAX_BYTES ? null : checkNote(JSON.parse(text));
  } catch {
    // Without a note, or with one that cannot be read, a capture is still a capture.
    return null;
  }
}

/** Replaces the note as a whole: a window that reads meanwhile sees the old one or the new one. */
export async function writeNote(capturePath: string, note: CaptureNote): Promise<void> {
  const file = noteOf(capturePath);
  const fresh = `${file}.${process.pid}.tmp`;
  await writeFile(fresh, `${JSON.stringify({ schema: SCHEMA, ...note }, null, 2)}\n`);
  await rename(fresh, file);
}

/** Changes of this window by capture: one after another, so that none undoes another. */
const underWay = new Map<string, Promise<void>>();

async function inTurn(capturePath: string, change: () => Promise<void>): Promise<void> {
  const before = underWay.get(capturePath) ?? Promise.resolve();
  const own = before.catch(() => undefined).then(change);
  underWay.set(capturePath, own);
  try {
    await own;
  } finally {
    if (underWay.get(capturePath) === own) underWay.delete(capturePath);
  }
}

/** Makes another note of the one that is there (null: none); what `change` gives is written, or nothing when that is null. */
export async function changeNote(
  capturePath: string,
  change: (note: CaptureNote | null) => CaptureNote | null,
): Promise<void> {
  await inTurn(capturePath, async () => {
    const note = change(await readNote(capturePath));
    if (note !== null) await writeNote(capturePath, note);
  });
}

/** Removes the note of a capture that is gone. */
export async function removeNote(capturePath: string): Promise<void> {
  await inTurn(capturePath, async () => rm(noteOf(capturePath), { force: true }));
}

function checkNote(value: unknown): CaptureNote | null {
  if (typeof value !== 'object' || value === null) return null;
  const field = (name: string): unknown => Reflect.get(value, name);
  if (field('schema') !== SCHEMA) return null;
  return {
    title: textOr(field('title'), ''),
    workspace: textOr(field('workspace'), null),
    name: textOr(field('name'), null),
    isPinned: field('isPinned') === true,
    recordingPid: pidOr(field('recordingPid'), null),
  };
}

function pidOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : otherwise;
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT ? value : otherwise;
}

/** What a capture is called, as far as somebody noted it: by the user, else by the session that was recorded. */
export async function notedTitle(capturePath: string): Promise<string | undefined> {
  const note = await readNote(capturePath);
  const title = note?.name ?? note?.title ?? '';
  return title === '' ? undefined : title;
}
