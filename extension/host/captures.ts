/** Where captures of this extension live, what they are called, and which of them go when there are too many. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  isKept,
  isRecordedElsewhere,
  readNote,
  removeNote,
  type CaptureNote,
} from './captureNotes.js';

/** Names that `captureName` makes. Nothing else is ever deleted. */
const OWN_NAME = /^sluice-\d{8}-\d{6}-[a-z0-9._-]{1,40}\.fxt$/;

/** `sluice-20250314-150926-build.fxt`: sorts by time, and says what it is of. `at` is taken in local time. */
export function captureName(title: string, at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  const time = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, '-')
    .slice(0, 40)
    .replace(/^[-.]+|[-.]+$/g, '');
  return `sluice-${date}-${time}-${slug === '' ? 'program' : slug}.fxt`;
}

/** Makes the folder and returns a path in it that no file has yet. */
export async function newCapturePath(folder: string, title: string, at: Date): Promise<string> {
  await mkdir(folder, { recursive: true });
  const taken = new Set(await readdir(folder));
  // Two sessions of one title in one second: count the seconds up, the order of names stays the order of starts.
  for (let ms = at.getTime(); ; ms += 1000) {
    const name = captureName(title, new Date(ms));
    if (!taken.has(name)) return path.join(folder, name);
  }
}

/** How much is kept. */
export interface CaptureLimits {
  /** So many captures; 0: all. */
  readonly keep: number;
  /** So many bytes of captures; 0: no limit. */
  readonly maxBytes: number;
}

/** A capture of ours on disk. */
export interface CaptureFile {
  readonly path: string;
  /** Time of its last change, in milliseconds since 1970: it ended then. */
  readonly changedMs: number;
  readonly bytes: number;
  readonly note: CaptureNote | null;
  /** Another window records into it at present. */
  readonly isRecordedElsewhere: boolean;
}

/** More files than this in a folder are not looked at: their names sort by time, and the newest count. */
const MAX_FILES = 2000;

/** The captures in a folder that bear a name of ours, the newest first; none when there is no folder. */
export async function listCaptures(folder: string): Promise<readonly CaptureFile[]> {
  if (!existsSync(folder)) return [];
  const names = await readdir(folder);
  const own = names.filter((name) => OWN_NAME.test(name));
  const files = await Promise.all(
    own
      .sort()
      .slice(-MAX_FILES)
      .map(async (name) => readCapture(path.join(folder, name))),
  );
  return files.filter((file) => file !== null).sort((a, b) => b.changedMs - a.changedMs);
}

/** A capture as it is now; null: it is gone. */
export async function readCapture(file: string): Promise<CaptureFile | null> {
  const found = await stat(file).catch(() => null);
  if (found === null) return null;
  const note = await readNote(file);
  return {
    path: file,
    changedMs: found.mtimeMs,
    bytes: found.size,
    note,
    isRecordedElsewhere: isRecordedElsewhere(note, found.mtimeMs),
  };
}

/**
 * Deletes the oldest captures beyond the limits, by the time of their last change, and returns what it deleted. `inUse` are
 * full paths that must stay, as what other windows record does. What the user named or pinned stays and does not count. Only
 * files that bear a name of ours are touched.
 */
export async function pruneCaptures(
  folder: string,
  { keep, maxBytes }: CaptureLimits,
  inUse: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (keep <= 0 && maxBytes <= 0) return [];
  const files = (await listCaptures(folder)).filter(({ note }) => !isKept(note));
  let bytes = 0;
  const surplus = files.filter((file, i) => {
    bytes += file.bytes;
    const isSurplus = (keep > 0 && i >= keep) || (maxBytes > 0 && bytes > maxBytes);
    return isSurplus && !file.isRecordedElsewhere && !inUse.has(file.path);
  });
  await Promise.all(surplus.map(async (file) => removeCapture(file.path)));
  return surplus.map((file) => file.path);
}

/** Deletes a capture and its note for good. */
export async function removeCapture(capturePath: string): Promise<void> {
  await rm(capturePath, { force: true });
  await removeNote(capturePath);
}
