/**
 * What adapters and the public API record through; one `Recorder` per thread.
 *
 * Names and declarations may allocate, they happen once. `StageProbe.begin/end` and `QueueProbe.depth` are the hot path:
 * they allocate nothing, never throw, and the caller checks `recorder.active` first (dormant, that check is all there is).
 */
import type { KnobKind, SourcePosition, StageKind } from '../wire/manifest.js';
import type { Arrival } from './learning/learner.js';

export type { Arrival } from './learning/learner.js';

/** What an execution is besides its two times; pass a reused object, it is read during the call. */
export interface ExecutionDetail {
  /** Identity of the item (uint32); undefined when unknown. */
  readonly item: number | undefined;
  /** Items handled by this one execution (a batch); 1 normally. */
  readonly items: number;
  readonly failed: boolean;
  /** Nanoseconds from the moment at which the item was handed over to the start; undefined when unknown. */
  readonly waitedNs?: number | undefined;
}

export interface StageOptions {
  readonly name: string;
  /** undefined: the process's only pipeline, or its default one. */
  readonly pipeline?: string | undefined;
  readonly kind: StageKind;
  /** Executions that may run at once over all threads; undefined: unknown. */
  readonly parallelism?: number | undefined;
  /** `api`, `p-queue`, ... */
  readonly via: string;
  readonly source?: SourcePosition | undefined;
}

/** A stage, as one thread sees it. The same name in another thread is the same stage. */
export interface StageProbe {
  /** The name it is declared under: the one asked for, or a longer one after a clash. Queues and knobs refer to it. */
  readonly name: string;
  /**
   * The program calls the stage, or hands work to its queue: call it in the program's own async context, and only while
   * `Recorder.active`. Comes with something only while the thread learns which stage feeds which; then the stage's function
   * runs through `Arrival.run`, and `Arrival.end` follows when its work is over.
   */
  arrive(): Arrival | undefined;
  /** Takes the lowest free slot of this thread; give it back with `end`. */
  begin(): number;
  /** Records the execution that ran on `slot` and frees the slot. Times from `Recorder.now`. Without detail: one unnamed item, ok. */
  end(slot: number, startNs: number, endNs: number, detail?: ExecutionDetail): void;
  /** Frees the slot and records nothing. */
  cancel(slot: number): void;
  /** Records a wait inside or between executions of the slot. */
  wait(slot: number, name: 'input' | 'output' | 'limit', startNs: number, endNs: number): void;
  /** Records work of a device within an execution of the slot. Work of a slot must not overlap. */
  gpu(slot: number, name: string, startNs: number, endNs: number): void;
  /** Declares the new parallelism when it differs. */
  setParallelism(parallelism: number | undefined): void;
}

export interface QueueOptions {
  readonly name: string;
  readonly pipeline?: string | undefined;
  /** undefined: unbounded or unknown. */
  readonly capacity?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly via: string;
  readonly source?: SourcePosition | undefined;
}

export interface QueueProbe {
  /** The depth is now `depth`; `atNs` shares a reading with a neighbouring boundary. */
  depth(depth: number, atNs?: number): void;
  setCapacity(capacity: number | undefined): void;
}

export interface KnobOptions {
  readonly name: string;
  readonly kind: KnobKind;
  readonly pipeline?: string | undefined;
  /** Exactly one of the two. */
  readonly stage?: string | undefined;
  readonly queue?: string | undefined;
  /** Infinity is allowed and declared as unlimited. */
  readonly value: number;
  readonly min: number;
  readonly max?: number | undefined;
  /** Sets the value in the running program; undefined: the knob is not live. May throw: the error goes to whoever asked. */
  readonly apply?: ((value: number) => void) | undefined;
  /**
   * What the knob belongs to (a pool, a queue). The agent keeps neither it nor `apply` alive, and the knob ends with it.
   * undefined: the knob stays, and so does whatever `apply` refers to.
   */
  readonly owner?: object | undefined;
  readonly remark?: string | undefined;
  readonly via: string;
  readonly source?: SourcePosition | undefined;
}

export interface KnobProbe {
  /** The program itself changed the value. */
  changed(value: number): void;
  /** Declares another remark: what was seen since. */
  remark(remark: string): void;
}

/** The agent's face inside one thread. */
export interface Recorder {
  /** false: nobody listens. Read it on every call, it changes. */
  readonly active: boolean;
  /** CLOCK_MONOTONIC nanoseconds, calibrated for this thread. */
  now(): number;
  /** Declares (or finds, by name and pipeline) a stage. Names that clash get the position appended. */
  stage(options: StageOptions): StageProbe;
  queue(options: QueueOptions): QueueProbe;
  knob(options: KnobOptions): KnobProbe;
  /**
   * The arrival in whose async context this is called: for libraries that only show the end of a task by calling back in
   * the context in which it was handed over. undefined when nothing is learned.
   */
  arrivalHere(): Arrival | undefined;
  /** Tells the user something, once per code. */
  note(code: string, message: string): void;
}
