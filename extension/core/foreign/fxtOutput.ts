/** FXT records in the terms of Sluice: declarations, lanes, intervals, counters, profiles. Handed over in pieces. */
import {
  ArgType,
  BlobName,
  BlobType,
  EventType,
  KernelObjectType,
  profileBlobName,
  TICKS_PER_SECOND,
} from '../../../agent/wire/format.js';
import {
  FxtWriter,
  type StringRef,
  type ThreadRef,
  type WireArg,
} from '../../../agent/wire/fxtWriter.js';
import type { Declaration, DeclarationOf } from '../../../agent/wire/manifest.js';
import { encodeUtf8 } from '../../../agent/wire/utf8.js';

const PIECE_BYTES = 128 * 1024;
const MAX_NOTE = 2000;
const MAX_U32 = 0xffff_ffff;

/** A process that has been begun. */
export interface OutputProcess {
  readonly provider: number;
  readonly pid: number;
  readonly writer: FxtWriter;
}

/** A lane that has been declared. */
export interface OutputLane {
  readonly process: OutputProcess;
  readonly koid: number;
  readonly ref: ThreadRef;
}

/** What is declared of a lane; null: nothing. */
export type LaneDeclaration = Omit<DeclarationOf<'lane'>, 'kind' | 'lane'> | null;

/** An interval to write; times in nanoseconds from 0. */
export interface OutputInterval {
  readonly lane: OutputLane;
  readonly category: string;
  readonly name: string;
  readonly startNs: number;
  readonly endNs: number;
}

/** Values of an event: whole numbers, doubles, texts. */
export type OutputArg =
  | { readonly type: typeof ArgType.uint32 | typeof ArgType.double; name: string; value: number }
  | { readonly type: typeof ArgType.string; name: string; value: string };

/** A whole number as an argument, if it is one of 32 bits. */
export function wholeArg(name: string, value: number): OutputArg {
  return { type: ArgType.uint32, name, value: Math.min(Math.max(Math.floor(value), 0), MAX_U32) };
}

/** Values of a counter. */
export interface OutputCounter {
  readonly lane: OutputLane;
  readonly category: string;
  readonly name: string;
  readonly id: number;
  readonly atNs: number;
  readonly args: readonly OutputArg[];
}

/** What a trace goes on from that is written behind another: the numbers of providers and lanes that are taken there. */
export interface Taken {
  readonly provider: number;
  readonly lane: number;
}

/**
 * Writes one trace. Its processes are providers of FXT, each with tables of its own; records of different ones may come in
 * turn, then the stream says whose turn it is.
 */
export class FxtOutput {
  /** Bytes of finished turns. */
  #done: Uint8Array[] = [];
  #doneBytes = 0;
  #current: OutputProcess | null = null;
  /** Lanes are numbered over all processes, because viewers take thread ids for unique. */
  #lanes: number;
  #providers: number;

  /** `taken`: it is written behind another trace of the same clock, all numbers up to these are in use there. */
  constructor(taken: Taken | null = null) {
    this.#lanes = taken?.lane ?? 0;
    this.#providers = taken?.provider ?? 0;
    if (taken !== null) return;
    const writer = new FxtWriter();
    writer.magic();
    writer.initialization(TICKS_PER_SECOND);
    this.#finish(writer);
  }

  /** Is there a piece to hand on? */
  get isFull(): boolean {
    return this.#doneBytes + (this.#current?.writer.length ?? 0) >= PIECE_BYTES;
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    if (this.#current !== null) this.#finish(this.#current.writer);
    const [only] = this.#done;
    const bytes = this.#done.length === 1 && only !== undefined ? only : joined(this.#done);
    this.#done = [];
    this.#doneBytes = 0;
    return bytes;
  }

  /** Begins a process. */
  process(pid: number, title: string): OutputProcess {
    this.#providers++;
    const process = { provider: this.#providers, pid, writer: new FxtWriter() };
    process.writer.providerInfo(process.provider, title);
    this.#turnTo(process);
    const koid = BigInt(pid);
    process.writer.kernelObject({ objectType: KernelObjectType.process, koid, name: title });
    return process;
  }

  /** Writes declarations of a process. */
  declare(process: OutputProcess, ...lines: readonly Declaration[]): void {
    for (const line of lines) this.line(process, BlobName.manifest, line);
  }

  /** Writes a line of a blob stream; nothing when it is too long for a record. */
  line(process: OutputProcess, name: string, line: object): void {
    const bytes = encodeUtf8(`${JSON.stringify(line)}\n`);
    this.#turn(process).blob({ name, blobType: BlobType.data, bytes });
  }

  /** Leaves a note for the user. */
  note(process: OutputProcess, text: string): void {
    this.declare(process, { kind: 'note', code: 'import', message: text.slice(0, MAX_NOTE) });
  }

  /** Declares a lane. `own`: its number, if it has one that is nobody else's, and its name for viewers. */
  lane(
    process: OutputProcess,
    declared: LaneDeclaration,
    own?: { readonly koid: number; readonly name: string | null },
  ): OutputLane {
    const writer = this.#turn(process);
    const koid = own?.koid ?? ++this.#lanes;
    const thread = { process: BigInt(process.pid), thread: BigInt(koid) };
    const name = own === undefined ? titleOf(declared) : own.name;
    if (name !== null) {
      const args = [{ type: ArgType.koid, name: 'process', value: thread.process }];
      writer.kernelObject({ objectType: KernelObjectType.thread, koid, name, args });
    }
    if (declared !== null) this.declare(process, { kind: 'lane', lane: koid, ...declared });
    return { process, koid, ref: writer.threadRef(thread) };
  }

  /**
   * Marks the moment that counts as the start: a session's times count from the first record that is read, and lanes are
   * written one after the other.
   */
  start({ process, ref }: OutputLane, atNs: number): void {
    const writer = this.#turn(process);
    const [category, name] = [writer.ref('sluice'), writer.ref('start')];
    writer.event({ eventType: EventType.instant, thread: ref, category, name, ticks: atNs });
  }

  interval(interval: OutputInterval, args?: readonly OutputArg[]): void {
    const { lane, category, name, startNs, endNs } = interval;
    const writer = this.#turn(lane.process);
    const event = {
      eventType: EventType.durationComplete,
      thread: lane.ref,
      category: writer.ref(category),
      name: writer.ref(name),
      ticks: startNs,
      extra: endNs,
    };
    if (args === undefined || args.length === 0) writer.event(event);
    else writer.event({ ...event, args: args.map((arg) => wireArg(writer, arg)) });
  }

  counter({ lane, category, name, id, atNs, args }: OutputCounter): void {
    const writer = this.#turn(lane.process);
    writer.event({
      eventType: EventType.counter,
      thread: lane.ref,
      category: writer.ref(category),
      name: writer.ref(name),
      ticks: atNs,
      extra: id,
      args: args.map((arg) => wireArg(writer, arg)),
    });
  }

  /** CPU samples of the thread whose own lane this is, as a .cpuprofile. */
  profile({ process, koid }: OutputLane, bytes: Uint8Array): void {
    this.#turn(process).largeBlob({ category: 'cpu', name: profileBlobName(koid), bytes });
  }

  /** The writer of the process, whose turn it is now. */
  #turn(process: OutputProcess): FxtWriter {
    if (this.#current !== process) {
      this.#turnTo(process);
      process.writer.providerSection(process.provider);
    }
    return process.writer;
  }

  #turnTo(process: OutputProcess): void {
    if (this.#current !== null) this.#finish(this.#current.writer);
    this.#current = process;
  }

  #finish(writer: FxtWriter): void {
    if (writer.length === 0) return;
    const bytes = writer.take();
    this.#done.push(bytes);
    this.#doneBytes += bytes.length;
  }
}

function wireArg(writer: FxtWriter, arg: OutputArg): WireArg {
  const name: StringRef = writer.ref(arg.name);
  const value = typeof arg.value === 'string' ? writer.ref(arg.value) : arg.value;
  return { type: arg.type, name, value };
}

function titleOf(declared: LaneDeclaration): string | null {
  if (declared === null) return null;
  return declared.slot === 0 ? declared.thread : `${declared.thread} #${declared.slot}`;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
