/**
 * The capture file of a live session, written as the records arrive.
 *
 * Bytes go to the operating system as soon as the previous write is done, without a timer of our own: when this process
 * or the profiled one is killed, what is lost is one write in flight. A disk that is slower than the agents shows as
 * pressure, and whoever owns the sockets stops reading them until it is gone; memory stays bounded, and the agents drop
 * and count on their side, where the loss is known by stage.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { TICKS_PER_SECOND } from '../../agent/wire/format.js';
import { FxtWriter } from '../../agent/wire/fxtWriter.js';
import { fail, ok, type Result } from '../../agent/wire/result.js';
import { reasonOf } from './reason.js';

/** Bytes that may wait for the disk before the sockets are paused. */
export const PRESSURE_BYTES = 8 * 1024 * 1024;

/** What the owner of a capture learns from it. */
export interface CaptureListener {
  /** true: stop producing; false: go on. */
  pressure(isHigh: boolean): void;
  /** The disk failed; nothing more is written. Told once. */
  failed(message: string): void;
}

/** Appends records to one capture. Owns the stream and the file behind it. */
export class CaptureWriter {
  readonly #stream: Writable;
  readonly #listener: CaptureListener;
  readonly #name: string;
  readonly #closed: Promise<void>;
  #state: 'open' | 'closing' | 'failed' = 'open';
  #isPressed = false;

  /** `stream` is written to from now on; `name` is used in messages. */
  constructor(stream: Writable, name: string, listener: CaptureListener) {
    this.#stream = stream;
    this.#name = name;
    this.#listener = listener;
    this.#closed = new Promise((resolve) => {
      stream.once('close', resolve);
    });
    stream.on('drain', () => {
      this.#setPressure(false);
    });
    stream.on('error', (error) => {
      this.#fail(error);
    });
  }

  /** Takes ownership of `bytes`, which must be whole records. Nothing happens after a failure or after `close`. */
  append(bytes: Uint8Array): void {
    if (this.#state !== 'open') return;
    if (!this.#stream.write(bytes)) this.#setPressure(true);
  }

  /** Writes what is pending and closes the file. Fails when not everything could be written. */
  async close(): Promise<Result<null>> {
    if (this.#state === 'open') {
      this.#state = 'closing';
      this.#stream.end();
    }
    await this.#closed;
    this.#setPressure(false);
    return this.#state === 'failed' ? fail(`the capture is incomplete (${this.#name})`) : ok(null);
  }

  #setPressure(isHigh: boolean): void {
    if (isHigh === this.#isPressed) return;
    this.#isPressed = isHigh;
    this.#listener.pressure(isHigh);
  }

  #fail(error: Error): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#setPressure(false);
    this.#listener.failed(
      `the capture stops here (${this.#name}): ${reasonOf(error)}; the live view goes on`,
    );
  }
}

/** Creates or replaces the file, and its folder when missing. Fails with a message that names the path. */
export async function createCaptureFile(filePath: string): Promise<Result<Writable>> {
  try {
    await mkdir(path.dirname(filePath), { recursive: true });
    const stream = createWriteStream(filePath, { highWaterMark: PRESSURE_BYTES });
    await once(stream, 'open');
    return ok(stream);
  } catch (error) {
    return fail(`cannot write the capture ${filePath}: ${reasonOf(error)}`);
  }
}

/** The first bytes of every capture: magic and clock. */
export function captureHeader(): Uint8Array {
  const writer = new FxtWriter();
  writer.magic();
  writer.initialization(BigInt(TICKS_PER_SECOND));
  return writer.take();
}
