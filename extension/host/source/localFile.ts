/** Files of captures that were made on another machine, found in the workspace. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is asked of the disk. */
export interface Disk {
  /** Absolute paths of the workspace's folders. */
  readonly folders: readonly string[];
  isFile(file: string): Promise<boolean>;
}

/** Longest path that is looked for below the folders, in names. */
const MAX_NAMES = 12;

/** The path in a position, which may be a URL; null: it names no file. */
export function pathOf(file: string): string | null {
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
 * that path (`/home/runner/work/app/app/src/a.ts` is `src/a.ts`). The longest end wins. An end of a single name counts only
 * where the folder is called as the one it came from. null: there is none.
 */
export async function localFile(file: string, disk: Disk): Promise<string | null> {
  const given = pathOf(file);
  if (given === null) return null;
  if (path.isAbsolute(given) && (await disk.isFile(given))) return given;
  const names = given.split(/[\\/]/).filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) return null;
  for (let count = Math.min(MAX_NAMES, names.length); count > 0; count--) {
    const end = names.slice(-count);
    for (const folder of disk.folders) {
      const parent = names.at(-count - 1);
      if (count === 1 && parent !== path.basename(folder)) continue;
      const candidate = path.join(folder, ...end);
      if (await disk.isFile(candidate)) return candidate;
    }
  }
  return null;
}
