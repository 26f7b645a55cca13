/** Reads trace files: streaming, with memory bounded by one chunk, whatever the size of the file. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { TraceGate, type CaptureBytes, type TakeBytes } from './foreignCapture.js';
import { errorCode, reasonOf } from './reason.js';

/** Read at once: some ten milliseconds of work, after which whoever else waits has its turn. */
const CHUNK_BYTES = 2 * 1024 * 1024;
/** Decoded at once: smaller, because zlib drops what it has decoded of a chunk in which it finds damage. */
const UNZIPPED_BYTES = 512 * 1024;

/**
 * Hands the trace in a file to `take`, as FXT, in order; `take` returns false when it wants no more, `onRead` hears of the
 * bytes of the file. Compression and format are told by the content, not by the name. Fails when the file cannot be read or
 * is no trace; a file that breaks off later is a success with `brokenOff` or `problem` set, and everything before the break
 * has been handed over. When `signal` is aborted the file breaks off, also while the disk does not answer.
 */
export async function readCapture(
  path: string,
  take: TakeBytes,
  onRead: (bytes: number, share: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Result<CaptureBytes>> {
  const gate = new TraceGate({ path, take, onRead });
  const read = await readThrough(path, gate, signal);
  return read.ok ? gate.finish(read.value) : read;
}

/** Takes the bytes of one file. */
export interface ByteGate {
  /** The file's size and what is read from the disk, for how far it is. */
  source: { readonly fileBytes: number; readonly stream: { readonly bytesRead: number } } | null;
  /** Bytes that came in. */
  readonly bytes: number;
  /** Takes the next bytes, decompressed; false: no more are wanted. */
  readonly push: (chunk: Uint8Array) => Promise<boolean>;
}

/**
 * Hands the bytes of a file to the gate, decompressed. Fails when the file cannot be read or is empty; resolves with why the rest
 * could not be had, null: this was all of it.
 */
export async function readThrough(
  path: string,
  gate: ByteGate,
  signal?: AbortSignal,
): Promise<Result<string | null>> {
  const start = await readStart(path);
  if (!start.ok) return start;
  const { fileBytes, isGzip } = start.value;
  const file: OpenFile = { path, gate, fileBytes, signal };
  return ok(isGzip ? await readGzip(file) : await readPlain(file));
}

interface OpenFile {
  readonly path: string;
  readonly gate: ByteGate;
  readonly fileBytes: number;
  readonly signal: AbortSignal | undefined;
}

async function readStart(path: string): Promise<Result<{ isGzip: boolean; fileBytes: number }>> {
  try {
    const fileBytes = (await stat(path)).size;
    for await (const chunk of bytesOf(createReadStream(path, { end: 1 }))) {
      return ok({ isGzip: chunk[0] === 0x1f && chunk[1] === 0x8b, fileBytes });
    }
    return fail(`${path} is empty: nothing was recorded`);
  } catch (error) {
    return fail(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

async function readPlain({ path, gate, fileBytes, signal }: OpenFile): Promise<string | null> {
  try {
    const source = createReadStream(path, { highWaterMark: CHUNK_BYTES, signal });
    gate.source = { fileBytes, stream: source };
    await pump(source, gate, 0);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * zlib drops what it has decoded of its last chunk when the input ends too early, unless it is told beforehand to accept
 * that; then it does not say that it ended too early. So a broken-off file is read a second time, for its last bytes.
 */
async function readGzip(file: OpenFile): Promise<string | null> {
  const { gate } = file;
  try {
    await pump(gunzip(file, constants.Z_FINISH), gate, 0);
    return null;
  } catch (error) {
    if (errorCode(error) !== 'Z_BUF_ERROR') return `damaged gzip data: ${reasonOf(error)}`;
  }
  try {
    await pump(gunzip(file, constants.Z_SYNC_FLUSH), gate, gate.bytes);
    return 'the gzip data is cut short';
  } catch (error) {
    return `the gzip data is cut short: ${reasonOf(error)}`;
  }
}

function gunzip({ path, gate, fileBytes, signal }: OpenFile, finishFlush: number): Readable {
  const source = createReadStream(path, { highWaterMark: UNZIPPED_BYTES, signal });
  gate.source = { fileBytes, stream: source };
  const unzip = createGunzip({ chunkSize: UNZIPPED_BYTES, finishFlush });
  source.on('error', (error) => unzip.destroy(error));
  unzip.on('close', () => source.destroy());
  return source.pipe(unzip);
}

/** Feeds the gate, without the first `skipBytes`. */
async function pump(stream: Readable, gate: ByteGate, skipBytes: number): Promise<void> {
  let skip = skipBytes;
  for await (const chunk of bytesOf(stream)) {
    const rest = chunk.subarray(Math.min(skip, chunk.byteLength));
    skip -= chunk.byteLength - rest.byteLength;
    if (rest.byteLength > 0 && !(await gate.push(rest))) return;
  }
}

/** A byte stream as what it yields; leaving the loop destroys the stream. */
function bytesOf(stream: Readable): AsyncIterable<Uint8Array> {
  return stream;
}
