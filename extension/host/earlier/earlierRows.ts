/** The captures of earlier sessions as rows: which ones, in what order, in what words. Knows nothing of VS Code. */
import path from 'node:path';
import { formatBytes } from '../../core/format.js';
import type { CaptureFile } from '../captures.js';
import { isKept } from '../captureNotes.js';

/** Orders of the list. */
export const ORDERS = { date: 'Newest first', name: 'By name', size: 'Largest first' } as const;
export type Order = keyof typeof ORDERS;

/** What decides which captures are shown. */
export interface EarlierWish {
  /** URI of the first workspace folder; null: no folder is open. */
  readonly workspace: string | null;
  /** Captures of sessions that the list above shows. */
  readonly inSessions: ReadonlySet<string>;
  readonly order: Order;
}

/** A capture, as a row shows it. */
export interface EarlierRow {
  readonly capturePath: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly icon: string;
  /** What menus test. */
  readonly context: 'capture' | 'capture.pinned' | 'capture.recording';
}

/** Of a capture of which nothing is noted, what its file name says: `sluice-20250314-150926-build.mjs.fxt` is `build.mjs`. */
function titleOfFile(capturePath: string): string {
  return /^sluice-\d{8}-\d{6}-(.+)\.fxt$/.exec(path.basename(capturePath))?.[1] ?? capturePath;
}

/**
 * The row that a menu passed; undefined: it passed none. Anybody may call a command, so only captures that the view shows count.
 * Throws when it names another file.
 */
export function captureIn(
  argument: unknown,
  shown: readonly CaptureFile[],
): CaptureFile | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  const named: unknown = Reflect.get(argument, 'path');
  if (typeof named !== 'string') return undefined;
  const found = shown.find((file) => file.path === named);
  if (found === undefined) throw new Error(`${named} is not among the earlier captures.`);
  return found;
}

/** What a capture is called. */
export function captureLabel({ path: file, note }: CaptureFile): string {
  const title = note === null || note.title === '' ? titleOfFile(file) : note.title;
  return note?.name ?? title;
}

/**
 * The captures of this workspace that are not in the list of sessions. One of which it is not known where it was recorded is
 * shown everywhere: better twice than never. Empty files hold no session.
 */
export function earlierCaptures(
  files: readonly CaptureFile[],
  { workspace, inSessions, order }: EarlierWish,
): readonly CaptureFile[] {
  const ours = files.filter(
    ({ path: file, note, bytes }) =>
      bytes > 0 && !inSessions.has(file) && [null, workspace].includes(note?.workspace ?? null),
  );
  return ours.sort((a, b) => compare(a, b, order) || b.changedMs - a.changedMs);
}

function compare(a: CaptureFile, b: CaptureFile, order: Order): number {
  if (order === 'name') {
    return captureLabel(a).localeCompare(captureLabel(b), 'en', { numeric: true });
  }
  return order === 'size' ? b.bytes - a.bytes : b.changedMs - a.changedMs;
}

/** The row of a capture. `nowMs` is the time since 1970. */
export function earlierRow(file: CaptureFile, nowMs: number): EarlierRow {
  const { note, bytes, changedMs, isRecordedElsewhere } = file;
  const label = captureLabel(file);
  const isPinned = note?.isPinned === true;
  const age = isRecordedElsewhere ? 'recording in another window' : relativeDate(changedMs, nowMs);
  const kept = isKept(note) ? 'Named or pinned: it is kept until you delete it.' : '';
  const isNamed = note !== null && note.name !== null;
  return {
    capturePath: file.path,
    label,
    description: `${age} · ${formatBytes(bytes)}`,
    tooltip: [
      label,
      isNamed ? note.title : '',
      new Date(changedMs).toLocaleString(),
      formatBytes(bytes),
      kept,
      file.path,
    ]
      .filter((line) => line !== '')
      .join('\n'),
    ...(isRecordedElsewhere
      ? { icon: 'record', context: 'capture.recording' }
      : isPinned
        ? { icon: 'pinned', context: 'capture.pinned' }
        : { icon: 'history', context: 'capture' }),
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `just now`, `5 min ago`, `3 h ago`, `yesterday`, `4 days ago`, then the date. Days are those of the local calendar. */
export function relativeDate(atMs: number, nowMs: number): string {
  const ageMs = nowMs - atMs;
  // A clock that was set back must not give a date in the future.
  if (ageMs < MINUTE_MS) return 'just now';
  if (ageMs < HOUR_MS) return `${Math.floor(ageMs / MINUTE_MS)} min ago`;
  const days = Math.round((dayStartMs(nowMs) - dayStartMs(atMs)) / DAY_MS);
  if (days === 0 || ageMs < 6 * HOUR_MS) return `${Math.floor(ageMs / HOUR_MS)} h ago`;
  if (days === 1) return 'yesterday';
  if (days < 7) return `${days} days ago`;
  const at = new Date(atMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function dayStartMs(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0);
}
