/** Sets of captures: how they are named on the command line, and how `sluice run --repeat` names what it writes. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { reasonOf } from '../engine/reason.js';
import { captureName } from './captureFolder.js';

/** Captures of a side at most: more take long to read and say no more. */
export const MAX_SET = 100;

/** The captures that are meant: a file, the captures of a folder, or several of these with commas between. */
export async function captureSet(names: readonly string[]): Promise<Result<readonly string[]>> {
  const files: string[] = [];
  for (const name of names) {
    const found = await expanded(name);
    if (!found.ok) return found;
    files.push(...found.value);
  }
  return files.length <= MAX_SET
    ? ok(files)
    : fail(`too many captures (${files.length}): at most ${MAX_SET} of a side`);
}

async function expanded(name: string): Promise<Result<readonly string[]>> {
  const kind = await kindOf(name);
  if (kind === 'folder') return inFolder(name);
  // A file may have a comma in its name.
  if (kind === 'file' || !name.includes(',')) return ok([name]);
  return captureSet(name.split(',').filter((part) => part !== ''));
}

async function kindOf(name: string): Promise<'file' | 'folder' | null> {
  try {
    return (await stat(name)).isDirectory() ? 'folder' : 'file';
  } catch {
    return null;
  }
}

async function inFolder(folder: string): Promise<Result<readonly string[]>> {
  try {
    const names = (await readdir(folder)).filter((name) => /\.fxt(\.gz)?$/.test(name));
    if (names.length === 0)
      return fail(`no captures in the folder (${folder}): it has no .fxt file`);
    names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return ok(names.map((name) => path.join(folder, name)));
  } catch (error) {
    return fail(`cannot read the folder (${folder}): ${reasonOf(error)}`);
  }
}

/**
 * Where the runs of a set go: `name-1.fxt`, `name-2.fxt`, … beside `out`, or in it when it is a folder or ends with a slash;
 * that is made.
 */
export async function setPaths(
  out: string,
  command: readonly string[],
  count: number,
): Promise<Result<readonly string[]>> {
  const isFolder = /[/\\]$/.test(out) || (await kindOf(out)) === 'folder';
  const { dir, name } = path.parse(path.resolve(out));
  const folder = isFolder ? path.resolve(out) : dir;
  const stem = isFolder ? captureName(command) : name;
  try {
    if (isFolder) await mkdir(folder, { recursive: true });
  } catch (error) {
    return fail(`cannot make the folder (${out}): ${reasonOf(error)}`);
  }
  return ok(Array.from({ length: count }, (_, i) => path.join(folder, `${stem}-${i + 1}.fxt`)));
}
