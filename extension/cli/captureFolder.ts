/** Where captures go when the user names no file: a private folder, of which the newest files are kept. */
import { lstat, mkdir, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { reasonOf } from '../engine/reason.js';

/** Captures that stay when a new one is begun, that one included. */
export const KEEP_CAPTURES = 20;

/**
 * A path for a new capture of `command`. The folder is made with mode 0700; one that belongs to somebody else, or that
 * others may write to, is refused: a shared /tmp is not to be trusted.
 */
export async function newCapturePath(
  command: readonly string[],
  now: Date,
  tmpFolder: string = os.tmpdir(),
  number?: string,
): Promise<Result<string>> {
  const uid = process.getuid?.();
  const folder = capturesFolder(tmpFolder);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await lstat(folder);
    const isOurs = uid === undefined || (found.uid === uid && (found.mode & 0o077) === 0);
    if (!found.isDirectory() || !isOurs) {
      return fail(
        `the folder for captures is not private (${folder}): remove it, or choose a file with --out`,
      );
    }
    await prune(folder);
  } catch (error) {
    return fail(`cannot use the folder for captures (${folder}): ${reasonOf(error)}; use --out`);
  }
  return ok(path.join(folder, captureFileName(command, now, number)));
}

/** The folder, which need not be there yet. */
export function capturesFolder(tmpFolder: string = os.tmpdir()): string {
  const uid = process.getuid?.();
  return path.join(tmpFolder, uid === undefined ? 'sluice' : `sluice-${uid}`);
}

/** `index-20260314-150926-4711.fxt`; `number` tells apart what one process records within a second. */
export function captureFileName(command: readonly string[], now: Date, number?: string): string {
  const end = number === undefined ? '' : `-${number}`;
  return `${captureName(command)}-${timeStamp(now)}-${process.pid}${end}.fxt`;
}

/** `index` for `node --flag dir/index.mjs arg`, `npm` for `npm test`. */
export function captureName(command: readonly string[]): string {
  const [program = '', ...args] = command;
  const name = path.parse(program).name;
  const isRuntime = /^(node|tsx|ts-node)$/.test(name);
  const script = isRuntime ? args.find((a) => /^[^-].*\.[cm]?[jt]sx?$/.test(a)) : undefined;
  const chosen = script === undefined ? name : path.parse(script).name;
  return (
    chosen
      .replace(/[^\w.-]+/g, '_')
      .replace(/^\.+/, '')
      .slice(0, 60) || 'capture'
  );
}

function timeStamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
}

async function prune(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((n) => n.endsWith('.fxt'));
  if (names.length < KEEP_CAPTURES) return;
  const files = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      return { file, writtenMs: (await stat(file)).mtimeMs };
    }),
  );
  files.sort((a, b) => b.writtenMs - a.writtenMs);
  await Promise.all(
    files.slice(KEEP_CAPTURES - 1).map(async ({ file }) => rm(file, { force: true })),
  );
}
