/**
 * Writes the Fuchsia trace format. One method per record type, with explicit refs: a number is an index of a table that the
 * caller keeps with `string` and `thread`; a text or a pair stands inline. Who does not want to keep tables uses `ref`,
 * `threadRef` and `internEvent`, which register what they meet. Use one way or the other in a writer: both number from 1.
 *
 * A record holds 32,760 bytes at most. Every method returns false when the record would be longer; nothing is written then.
 * Strings are cut at 32,000 bytes, behind a whole character.
 */
import {
  LargeBlobFormat,
  LargeType,
  MAGIC_HI,
  MAGIC_LO,
  MAX_ARGS,
  MAX_RECORD_WORDS,
  MAX_STRING_INDEX,
  MAX_THREAD_INDEX,
  MetadataType,
  RecordType,
  SchedulingType,
  type ArgType,
  type EventType,
} from './format.js';
import { hasExtraWord } from './decodeEvent.js';
import { paddedBytes, WORD_BYTES } from './recordCursor.js';
import {
  RecordBuffer,
  type StringRef,
  type ThreadRef,
  type WireArg,
  type Word,
} from './recordBuffer.js';
import type { FxtEvent, FxtThread } from './records.js';
import { assert } from './result.js';
import { joinWord, lowHalf } from './ticks.js';

export type { StringRef, ThreadRef, WireArg, Word } from './recordBuffer.js';

/** An event to write. `extra` is the word behind the arguments (end ticks, counter or correlation id), 0 when left out. */
export interface EventInput {
  readonly eventType: EventType;
  readonly thread: ThreadRef;
  readonly category: StringRef;
  readonly name: StringRef;
  readonly ticks: Word;
  readonly extra?: Word;
  readonly args?: readonly WireArg[];
}

/** A blob to write. See `maxBlobBytes`. */
export interface BlobInput {
  readonly name: StringRef;
  readonly blobType: number;
  readonly bytes: Uint8Array;
}

/** A large blob to write; without `metadata` in the format that has none. */
export interface LargeBlobInput {
  readonly category: StringRef;
  readonly name: StringRef;
  readonly bytes: Uint8Array;
  readonly metadata?: {
    readonly ticks: Word;
    readonly thread: ThreadRef;
    readonly args: readonly WireArg[];
  };
}

/** A label for a pointer. `process` is a thread's index, or a process koid that stands inline. */
export interface UserspaceObjectInput {
  readonly pointer: Word;
  readonly process: number | bigint;
  readonly name: StringRef;
  readonly args?: readonly WireArg[];
}

/** A label for a kernel object, such as a process or a thread. */
export interface KernelObjectInput {
  readonly objectType: number;
  readonly koid: Word;
  readonly name: StringRef;
  readonly args?: readonly WireArg[];
}

/** A context switch. States are those of Zircon, 0..15. */
export interface ContextSwitchInput {
  readonly cpu: number;
  readonly outgoingState: number;
  readonly ticks: Word;
  readonly outgoingThread: Word;
  readonly incomingThread: Word;
  readonly args?: readonly WireArg[];
}

/** A thread that was woken. */
export interface ThreadWakeupInput {
  readonly cpu: number;
  readonly ticks: Word;
  readonly wakingThread: Word;
  readonly args?: readonly WireArg[];
}

/** A context switch in the older form. */
export interface LegacyContextSwitchInput {
  readonly cpu: number;
  readonly outgoingState: number;
  readonly ticks: Word;
  readonly outgoing: ThreadRef;
  readonly incoming: ThreadRef;
  readonly outgoingPriority: number;
  readonly incomingPriority: number;
}

/** Most bytes that one blob record of this name can hold. */
export function maxBlobBytes(name: StringRef): number {
  const nameBytes = typeof name === 'number' ? 0 : paddedBytes(new RecordBuffer().text(name));
  return MAX_RECORD_WORDS * WORD_BYTES - WORD_BYTES - nameBytes;
}

/** Appends records to a buffer in memory; `take` empties it. */
export class FxtWriter {
  readonly #out = new RecordBuffer();
  readonly #strings = new Map<string, number>();
  readonly #threads = new Map<string, number>();

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#out.length;
  }

  /** Returns the bytes written and starts over; the tables of `ref` and `threadRef` stay. */
  take(): Uint8Array {
    return this.#out.take();
  }

  /** Forgets the tables of `ref` and `threadRef`: for a reader that begins anew, or a new provider. */
  reset(): void {
    this.#strings.clear();
    this.#threads.clear();
  }

  /** Appends whole records that were encoded elsewhere. */
  append(records: Uint8Array): void {
    assert(records.length % WORD_BYTES === 0, `${records.length} bytes are not whole words`);
    this.#out.stream(records);
  }

  /** A ref to the text: registers it on first use, inline when the table is full. Call it before the record that uses it. */
  ref(text: string): StringRef {
    if (text === '') return 0;
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const index = this.#strings.size + 1;
    if (index > MAX_STRING_INDEX) return text;
    this.#strings.set(text, index);
    this.string(index, text);
    return index;
  }

  /** A ref to the thread: registers it on first use, inline when the table is full. Call it before the record that uses it. */
  threadRef(thread: FxtThread): ThreadRef {
    const key = `${thread.process}/${thread.thread}`;
    const known = this.#threads.get(key);
    if (known !== undefined) return known;
    const index = this.#threads.size + 1;
    if (index > MAX_THREAD_INDEX) return thread;
    this.#threads.set(key, index);
    this.thread(index, thread);
    return index;
  }

  /** The argument with its texts as refs. */
  internArg(arg: { type: ArgType; name: string; value: WireArg['value'] }): WireArg {
    const value = typeof arg.value === 'string' ? this.ref(arg.value) : arg.value;
    return { type: arg.type, name: this.ref(arg.name), value };
  }

  /** Writes an event as the reader hands it out, with everything in tables. */
  internEvent(event: FxtEvent): boolean {
    return this.event({
      eventType: event.eventType,
      thread: this.threadRef(event.thread),
      category: this.ref(event.category),
      name: this.ref(event.name),
      ticks: joinWord(event.ticksHi, event.ticksLo),
      extra: joinWord(event.extraHi, event.extraLo),
      args: event.args.slice(0, event.argCount).map((arg) => this.internArg(arg)),
    });
  }

  /** The first record of a trace. */
  magic(): boolean {
    this.#out.halves(MAGIC_LO, MAGIC_HI);
    return true;
  }

  /** Names a provider (name cut at 255 bytes) and begins its section. `provider` is a uint32. */
  providerInfo(provider: number, name: string): boolean {
    this.#out.begin();
    const bytes = this.#out.text(name, 0xff);
    return this.#finishMetadata(MetadataType.providerInfo, provider, bytes);
  }

  /** Begins a section of a provider. */
  providerSection(provider: number): boolean {
    this.#out.begin();
    return this.#finishMetadata(MetadataType.providerSection, provider, 0);
  }

  /** Reports something about a provider, see `ProviderEvent`. */
  providerEvent(provider: number, event: number): boolean {
    assertBits(event, 4, 'provider event');
    this.#out.begin();
    return this.#finishMetadata(MetadataType.providerEvent, provider, event);
  }

  /** Trace info other than the magic number: 40 bits of data. */
  traceInfo(infoType: number, data: bigint): boolean {
    assertBits(infoType, 4, 'trace info type');
    assert(
      infoType !== 0 && data >= 0n && data < 1n << 40n,
      'trace info: type 0 is the magic number',
    );
    const shifted = data << 24n;
    this.#out.begin();
    const lo = RecordType.metadata | (MetadataType.traceInfo << 16) | (infoType << 20);
    return this.#out.finish(lo | lowHalf(shifted), Number(shifted >> 32n));
  }

  /** The clock of the records that follow. */
  initialization(ticksPerSecond: Word): boolean {
    this.#out.begin();
    this.#out.word(ticksPerSecond);
    return this.#out.finish(RecordType.initialization, 0);
  }

  /** Registers a string under an index of the caller's, 1..32767. */
  string(index: number, value: string): boolean {
    assert(index > 0 && index <= MAX_STRING_INDEX, `string index ${index} is out of range`);
    this.#out.begin();
    const bytes = this.#out.text(value);
    return this.#out.finish(RecordType.string | (index << 16), bytes);
  }

  /** Registers a thread under an index of the caller's, 1..255. */
  thread(index: number, thread: FxtThread): boolean {
    assert(index > 0 && index <= MAX_THREAD_INDEX, `thread index ${index} is out of range`);
    this.#out.begin();
    this.#out.thread(thread);
    return this.#out.finish(RecordType.thread | (index << 16), 0);
  }

  /** Any of the eleven kinds of event. */
  event(e: EventInput): boolean {
    const out = this.#out;
    out.begin();
    out.word(e.ticks);
    const thread = out.thread(e.thread);
    const category = out.string(e.category);
    const name = out.string(e.name);
    const count = this.#args(e.args);
    if (hasExtraWord(e.eventType)) out.word(e.extra ?? 0);
    const lo = RecordType.event | (e.eventType << 16) | (count << 20) | (thread << 24);
    return out.finish(lo, category | (name << 16));
  }

  /** A piece of the blob stream of this name. False when it is longer than `maxBlobBytes`. */
  blob(b: BlobInput): boolean {
    assertBits(b.blobType, 8, 'blob type');
    const out = this.#out;
    out.begin();
    const name = out.string(b.name);
    out.stream(b.bytes);
    return out.finish(
      RecordType.blob | (name << 16),
      (b.bytes.length & 0x7fff) | (b.blobType << 16),
    );
  }

  /** A blob of up to 2^32 words in one record. */
  largeBlob(b: LargeBlobInput): boolean {
    const out = this.#out;
    out.begin();
    const header = out.halves(0, 0);
    const refs = out.string(b.category) | (out.string(b.name) << 16);
    if (b.metadata !== undefined) {
      out.word(b.metadata.ticks);
      const thread = out.thread(b.metadata.thread);
      out.patch(header, refs, this.#args(b.metadata.args) | (thread << 4));
    } else {
      out.patch(header, refs, 0);
    }
    out.word(b.bytes.length);
    out.stream(b.bytes);
    const format =
      b.metadata === undefined ? LargeBlobFormat.withoutMetadata : LargeBlobFormat.withMetadata;
    return out.finish(RecordType.large, (LargeType.blob << 4) | (format << 8));
  }

  /** Names a pointer of a process. */
  userspaceObject(o: UserspaceObjectInput): boolean {
    const out = this.#out;
    out.begin();
    out.word(o.pointer);
    let ref = 0;
    if (typeof o.process === 'number') ref = out.thread(o.process);
    else out.word(o.process);
    return this.#finishObject(RecordType.userspaceObject | (ref << 16), o.name, o.args);
  }

  /** Names a kernel object. */
  kernelObject(o: KernelObjectInput): boolean {
    assertBits(o.objectType, 8, 'object type');
    this.#out.begin();
    this.#out.word(o.koid);
    return this.#finishObject(RecordType.kernelObject | (o.objectType << 16), o.name, o.args);
  }

  /** A context switch. */
  contextSwitch(s: ContextSwitchInput): boolean {
    assertBits(s.outgoingState, 4, 'thread state');
    const out = this.#out;
    out.begin();
    out.word(s.ticks);
    out.word(s.outgoingThread);
    out.word(s.incomingThread);
    const upper = (s.outgoingState << 4) | (SchedulingType.contextSwitch << 28);
    return this.#finishScheduling(s.cpu, upper, s.args);
  }

  /** A thread that was woken. */
  threadWakeup(s: ThreadWakeupInput): boolean {
    this.#out.begin();
    this.#out.word(s.ticks);
    this.#out.word(s.wakingThread);
    return this.#finishScheduling(s.cpu, SchedulingType.threadWakeup << 28, s.args);
  }

  /** A context switch in the older form. */
  legacyContextSwitch(s: LegacyContextSwitchInput): boolean {
    assertBits(s.cpu, 8, 'cpu');
    assertBits(s.outgoingState, 4, 'thread state');
    assertBits(s.outgoingPriority, 8, 'priority');
    assertBits(s.incomingPriority, 8, 'priority');
    const out = this.#out;
    out.begin();
    out.word(s.ticks);
    const outgoing = out.thread(s.outgoing);
    const incoming = out.thread(s.incoming);
    const lo = RecordType.scheduling | (s.cpu << 16) | (s.outgoingState << 24) | (outgoing << 28);
    const priorities = (s.outgoingPriority << 12) | (s.incomingPriority << 20);
    return out.finish(lo, (outgoing >>> 4) | (incoming << 4) | priorities);
  }

  /** A line of a log. */
  log(line: {
    readonly ticks: Word;
    readonly thread: ThreadRef;
    readonly message: string;
  }): boolean {
    const out = this.#out;
    out.begin();
    out.word(line.ticks);
    const thread = out.thread(line.thread);
    const bytes = out.text(line.message);
    return out.finish(RecordType.log | (bytes << 16), thread);
  }

  #args(args: readonly WireArg[] = []): number {
    assert(args.length <= MAX_ARGS, `${args.length} arguments, ${MAX_ARGS} are possible`);
    for (const arg of args) this.#out.argument(arg);
    return args.length;
  }

  #finishMetadata(type: number, provider: number, upper: number): boolean {
    assert(provider === provider >>> 0, `provider ${provider} is not a uint32`);
    const lo = RecordType.metadata | (type << 16) | (provider << 20);
    return this.#out.finish(lo, (provider >>> 12) | (upper << 20));
  }

  #finishObject(lo: number, nameRef: StringRef, args: readonly WireArg[] | undefined): boolean {
    const name = this.#out.string(nameRef);
    const count = this.#args(args);
    return this.#out.finish(lo | (name << 24), (name >>> 8) | (count << 8));
  }

  #finishScheduling(cpu: number, upper: number, args: readonly WireArg[] | undefined): boolean {
    assertBits(cpu, 16, 'cpu');
    const count = this.#args(args);
    return this.#out.finish(
      RecordType.scheduling | (count << 16) | (cpu << 20),
      upper | (cpu >>> 12),
    );
  }
}

function assertBits(value: number, bits: number, what: string): void {
  assert(
    value >= 0 && value < 2 ** bits && Number.isInteger(value),
    `${what} ${value} is not ${bits} bits`,
  );
}
