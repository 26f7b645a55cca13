/**
 * A capture and traces of other tools of the same run, as one stream of FXT: first the capture as it is, then each trace as
 * further processes on the capture's clock. Who takes the stream need not know that it comes from several files.
 */
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startsWithMagic } from '../../agent/wire/fxtReader.js';
import type { FxtSink } from '../../agent/wire/records.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { placeBeside, type BesideNames } from '../core/foreign/beside.js';
import { CaptureFrame } from '../core/foreign/captureFrame.js';
import { SUPPORTED } from '../core/foreign/fileKind.js';
import { ForeignImport } from '../core/foreign/foreignImport.js';
import type { ForeignTrace } from '../core/foreign/foreignTrace.js';
import { fxtOf, type BesidePlace } from '../core/foreign/fxtTrace.js';
import { readCapture, readThrough, type ByteGate } from './captureReader.js';
import type { CaptureBytes, TakeBytes } from './foreignCapture.js';
import { WholeRecords } from './wholeRecords.js';

/** A capture, and what is put beside it. */
export interface CaptureFiles {
  readonly path: string;
  /** Traces of other tools, of the same run. */
  readonly beside: readonly string[];
}

/** Who takes the stream, and who wants to know how far it is; see `readCapture`. */
export interface StreamTaker {
  readonly take: TakeBytes;
  readonly onRead?: ((bytes: number, share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hands on the capture and what stands beside it. Fails when one of the files cannot be read, is no trace, or is not of the
 * capture's time, or when a trace is broken; then nothing has been handed on, for which the capture is read twice. A capture that
 * breaks off is handed on up to there.
 */
export async function readFiles(
  { path: capture, beside }: CaptureFiles,
  taker: StreamTaker,
): Promise<Result<CaptureBytes>> {
  const { take, onRead = () => undefined, signal } = taker;
  if (beside.length === 0) return readCapture(capture, take, onRead, signal);
  const frame = new CaptureFrame();
  const looked = await readWhole(capture, { take: () => true, signal }, frame);
  if (!looked.ok) return looked;
  frame.captureIsOver();
  const placed: Placed[] = [];
  for (const trace of beside) {
    const names = { capture, trace, label: labelOf(trace, beside) };
    const read = await readTrace(names, onRead, signal);
    if (!read.ok) return read;
    const place = placeBeside(read.value, frame, names);
    if (!place.ok) return place;
    placed.push({ trace: read.value, place: place.value });
  }
  const read = await readWhole(capture, taker);
  if (read.ok) await writeBehind(placed, frame, taker);
  return read;
}

/** Hands on the whole records of the capture; `sink` hears of them. */
async function readWhole(
  capture: string,
  { take, onRead, signal }: StreamTaker,
  sink?: FxtSink,
): Promise<Result<CaptureBytes>> {
  const records = new WholeRecords(sink);
  const hand = async (bytes: Uint8Array): Promise<boolean> => {
    const whole = records.push(bytes);
    return (await take(whole)) && !records.isBroken;
  };
  const read = await readCapture(capture, hand, onRead, signal);
  if (!read.ok) return read;
  return ok({ ...read.value, problem: read.value.problem ?? records.end() });
}

interface Placed {
  readonly trace: ForeignTrace;
  readonly place: BesidePlace;
}

/** Writes the traces behind the capture. */
async function writeBehind(
  placed: readonly Placed[],
  frame: CaptureFrame,
  { take, signal }: StreamTaker,
): Promise<void> {
  // The numbers that a trace takes are not free for the next.
  const records = new WholeRecords(frame);
  for (const { trace, place } of placed) {
    for (const piece of fxtOf(trace, { ...place, taken: frame.taken })) {
      if (signal?.aborted === true || !(await take(records.push(piece)))) return;
      await nextTurn();
    }
  }
}

/** The file's name; the whole path where several have the same name. */
function labelOf(trace: string, all: readonly string[]): string {
  const name = path.basename(trace);
  return all.filter((other) => path.basename(other) === name).length > 1 ? trace : name;
}

async function readTrace(
  { capture, trace }: BesideNames,
  onRead: (bytes: number, share: number) => void,
  signal: AbortSignal | undefined,
): Promise<Result<ForeignTrace>> {
  const gate = new ForeignGate(trace, onRead);
  const read = await readThrough(trace, gate, signal);
  if (!read.ok) return read;
  if (gate.isCapture) {
    return fail(
      `${trace} is a capture, and only traces of other tools can be put beside one (${capture})`,
    );
  }
  const collected = gate.import.collect();
  const why = gate.refusal(read.value, capture);
  if (why !== null) return fail(why);
  if (collected !== null) return ok(collected);
  return fail(
    `${trace} was written by Sluice, and only traces of other tools can be put beside ${capture}`,
  );
}

/** Collects a trace of another tool. */
class ForeignGate implements ByteGate {
  source: ByteGate['source'] = null;
  bytes = 0;
  readonly import: ForeignImport;
  readonly #path: string;
  readonly #onRead: (bytes: number, share: number) => void;
  #head: Uint8Array = new Uint8Array(0);
  isCapture = false;

  constructor(trace: string, onRead: (bytes: number, share: number) => void) {
    this.#path = trace;
    this.#onRead = onRead;
    this.import = new ForeignImport(path.basename(trace).replace(/\.gz$/i, ''));
  }

  push(chunk: Uint8Array): Promise<boolean> {
    this.bytes += chunk.byteLength;
    this.#onRead(chunk.byteLength, 1);
    if (this.#head.byteLength < 8) {
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, 8)]);
      this.isCapture = startsWithMagic(this.#head);
    }
    if (this.isCapture) return Promise.resolve(false);
    // What is ready before the end nobody needs: it is of a reader that does not collect, and is refused.
    Array.from(this.import.push(chunk));
    return Promise.resolve(!this.import.isDone);
  }

  /** Why the trace cannot be used, known when it is collected; null: it can. */
  refusal(brokenOff: string | null, capture: string): string | null {
    const { outcome } = this.import;
    const name = this.#path;
    if (outcome.kind === 'refused') {
      const broken = brokenOff === null ? '' : `; ${brokenOff}`;
      return `unknown kind of file (${name} is ${outcome.found}${broken}): ${SUPPORTED}`;
    }
    const { emptyReason, problem } = outcome;
    const breaks = [
      ...(problem === null ? [] : [`at byte ${problem.atByte} ${problem.reason}`]),
      ...(brokenOff === null ? [] : [brokenOff]),
    ];
    // What is missing of it would be missing in every sum.
    if (breaks.length > 0) {
      return `${name} is broken (${breaks.join('; ')}): only a whole trace can be compared with ${capture}`;
    }
    return emptyReason === null ? null : `nothing to show (${name}): ${emptyReason}`;
  }
}
