/** Foreign files through the whole way in: import, FXT reader, model. And the FXT itself as plain events, read naively. */
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { EventType } from '../../agent/wire/format.js';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import type { FxtEvent } from '../../agent/wire/records.js';
import { joinWord } from '../../agent/wire/ticks.js';
import { ForeignImport, type ImportOutcome } from '../../extension/core/foreign/foreignImport.js';
import { SessionModel } from '../../extension/core/sessionModel.js';

/** An event of the FXT that an import gave. */
export interface PlainEvent {
  readonly category: string;
  readonly name: string;
  readonly lane: number;
  readonly startNs: number;
  /** End, or the counter's id. */
  readonly extra: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Lane declarations by the number of the lane. */
export interface PlainLane {
  readonly stage: string | null;
  readonly thread: string;
  readonly slot: number;
  readonly pipeline: string | null;
}

/** A piece of a CPU profile, as V8 writes it. */
export interface PlainProfile {
  readonly blob: string;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  readonly startTime: number;
  readonly endTime: number;
}

/** What came of a file. */
export interface Imported {
  readonly outcome: ImportOutcome;
  readonly model: SessionModel;
  readonly events: readonly PlainEvent[];
  readonly lanes: ReadonlyMap<number, PlainLane>;
  /** Pieces of CPU profiles, with the name of their blob. */
  readonly profiles: readonly PlainProfile[];
  readonly fxt: Uint8Array;
}

/** Imports bytes in chunks of a size. */
export function importBytes(bytes: Uint8Array, chunkBytes = 64 * 1024, title = 'x.json'): Imported {
  const run = new ForeignImport(title);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    pieces.push(...run.push(bytes.subarray(at, at + chunkBytes)));
  }
  pieces.push(...run.end());
  const fxt = Buffer.concat(pieces);
  const model = new SessionModel({ title });
  model.setState('capture');
  const events: PlainEvent[] = [];
  const lanes = new Map<number, PlainLane>();
  const profiles: PlainProfile[] = [];
  const reader = new FxtReader({
    event: (event) => {
      // Marks the start of the trace, and is no event of the file.
      if (event.eventType !== EventType.instant) events.push(plain(event));
      model.sink.event(event);
    },
    record: (record) => {
      if (record.kind === 'blob') noteLanes(record.bytes, lanes);
      if (record.kind === 'largeBlob') profiles.push(profileOf(record.name, record.bytes));
      model.sink.record(record);
    },
  });
  reader.push(fxt);
  assert.equal(reader.end().problem, null);
  model.addBytes(bytes.length);
  return { outcome: run.outcome, model, events, lanes, profiles, fxt };
}

function profileOf(blob: string, bytes: Uint8Array): PlainProfile {
  return { ...(JSON.parse(new TextDecoder().decode(bytes)) as PlainProfile), blob };
}

/** Imports JSON that is written out here. */
export function importJson(value: unknown, title?: string): Imported {
  return importBytes(new TextEncoder().encode(JSON.stringify(value)), 64 * 1024, title);
}

/** Bytes of a file, unpacked. */
export function fileBytes(path: string): Uint8Array {
  const bytes = readFileSync(path);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

function plain(event: FxtEvent): PlainEvent {
  const args = event.args.slice(0, event.argCount).map(({ name, value }) => [name, value] as const);
  return {
    category: event.category,
    name: event.name,
    lane: Number(event.thread.thread),
    startNs: Number(joinWord(event.ticksHi, event.ticksLo)),
    extra: Number(joinWord(event.extraHi, event.extraLo)),
    args: Object.fromEntries(args),
  };
}

function noteLanes(bytes: Uint8Array, lanes: Map<number, PlainLane>): void {
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    if (line === '') continue;
    const declared = JSON.parse(line) as { kind: string; lane: number } & PlainLane;
    if (declared.kind === 'lane') lanes.set(declared.lane, declared);
  }
}
