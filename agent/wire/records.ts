/** What the FXT reader hands over and the FXT writer takes: one type per record of the specification. */
import type { ArgType, EventType } from './format.js';

/** A (process, thread) pair of kernel object ids. Sluice's thread ids are lanes. The reader hands out one object per pair. */
export interface FxtThread {
  readonly process: bigint;
  readonly thread: bigint;
}

/** Values of arguments: 32-bit and double as number, 64-bit as bigint, `null` for the argument without a value. */
export type FxtArgValue = null | number | bigint | string | boolean;

/** A named, typed value on an event or object. */
export interface FxtArg {
  type: ArgType;
  name: string;
  value: FxtArgValue;
}

/**
 * One event, of any of the eleven types. The reader reuses one object for all events and its arguments: read what you
 * need during the call, or `cloneEvent` it. Ticks are split in two 32-bit halves because a bigint for each costs more than
 * all the rest of decoding; `ticks.ts` joins them.
 */
export interface FxtEvent {
  eventType: EventType;
  /** Provider section that the event stands in; 0 before any provider is named. */
  provider: number;
  thread: FxtThread;
  category: string;
  name: string;
  ticksHi: number;
  ticksLo: number;
  /**
   * The word after the arguments: end ticks of a duration-complete event, counter id, async or flow correlation id.
   * Zero for instant, duration begin and duration end.
   */
  extraHi: number;
  extraLo: number;
  /** Only the first `argCount` are valid. */
  args: FxtArg[];
  argCount: number;
}

/** Every record that is not an event, as a fresh object. `bytes` of blobs are copies that the receiver owns. */
export type FxtRecord =
  | { readonly kind: 'providerInfo'; readonly provider: number; readonly name: string }
  | { readonly kind: 'providerSection'; readonly provider: number }
  | { readonly kind: 'providerEvent'; readonly provider: number; readonly event: number }
  | { readonly kind: 'traceInfo'; readonly infoType: number; readonly data: bigint }
  | { readonly kind: 'initialization'; readonly ticksPerSecond: bigint }
  | { readonly kind: 'string'; readonly index: number; readonly value: string }
  | { readonly kind: 'thread'; readonly index: number; readonly thread: FxtThread }
  | {
      readonly kind: 'blob';
      readonly name: string;
      readonly blobType: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'largeBlob';
      readonly category: string;
      readonly name: string;
      readonly bytes: Uint8Array;
      /** Absent in the format without metadata. */
      readonly metadata?: {
        readonly ticks: bigint;
        readonly thread: FxtThread;
        readonly args: readonly FxtArg[];
      };
    }
  | {
      readonly kind: 'userspaceObject';
      readonly pointer: bigint;
      readonly process: bigint;
      readonly name: string;
      readonly args: readonly FxtArg[];
    }
  | {
      readonly kind: 'kernelObject';
      readonly objectType: number;
      readonly koid: bigint;
      readonly name: string;
      readonly args: readonly FxtArg[];
    }
  | {
      readonly kind: 'contextSwitch';
      readonly cpu: number;
      readonly outgoingState: number;
      readonly ticks: bigint;
      readonly outgoingThread: bigint;
      readonly incomingThread: bigint;
      readonly args: readonly FxtArg[];
    }
  | {
      readonly kind: 'threadWakeup';
      readonly cpu: number;
      readonly ticks: bigint;
      readonly wakingThread: bigint;
      readonly args: readonly FxtArg[];
    }
  | {
      readonly kind: 'legacyContextSwitch';
      readonly cpu: number;
      readonly outgoingState: number;
      readonly outgoing: FxtThread;
      readonly incoming: FxtThread;
      readonly outgoingPriority: number;
      readonly incomingPriority: number;
      readonly ticks: bigint;
    }
  | {
      readonly kind: 'log';
      readonly ticks: bigint;
      readonly thread: FxtThread;
      readonly message: string;
    }
  /** A record whose type or subtype nobody knows; it was skipped by its size. */
  | { readonly kind: 'unknown'; readonly recordType: number; readonly words: number };

/** Where the reader puts what it decodes, in the order of the file. Must not throw. */
export interface FxtSink {
  /** `event` is valid only during the call. */
  event(event: FxtEvent): void;
  record(record: FxtRecord): void;
}

/** Why and where reading stopped. */
export interface FxtReadEnd {
  /** Bytes of whole, well-formed records from the start. */
  readonly validBytes: number;
  /** null when the input ended exactly behind a record. */
  readonly problem: { readonly atByte: number; readonly reason: string } | null;
  /** Records skipped because their type is unknown. */
  readonly unknownRecords: number;
}
