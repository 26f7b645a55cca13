/** Files of captures that were made on another machine, found in the workspace. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is asked of the disk. `isOwn`: this window has recorded the program, so its paths are those of this machine. */
export interface Disk {
  /** Absolute paths of the workspace's folders. */
  readonly folders: readonly string[];
  readonly isOwn: boolean;
  readonly isFile: (file: string) => Promise<boolean>;
}

/** Longest path that is looked for below the folders, in names. */
const MAX_NAMES = 12;

/** The path in a position, which may be a URL; null: it names no file, or one of another machine. */
export function pathOf(file: string): string | null {
  const found = pathIn(file);
  // Even looking for such a file would make this machine talk to the other one.
  return found === null || /^[\\/]{2}/.test(found) ? null : found;
}

function pathIn(file: string): string | null {
  if (!file.startsWith('file:'))
    return /^[a-z][a-z+.-]+:/i.test(file) && !/^[a-z]:/i.test(file) ? null : file;
  try {
    return fileURLToPath(file);
  } catch {
    return null;
  }
}

/**
 * The file of this machine that a position means: the path itself, else the file in a folder of the workspace at the end of
 * that path (`/home/runner/work/app/app/src/a.ts` is `src/a.ts`). The longest end wins; of several folders that have it, the
 * one that is called as where it came from. An end of a single name counts only there. Captures may name any file: of them only
 * those in the workspace are looked at. null: there is none, or several.
 */
export async function localFile(file: string, disk: Disk): Promise<string | null> {
  const given = pathOf(file);
  if (given === null) return null;
  const isAllowed = disk.isOwn || disk.folders.some((folder) => isInside(given, folder));
  if (isAllowed && path.isAbsolute(given) && (await disk.isFile(given))) return given;
  const names = given.split(/[\\/]/).filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) return null;
  for (let count = Math.min(MAX_NAMES, names.length); count > 0; count--) {
    const found = await atEnd(names, count, disk);
    if (found.length > 0) return found.length === 1 ? (found[0] ?? null) : null;
  }
  return null;
}

/** Files of the workspace at the last names of a path. */
async function atEnd(
  names: readonly string[],
  count: number,
  { folders, isFile }: Disk,
): Promise<readonly string[]> {
  const parent = names.at(-count - 1);
  const found: { readonly file: string; readonly isNamesake: boolean }[] = [];
  for (const folder of folders) {
    const isNamesake = parent === path.basename(folder);
    const file = path.join(folder, ...names.slice(-count));
    if ((count > 1 || isNamesake) && (await isFile(file))) found.push({ file, isNamesake });
  }
  const namesakes = found.filter(({ isNamesake }) => isNamesake);
  return (namesakes.length > 0 ? namesakes : found).map(({ file }) => file);
}

function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}
