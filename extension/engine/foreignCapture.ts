/**
 * The bytes of a trace file as FXT, whatever tool wrote it: a capture of ours goes through as it is, a file of another tool
 * through its importer. Which of the two it is, is told by the first bytes.
 */
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MAGIC_HI, MAGIC_LO } from '../../agent/wire/format.js';
import { startsWithMagic } from '../../agent/wire/fxtReader.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { SUPPORTED } from '../core/foreign/fileKind.js';
import { ForeignImport } from '../core/foreign/foreignImport.js';
import type { ByteGate } from './captureReader.js';

const MAGIC = Buffer.alloc(8);
MAGIC.writeUInt32LE(MAGIC_LO, 0);
MAGIC.writeUInt32LE(MAGIC_HI, 4);

/** An importer hands over most of its records when the file has ended: others get a turn in between. */
const PIECES_PER_TURN = 8;

/** Takes FXT; false: no more is wanted. */
export type TakeBytes = (bytes: Uint8Array) => boolean | Promise<boolean>;

/** What became of the bytes of a file. */
export interface CaptureBytes {
  /** Bytes of the file, after decompression. */
  readonly bytes: number;
  /** Why the rest of the file could not be had; null: this was all of it. */
  readonly brokenOff: string | null;
  /** Where and why the importer of another tool's file stopped; null for captures, which their reader judges. */
  readonly problem: { readonly atByte: number; readonly reason: string } | null;
}

/** Whose file, and who takes it. */
export interface GateOptions {
  readonly path: string;
  readonly take: TakeBytes;
  /** Hears of the bytes that come in, and how much of the file has been read with them, 0..1. */
  readonly onRead: (bytes: number, share: number) => void;
}

/** Lets the bytes of one file through, as FXT, once it is clear what they are. */
export class TraceGate implements ByteGate {
  readonly #path: string;
  readonly #take: TakeBytes;
  readonly #onRead: (bytes: number, share: number) => void;
  source: ByteGate['source'] = null;
  #head: Uint8Array = new Uint8Array(0);
  #bytes = 0;
  #kind: 'unknown' | 'fxt' | 'foreign' = 'unknown';
  readonly #foreign: ForeignImport;

  constructor({ path: filePath, take, onRead }: GateOptions) {
    this.#path = filePath;
    this.#take = take;
    this.#onRead = onRead;
    this.#foreign = new ForeignImport(path.basename(filePath).replace(/\.gz$/i, ''));
  }

  /** Bytes that came in. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next bytes of the file; false: no more are wanted. */
  async push(chunk: Uint8Array): Promise<boolean> {
    this.#bytes += chunk.byteLength;
    const { fileBytes = 1, stream } = this.source ?? {};
    const share = Math.min((stream?.bytesRead ?? 0) / Math.max(fileBytes, 1), 1);
    this.#onRead(chunk.byteLength, share);
    if (this.#kind !== 'unknown') return this.#pass(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.byteLength < MAGIC.byteLength) return true;
    this.#kind = startsWithMagic(this.#head) ? 'fxt' : 'foreign';
    return this.#pass(this.#head);
  }

  /** No more bytes come, for the reason given if not because that was all. Fails when the file is no trace. */
  async finish(brokenOff: string | null): Promise<Result<CaptureBytes>> {
    const bytes = this.#bytes;
    if (this.#kind === 'fxt') return ok({ bytes, brokenOff, problem: null });
    if (this.#kind === 'unknown') {
      if (startsLikeMagic(this.#head)) {
        return fail(`${this.#path} is not an FXT capture (it ends after ${bytes} bytes)`);
      }
      await this.#hand(this.#foreign.push(this.#head));
    }
    await this.#hand(this.#foreign.end());
    const { outcome } = this.#foreign;
    if (outcome.kind === 'refused') {
      const broken = brokenOff === null ? '' : `; ${brokenOff}`;
      return fail(
        `unknown kind of file (${this.#path} is ${outcome.found}${broken}): ${SUPPORTED}`,
      );
    }
    const { emptyReason, problem } = outcome;
    if (emptyReason === null) return ok({ bytes, brokenOff, problem });
    const why = problem === null ? '' : `; at byte ${problem.atByte} ${problem.reason}`;
    return fail(`nothing to show (${this.#path}): ${emptyReason}${why}`);
  }

  #pass(bytes: Uint8Array): Promise<boolean> | boolean {
    if (this.#kind === 'fxt') return this.#take(bytes);
    return this.#hand(this.#foreign.push(bytes));
  }

  async #hand(pieces: Iterable<Uint8Array>): Promise<boolean> {
    let count = 0;
    for (const piece of pieces) {
      if (!(await this.#take(piece))) return false;
      if (++count % PIECES_PER_TURN === 0) await nextTurn();
    }
    return !this.#foreign.isDone;
  }
}

/** Is it the beginning of a capture that was cut before its eighth byte? */
function startsLikeMagic(head: Uint8Array): boolean {
  return MAGIC.subarray(0, head.byteLength).equals(head);
}
