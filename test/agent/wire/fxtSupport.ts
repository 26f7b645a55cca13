/** What the tests of the format share: words in hex, a sink that collects, and traces drawn by fast-check. */
import fc from 'fast-check';
import { ArgType, EventType } from '../../../agent/wire/format.js';
import { cloneEvent, FxtReader, type FxtReaderOptions } from '../../../agent/wire/fxtReader.js';
import type { FxtWriter, StringRef, ThreadRef, WireArg } from '../../../agent/wire/fxtWriter.js';
import type {
  FxtArg,
  FxtEvent,
  FxtReadEnd,
  FxtRecord,
  FxtThread,
} from '../../../agent/wire/records.js';
import { hasExtraWord } from '../../../agent/wire/decodeEvent.js';
import { highHalf, lowHalf } from '../../../agent/wire/ticks.js';

/** Words as the specification prints them, most significant digit first; blanks and `|` are for the eye. */
export function words(text: string): Uint8Array {
  const digits = text.replace(/[\s|_]/g, '');
  if (digits.length % 16 !== 0) throw new Error(`${digits.length} digits are not whole words`);
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i += 8) {
    new DataView(bytes.buffer).setBigUint64(
      i,
      BigInt(`0x${digits.slice(2 * i, 2 * i + 16)}`),
      true,
    );
  }
  return bytes;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** One thing that a reader handed over. */
export type Item =
  | { readonly type: 'event'; readonly event: FxtEvent }
  | { readonly type: 'record'; readonly record: FxtRecord };

export interface ReadResult {
  readonly items: readonly Item[];
  readonly end: FxtReadEnd;
}

/** Reads chunks to the end and keeps everything. */
export function readAll(chunks: readonly Uint8Array[], options?: FxtReaderOptions): ReadResult {
  const items: Item[] = [];
  const reader = new FxtReader(
    {
      event: (event) => items.push({ type: 'event', event: cloneEvent(event) }),
      record: (record) => items.push({ type: 'record', record }),
    },
    options,
  );
  for (const chunk of chunks) reader.push(chunk);
  return { items, end: reader.end() };
}

export function records(result: ReadResult): FxtRecord[] {
  return result.items.flatMap((item) => (item.type === 'record' ? [item.record] : []));
}

export function events(result: ReadResult): FxtEvent[] {
  return result.items.flatMap((item) => (item.type === 'event' ? [item.event] : []));
}

/** Cuts bytes at the given places. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [
    0,
    ...places.map((p) => p % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return cuts.slice(1).map((to, i) => bytes.subarray(cuts[i], to));
}

// --- traces by chance ---

// Plain prototypes: deepEqual tells objects without one apart.
function object<T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(shape, { noNullPrototype: true });
}

const text = fc.oneof(
  fc.constantFrom('', 'stage', 'item', 'décodé', '\ufeffbom', 'zero\0inside', '12345678'),
  fc.string({ unit: 'binary', maxLength: 24 }),
);
const word = fc.oneof(fc.bigInt(0n, (1n << 64n) - 1n), fc.constantFrom(0n, 1n, (1n << 64n) - 1n));
const uint32 = fc.oneof(fc.nat(), fc.integer({ min: 0, max: 0xffff_ffff }));
const thread: fc.Arbitrary<FxtThread> = fc.oneof(
  object({ process: word, thread: word }),
  fc.constantFrom({ process: 1n, thread: 2n }, { process: 1n, thread: 3n }),
);

function argOf(type: ArgType, value: fc.Arbitrary<FxtArg['value']>): fc.Arbitrary<FxtArg> {
  return object({ type: fc.constant(type), name: text, value });
}

export const anyArg: fc.Arbitrary<FxtArg> = fc.oneof(
  argOf(ArgType.null, fc.constant(null)),
  argOf(ArgType.int32, fc.integer()),
  argOf(ArgType.uint32, uint32),
  argOf(ArgType.int64, fc.bigInt(-(1n << 63n), (1n << 63n) - 1n)),
  argOf(ArgType.uint64, word),
  argOf(ArgType.double, fc.double()),
  argOf(ArgType.string, text),
  argOf(ArgType.pointer, word),
  argOf(ArgType.koid, word),
  argOf(ArgType.boolean, fc.boolean()),
);
const args = fc.array(anyArg, { maxLength: 15, size: 'small' });
const bytes = fc.uint8Array({ maxLength: 100 });

const anyEvent: fc.Arbitrary<Item> = object({
  eventType: fc.constantFrom(...Object.values(EventType)),
  thread,
  category: text,
  name: text,
  ticks: word,
  extra: word,
  args,
}).map(({ ticks, extra, ...e }) => {
  const last = hasExtraWord(e.eventType) ? extra : 0n;
  const event: FxtEvent = {
    ...e,
    provider: 0,
    ticksHi: highHalf(ticks),
    ticksLo: lowHalf(ticks),
    extraHi: highHalf(last),
    extraLo: lowHalf(last),
    argCount: e.args.length,
  };
  return { type: 'event', event };
});

const bits = (n: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** n - 1 });
const kind = <K extends FxtRecord['kind']>(k: K): fc.Arbitrary<K> => fc.constant(k);

/** Every record but events, string and thread records (these come by themselves when refs are used). */
const anyOther: fc.Arbitrary<Item> = fc
  .oneof<fc.Arbitrary<FxtRecord>[]>(
    object({ kind: kind('providerInfo'), provider: uint32, name: text }),
    object({ kind: kind('providerSection'), provider: fc.oneof(fc.constant(0), uint32) }),
    object({ kind: kind('providerEvent'), provider: uint32, event: bits(4) }),
    object({
      kind: kind('traceInfo'),
      infoType: fc.integer({ min: 1, max: 15 }),
      data: fc.bigInt(0n, (1n << 40n) - 1n),
    }),
    fc.constant({ kind: 'traceInfo', infoType: 0, data: 0x16547846n } as const),
    object({ kind: kind('initialization'), ticksPerSecond: fc.bigInt(1n, (1n << 64n) - 1n) }),
    object({ kind: kind('blob'), name: text, blobType: bits(8), bytes }),
    object({ kind: kind('largeBlob'), category: text, name: text, bytes }),
    object({
      kind: kind('largeBlob'),
      category: text,
      name: text,
      bytes,
      metadata: object({ ticks: word, thread, args }),
    }),
    object({ kind: kind('userspaceObject'), pointer: word, process: word, name: text, args }),
    object({ kind: kind('kernelObject'), objectType: bits(8), koid: word, name: text, args }),
    object({
      kind: kind('contextSwitch'),
      cpu: bits(16),
      outgoingState: bits(4),
      ticks: word,
      outgoingThread: word,
      incomingThread: word,
      args,
    }),
    object({ kind: kind('threadWakeup'), cpu: bits(16), ticks: word, wakingThread: word, args }),
    object({
      kind: kind('legacyContextSwitch'),
      cpu: bits(8),
      outgoingState: bits(4),
      outgoing: thread,
      incoming: thread,
      outgoingPriority: bits(8),
      incomingPriority: bits(8),
      ticks: word,
    }),
    object({ kind: kind('log'), ticks: word, thread, message: text }),
  )
  .map((record) => ({ type: 'record', record }));

/** A trace: what was drawn, told apart by provider as the reader will do it. */
export function anyTrace(maxLength = 20): fc.Arbitrary<readonly Item[]> {
  return fc.array(fc.oneof(anyEvent, anyOther), { maxLength, size: 'max' }).map((items) => {
    let provider = 0;
    return items.map((item) => {
      if (item.type === 'event') return { ...item, event: { ...item.event, provider } };
      if (item.record.kind === 'providerInfo' || item.record.kind === 'providerSection') {
        provider = item.record.provider;
      }
      return item;
    });
  });
}

/** How strings and threads are written. */
export interface Refs {
  readonly string: (text: string) => StringRef;
  readonly thread: (thread: FxtThread) => ThreadRef;
}

export const inline: Refs = { string: (s) => s, thread: (t) => t };

export function indexed(w: FxtWriter): Refs {
  return { string: (s) => w.ref(s), thread: (t) => w.threadRef(t) };
}

/** Writes what was drawn. Returns false when the writer found it too large. */
export function writeItem(w: FxtWriter, item: Item, refs: Refs): boolean {
  return item.type === 'event'
    ? writeEvent(w, item.event, refs)
    : writeRecord(w, item.record, refs);
}

/** Writes a whole trace; with tables, they begin anew with each section. */
export function writeTrace(w: FxtWriter, items: readonly Item[], refs: Refs): Uint8Array {
  for (const item of items) {
    if (!writeItem(w, item, refs)) throw new Error('too large');
    if (item.type === 'record' && item.record.kind.startsWith('provider')) w.reset();
  }
  return w.take();
}

function refArgs(list: readonly FxtArg[], refs: Refs): WireArg[] {
  return list.map(({ type, name, value }) => ({
    type,
    name: refs.string(name),
    value: typeof value === 'string' ? refs.string(value) : value,
  }));
}

function writeEvent(w: FxtWriter, e: FxtEvent, refs: Refs): boolean {
  const join = (hi: number, lo: number): bigint => (BigInt(hi) << 32n) + BigInt(lo);
  return w.event({
    eventType: e.eventType,
    thread: refs.thread(e.thread),
    category: refs.string(e.category),
    name: refs.string(e.name),
    ticks: join(e.ticksHi, e.ticksLo),
    extra: join(e.extraHi, e.extraLo),
    args: refArgs(e.args, refs),
  });
}

function writeRecord(w: FxtWriter, r: FxtRecord, refs: Refs): boolean {
  switch (r.kind) {
    case 'providerInfo':
      return w.providerInfo(r.provider, r.name);
    case 'providerSection':
      return w.providerSection(r.provider);
    case 'providerEvent':
      return w.providerEvent(r.provider, r.event);
    case 'traceInfo':
      return r.infoType === 0 ? w.magic() : w.traceInfo(r.infoType, r.data);
    case 'initialization':
      return w.initialization(r.ticksPerSecond);
    case 'string':
      return w.string(r.index, r.value);
    case 'thread':
      return w.thread(r.index, r.thread);
    case 'blob':
      return w.blob({ ...r, name: refs.string(r.name) });
    default:
      return writeRareRecord(w, r, refs);
  }
}

function writeRareRecord(w: FxtWriter, r: FxtRecord, refs: Refs): boolean {
  switch (r.kind) {
    case 'largeBlob': {
      const { category, name, bytes: payload, metadata } = r;
      const blob = { category: refs.string(category), name: refs.string(name), bytes: payload };
      if (metadata === undefined) return w.largeBlob(blob);
      const { ticks, thread: on, args: list } = metadata;
      return w.largeBlob({
        ...blob,
        metadata: { ticks, thread: refs.thread(on), args: refArgs(list, refs) },
      });
    }
    case 'userspaceObject':
    case 'kernelObject': {
      const named = { name: refs.string(r.name), args: refArgs(r.args, refs) };
      return r.kind === 'kernelObject'
        ? w.kernelObject({ ...r, ...named })
        : w.userspaceObject({ ...r, ...named });
    }
    case 'contextSwitch':
      return w.contextSwitch({ ...r, args: refArgs(r.args, refs) });
    case 'threadWakeup':
      return w.threadWakeup({ ...r, args: refArgs(r.args, refs) });
    case 'legacyContextSwitch':
      return w.legacyContextSwitch({
        ...r,
        outgoing: refs.thread(r.outgoing),
        incoming: refs.thread(r.incoming),
      });
    case 'log':
      return w.log({ ...r, thread: refs.thread(r.thread) });
    default:
      throw new Error(`nobody writes ${r.kind}`);
  }
}
