/** One profiled process of a session, over all its connections. */
import { BlobName } from '../../agent/wire/format.js';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import type { ProcessInfo } from '../../agent/wire/manifest.js';
import type { FxtSink } from '../../agent/wire/records.js';
import type { AgentConnection } from './agentConnection.js';

/**
 * A process keeps its provider number through reconnects, and its reader as long as that has not met a broken record: the
 * agent sends its tables again, and threads stay the same objects for the model.
 */
export class Peer {
  readonly process: ProcessInfo;
  /** FXT provider id in the capture and in the model. */
  readonly provider: number;
  /** null while the process is away. */
  connection: AgentConnection | null = null;
  /** The last word of an orderly end has come. */
  hasEnded = false;
  /** The model has been told that the process is gone. */
  isGone = false;
  readonly #sink: FxtSink;
  #reader: FxtReader;

  constructor(process: ProcessInfo, provider: number, sink: FxtSink) {
    this.process = process;
    this.provider = provider;
    this.#sink = this.#watched(sink);
    this.#reader = this.#newReader();
  }

  /** The process is back on a new connection. */
  reconnect(connection: AgentConnection): void {
    this.connection = connection;
    this.hasEnded = false;
    this.isGone = false;
    if (this.#reader.problem !== null) this.#reader = this.#newReader();
  }

  /** Decodes whole records into the model. Returns how many bytes were good, and what was wrong with the rest. */
  read(frame: Uint8Array): { readonly validBytes: number; readonly problem: string | null } {
    const before = this.#reader.validBytes;
    this.#reader.push(frame);
    const { problem, validBytes } = this.#reader;
    return { validBytes: validBytes - before, problem: problem?.reason ?? null };
  }

  #newReader(): FxtReader {
    return new FxtReader(this.#sink, { provider: this.provider });
  }

  /** Passes everything on and notices the `end` declaration. */
  #watched(sink: FxtSink): FxtSink {
    return {
      event: (event) => {
        sink.event(event);
      },
      record: (record) => {
        if (record.kind === 'blob' && record.name === BlobName.manifest) {
          this.hasEnded = holdsEnd(record.bytes);
        }
        sink.record(record);
      },
    };
  }
}

/** `end` is the last line of the last manifest blob. */
function holdsEnd(manifest: Uint8Array): boolean {
  const text = new TextDecoder().decode(manifest.subarray(-512)).trimEnd();
  const line = text.slice(text.lastIndexOf('\n') + 1);
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && Reflect.get(value, 'kind') === 'end';
  } catch {
    return false; // a longer line than an `end` ever is, so not one
  }
}
