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

/** A lane that has been declared. */
export interface OutputLane {
  readonly koid: number;
  readonly ref: ThreadRef;
}

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

/** Writes one trace. */
export class FxtOutput {
  readonly #writer = new FxtWriter();
  /** Lanes are numbered over all processes, because viewers take thread ids for unique. */
  #lanes = 0;
  #provider = 0;

  constructor() {
    this.#writer.magic();
    this.#writer.initialization(TICKS_PER_SECOND);
  }

  /** Is there a piece to hand on? */
  get isFull(): boolean {
    return this.#writer.length >= PIECE_BYTES;
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    return this.#writer.take();
  }

  /** What follows is about another process, which has not come before. */
  beginProcess(pid: number, title: string): void {
    this.#provider++;
    this.#writer.reset();
    this.#writer.providerInfo(this.#provider, title);
    const koid = BigInt(pid);
    this.#writer.kernelObject({ objectType: KernelObjectType.process, koid, name: title });
  }

  /** Writes declarations of the process at hand. */
  declare(...lines: readonly Declaration[]): void {
    for (const line of lines) {
      const bytes = encodeUtf8(`${JSON.stringify(line)}\n`);
      this.#writer.blob({ name: BlobName.manifest, blobType: BlobType.data, bytes });
    }
  }

  /** Leaves a note for the user. */
  note(text: string): void {
    this.declare({ kind: 'note', code: 'import', message: text.slice(0, MAX_NOTE) });
  }

  /** Declares a lane of the process `pid`. `koid` is its number if it has one that is nobody else's. */
  lane(pid: number, lane: Omit<DeclarationOf<'lane'>, 'kind' | 'lane'>, koid?: number): OutputLane {
    const number = koid ?? ++this.#lanes;
    const thread = { process: BigInt(pid), thread: BigInt(number) };
    const ref = this.#writer.threadRef(thread);
    this.#writer.kernelObject({
      objectType: KernelObjectType.thread,
      koid: number,
      name: lane.slot === 0 ? lane.thread : `${lane.thread} #${lane.slot}`,
      args: [{ type: ArgType.koid, name: 'process', value: thread.process }],
    });
    this.declare({ kind: 'lane', lane: number, ...lane });
    return { koid: number, ref };
  }

  interval(interval: OutputInterval, args?: readonly OutputArg[]): void {
    const { lane, category, name, startNs, endNs } = interval;
    const eventType = EventType.durationComplete;
    const event = {
      eventType,
      thread: lane.ref,
      category: this.#writer.ref(category),
      name: this.#writer.ref(name),
      ticks: startNs,
      extra: endNs,
    };
    if (args === undefined) this.#writer.event(event);
    else this.#writer.event({ ...event, args: args.map((arg) => this.#wire(arg)) });
  }

  counter({ lane, category, name, id, atNs, args }: OutputCounter): void {
    this.#writer.event({
      eventType: EventType.counter,
      thread: lane.ref,
      category: this.#writer.ref(category),
      name: this.#writer.ref(name),
      ticks: atNs,
      extra: id,
      args: args.map((arg) => this.#wire(arg)),
    });
  }

  /** CPU samples of the thread whose own lane this is, as a .cpuprofile. */
  profile(lane: OutputLane, bytes: Uint8Array): void {
    this.#writer.largeBlob({ category: 'cpu', name: profileBlobName(lane.koid), bytes });
  }

  #wire(arg: OutputArg): WireArg {
    const name: StringRef = this.#writer.ref(arg.name);
    const value = typeof arg.value === 'string' ? this.#writer.ref(arg.value) : arg.value;
    return { type: arg.type, name, value };
  }
}
