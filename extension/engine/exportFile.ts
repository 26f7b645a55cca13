/** Writes exports of a session to files or to a stream, as fast as it takes them, and lets others have their turn. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import type { ExportPart } from '../core/foreign/exportSession.js';
import { reasonOf } from './reason.js';

/**
 * Writes pieces to a stream, no faster than it takes them, and ends it unless it is `kept` open. Rejects when the stream fails
 * or is closed by whoever reads it.
 */
export async function writePieces(
  pieces: Iterable<string | Uint8Array>,
  stream: Writable,
  { isKept = false }: { readonly isKept?: boolean } = {},
): Promise<void> {
  const leaving = new AbortController();
  const { signal } = leaving;
  const broken = Promise.race([
    once(stream, 'error', { signal }).then(([error]) => Promise.reject(error as Error)),
    once(stream, 'close', { signal }).then(() => Promise.reject(new Error('it was closed'))),
  ]);
  // Nobody waits for it in between.
  broken.catch(() => undefined);
  try {
    for (const piece of pieces) {
      const hasRoom = stream.write(piece);
      // Also without pressure: making pieces is work, and the engine's thread has sockets to read.
      await Promise.race([hasRoom ? nextTurn() : once(stream, 'drain', { signal }), broken]);
    }
    if (isKept) return;
    stream.end();
    await finished(stream);
  } finally {
    leaving.abort();
  }
}

/**
 * Writes the files of an export: one at `filePath`; several beside it, with the thread in front of the ending. `.gz` compresses.
 * Resolves with the paths. What could not be written whole is removed.
 */
export async function writeExport(
  parts: readonly ExportPart[],
  filePath: string,
): Promise<Result<readonly string[]>> {
  const written: string[] = [];
  for (const { thread, pieces } of parts) {
    const target = thread === null ? filePath : besides(filePath, thread, written);
    const done = await writeFile(pieces, target);
    if (!done.ok) return done;
    written.push(target);
  }
  return ok(written);
}

async function writeFile(
  pieces: Iterable<string | Uint8Array>,
  target: string,
): Promise<Result<null>> {
  const opened = await openFile(target);
  if (!opened.ok) return opened;
  const { stream, close, discard } = opened.value;
  try {
    await writePieces(pieces, stream, { isKept: true });
    await close();
    return ok(null);
  } catch (error) {
    await discard();
    return fail(`cannot write ${target}: ${reasonOf(error)}`);
  }
}

/** A file that is being written. */
export interface OpenFile {
  readonly stream: Writable;
  /** Resolves when everything is on disk. */
  readonly close: () => Promise<void>;
  /** Removes the file. */
  readonly discard: () => Promise<void>;
}

/** Creates or replaces a file; `.gz` compresses what is written to it. Fails with a message that names the path. */
export async function openFile(target: string): Promise<Result<OpenFile>> {
  try {
    const file = createWriteStream(target);
    await once(file, 'open');
    const zip = target.endsWith('.gz') ? createGzip() : null;
    zip?.pipe(file);
    file.once('error', (error) => zip?.destroy(error));
    const stream = zip ?? file;
    return ok({
      stream,
      close: async () => {
        stream.end();
        await finished(file);
      },
      discard: async () => {
        stream.destroy();
        file.destroy();
        await removeFile(target);
      },
    });
  } catch (error) {
    return fail(`cannot write ${target}: ${reasonOf(error)}`);
  }
}

/** Removes a file, and nothing else that may have its name, such as a device or a pipe. */
async function removeFile(target: string): Promise<void> {
  const found = await lstat(target).catch(() => null);
  if (found?.isFile() === true) await rm(target, { force: true });
}

/** `out.worker-1.cpuprofile` for `out.cpuprofile`. */
function besides(filePath: string, thread: string, taken: readonly string[]): string {
  const { dir, base } = path.parse(filePath);
  const [, stem = base, ending = ''] = /^(.+?)((?:\.[a-z]\w*)?(?:\.gz)?)$/.exec(base) ?? [];
  const name = thread.replace(/[^\w.]+/g, '-').replace(/^-+|-+$/g, '') || 'thread';
  let target = path.join(dir, `${stem}.${name}${ending}`);
  for (let n = 2; taken.includes(target); n++) {
    target = path.join(dir, `${stem}.${name}-${n}${ending}`);
  }
  return target;
}
