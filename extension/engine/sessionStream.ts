/**
 * The one stream of records that a live session is.
 *
 * Several processes send at the same time, each with string and thread tables of its own: index 5 is `decode` for one and
 * `resize` for the other. FXT has provider sections for that, and a session uses them the way a file does. Whenever the
 * records of another process follow, a section record comes first, and what comes out is a single, valid trace:
 *
 *     magic, clock | info 1 | tables of 1, executions of 1 | info 2 | tables of 2, ... | section 1 | executions of 1 | ...
 *
 * This stream goes two ways, byte by byte in the same order: into the capture file, and decoded into the model that the
 * panel looks at. So a capture that is read later gives the model that was seen live, and there is no second path that
 * could say something else (a test compares the two reports). It also means that what is written is only what could be
 * read: a frame goes through its process's reader first, and when a record in it is broken, the file gets the records
 * before it and a note, never the broken one. Agents do not write sections themselves; a frame that holds metadata was
 * refused before it came here, or one agent could write into another's tables.
 *
 *     agent socket -> framing check -> reader -> model
 *                                   `-> capture file (what the reader accepted)
 *
 * What is deliberately absent: a queue. The model takes records at once, and the file has a bound of its own that stops
 * the sockets.
 */
import { BlobName, BlobType } from '../../agent/wire/format.js';
import { FxtWriter } from '../../agent/wire/fxtWriter.js';
import type { Declaration } from '../../agent/wire/manifest.js';
import type { SessionModel } from '../core/sessionModel.js';
import { captureHeader, type CaptureWriter } from './captureWriter.js';
import type { Peer } from './peer.js';

/** Writes the records of all processes of a session to its model and to its capture. */
export class SessionStream {
  readonly #model: SessionModel;
  readonly #capture: CaptureWriter;
  readonly #writer = new FxtWriter();
  /** Whose section the stream is in; null before the first process. */
  #provider: number | null = null;

  constructor(model: SessionModel, capture: CaptureWriter) {
    this.#model = model;
    this.#capture = capture;
    this.#append(captureHeader());
  }

  /** Names a process that is new to the session. */
  introduce(provider: number, name: string): void {
    this.#writer.providerInfo(provider, name);
    this.#append(this.#writer.take());
    this.#model.sink.record({ kind: 'providerInfo', provider, name });
    this.#provider = provider;
  }

  /** Takes a frame of whole records. Returns what was wrong inside, null when nothing was. */
  take(peer: Peer, frame: Uint8Array): string | null {
    this.#enter(peer.provider);
    const { validBytes, problem } = peer.read(frame);
    this.#append(validBytes === frame.byteLength ? frame : frame.subarray(0, validBytes));
    return problem;
  }

  /** Leaves a remark about a process in the report, now and whenever the capture is read. */
  note(provider: number, code: string, message: string): void {
    this.#enter(provider);
    const line: Declaration = { kind: 'note', code, message: message.slice(0, 2048) };
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    const blob = { name: BlobName.manifest, blobType: BlobType.data, bytes };
    this.#writer.blob(blob);
    this.#append(this.#writer.take());
    this.#model.sink.record({ kind: 'blob', ...blob });
  }

  /** Makes the records that follow the process's. */
  #enter(provider: number): void {
    if (this.#provider === provider) return;
    this.#writer.providerSection(provider);
    this.#append(this.#writer.take());
    this.#model.sink.record({ kind: 'providerSection', provider });
    this.#provider = provider;
  }

  #append(records: Uint8Array): void {
    this.#capture.append(records);
    this.#model.addBytes(records.byteLength);
  }
}
