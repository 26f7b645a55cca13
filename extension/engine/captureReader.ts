/** Reads captures: streaming, with memory bounded by one chunk, whatever the size of the file. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { startsWithMagic } from '../../agent/wire/fxtReader.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { errorCode, reasonOf } from './reason.js';

/** Read at once: some ten milliseconds of work, after which whoever else waits has its turn. */
const CHUNK_BYTES = 512 * 1024;
const MAGIC_BYTES = 8;

/** What became of the bytes of a capture. */
export interface CaptureBytes {
  /** Bytes handed over, after decompression. */
  readonly bytes: number;
  /** Why the rest of the file could not be had; null: this was all of it. */
  readonly brokenOff: string | null;
}

/** Takes bytes in; `share` is how much of the file has been read with them, 0..1. false: no more are wanted. */
export type TakeBytes = (bytes: Uint8Array, share: number) => boolean;

/**
 * Hands the bytes of a `.fxt` or `.fxt.gz` file to `take`, in order. Compression
 * is told by the content, not by the name. Fails when the file cannot be read or does not begin as a trace does; a file
 * that breaks off later is a success with `brokenOff` set, and everything before the break has been handed over.
 */
export async function readCapture(path: string, take: TakeBytes): Promise<Result<CaptureBytes>> {
  const start = await readStart(path);
  if (!start.ok) return start;
  const gate = new MagicGate(take, start.value.fileBytes);
  const brokenOff = start.value.isGzip ? await readGzip(path, gate) : await readPlain(path, gate);
  if (gate.isOpen) return ok({ bytes: gate.bytes, brokenOff });
  return fail(`${path} is not an FXT capture (${gate.describe(brokenOff)})`);
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

async function readPlain(path: string, gate: MagicGate): Promise<string | null> {
  try {
    const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    gate.source = source;
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
async function readGzip(path: string, gate: MagicGate): Promise<string | null> {
  try {
    await pump(gunzip(path, gate, constants.Z_FINISH), gate, 0);
    return null;
  } catch (error) {
    if (errorCode(error) !== 'Z_BUF_ERROR') return `damaged gzip data: ${reasonOf(error)}`;
  }
  try {
    await pump(gunzip(path, gate, constants.Z_SYNC_FLUSH), gate, gate.bytes);
    return 'the gzip data is cut short';
  } catch (error) {
    return `the gzip data is cut short: ${reasonOf(error)}`;
  }
}

function gunzip(path: string, gate: MagicGate, finishFlush: number): Readable {
  const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  gate.source = source;
  const unzip = createGunzip({ chunkSize: CHUNK_BYTES, finishFlush });
  source.on('error', (error) => unzip.destroy(error));
  unzip.on('close', () => source.destroy());
  return source.pipe(unzip);
}

/** Feeds the gate, without the first `skipBytes`. */
async function pump(stream: Readable, gate: MagicGate, skipBytes: number): Promise<void> {
  let skip = skipBytes;
  for await (const chunk of bytesOf(stream)) {
    const rest = chunk.subarray(Math.min(skip, chunk.byteLength));
    skip -= chunk.byteLength - rest.byteLength;
    if (rest.byteLength > 0 && !gate.push(rest)) return;
  }
}

/** A byte stream as what it yields; leaving the loop destroys the stream. */
function bytesOf(stream: Readable): AsyncIterable<Uint8Array> {
  return stream;
}

/** Lets bytes through once the first eight of them are the magic number. */
class MagicGate {
  /** What is read from the disk, for how far it is. */
  source: { readonly bytesRead: number } | null = null;
  readonly #take: TakeBytes;
  readonly #fileBytes: number;
  #head = new Uint8Array(0);
  #bytes = 0;
  #isOpen = false;

  constructor(take: TakeBytes, fileBytes: number) {
    this.#take = take;
    this.#fileBytes = fileBytes;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** false: no more bytes are wanted. */
  push(chunk: Uint8Array): boolean {
    this.#bytes += chunk.byteLength;
    const share = Math.min((this.source?.bytesRead ?? 0) / Math.max(this.#fileBytes, 1), 1);
    if (this.#isOpen) return this.#take(chunk, share);
    const head = Buffer.concat([this.#head, chunk]);
    this.#head = head;
    if (head.byteLength < MAGIC_BYTES) return true;
    this.#isOpen = startsWithMagic(head);
    return this.#isOpen && this.#take(head, share);
  }

  /** Why it never opened. */
  describe(brokenOff: string | null): string {
    if (brokenOff !== null) return brokenOff;
    if (this.#head.byteLength < MAGIC_BYTES) return `it ends after ${this.#head.byteLength} bytes`;
    const start = Buffer.from(this.#head.subarray(0, 16)).toString('latin1');
    return `it starts with ${JSON.stringify(start)}; a capture starts with the magic number of the Fuchsia trace format`;
  }
}
