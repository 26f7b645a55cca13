/**
 * Streams that are made at one place of the source are one stage (a duplex: two), with their buffers as its queues. A
 * program that makes a stream per request makes thousands of them there.
 */
import type { QueueProbe, StageProbe } from '../src/probe.js';
import type { SourcePosition, StageKind } from '../wire/manifest.js';
import type { AdapterContext } from './adapter.js';
import { WeakGroup } from './weakGroup.js';

export const VIA = 'node:stream';

const REMARK =
  'Node reads it when the stream is made; Sluice sets it through the stream’s internal state, and it counts from the next ' +
  'write or read. More room evens out a rate that varies; it does not make a slow stage faster.';

/** One side of a stream: its stage. */
export class StreamStage {
  readonly probe: StageProbe;
  readonly #lastEndNs: number[] = [];

  constructor(probe: StageProbe) {
    this.probe = probe;
  }

  /** An execution on the slot is over. */
  ended(slot: number, endNs: number): void {
    this.#lastEndNs[slot] = endNs;
  }

  /** The stream could not go on because nobody took its output. */
  recordBlocked(sinceNs: number, untilNs: number): void {
    const slot = this.probe.begin();
    const fromNs = Math.max(sinceNs, this.#lastEndNs[slot] ?? 0);
    if (fromNs < untilNs) {
      this.probe.wait(slot, 'output', fromNs, untilNs);
      this.#lastEndNs[slot] = untilNs;
    }
    this.probe.cancel(slot);
  }
}

/** What a buffer is declared with when it is used for the first time: by then it is known what it is piped to. */
export interface BufferOptions {
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly isObjects: boolean;
  readonly capacity: number;
  readonly knob: string;
}

/** Sets the high-water mark of one stream. */
export type SetMark = (stream: object, value: number) => void;

/** The buffers of one side of all streams of a place. */
export class StreamBuffer {
  readonly #context: AdapterContext;
  readonly #source: SourcePosition | undefined;
  readonly #streams = new WeakGroup<object>();
  #queue: QueueProbe | undefined;
  #depth = 0;

  constructor(context: AdapterContext, source: SourcePosition | undefined) {
    this.#context = context;
    this.#source = source;
  }

  /** Declares the queue with the first stream, and takes the stream in. */
  adopt(stream: object, options: BufferOptions, setMark: SetMark): void {
    this.#queue ??= this.#declare(options, setMark);
    this.#streams.add(stream);
  }

  /** The buffer of one stream holds more or less than before. */
  changed(difference: number, atNs?: number): void {
    this.#depth += difference;
    this.#queue?.depth(this.#depth, atNs);
  }

  #declare(options: BufferOptions, setMark: SetMark): QueueProbe {
    const { from, to, isObjects, capacity } = options;
    const { recorder } = this.#context;
    // Depth is counted in what the high-water mark counts, or capacity would mean nothing.
    const name = isObjects ? options.name : `${options.name} (bytes)`;
    const source = this.#source;
    const queue = recorder.queue({ name, from, to, capacity, via: VIA, source });
    queue.depth(0);
    recorder.knob({
      name: options.knob,
      kind: 'queueDepth',
      queue: name,
      value: capacity,
      min: isObjects ? 1 : 1024,
      apply: (asked) => {
        const value = Math.max(1, Math.round(asked));
        this.#streams.forEach((stream) => {
          setMark(stream, value);
        });
        queue.setCapacity(value);
      },
      remark: REMARK,
      via: VIA,
      source,
    });
    return queue;
  }
}

/** What kind of stream stands at a place. */
export type StreamShape = 'readable' | 'writable' | 'transform' | 'duplex';

/** One place. */
export class StreamSite {
  readonly source: SourcePosition | undefined;
  /** Buffer before the stage that writes go to, and behind the one that is read from. */
  readonly input: StreamBuffer;
  readonly output: StreamBuffer;
  readonly #context: AdapterContext;
  readonly name: string;
  readonly #shape: StreamShape;
  #writes: StreamStage | undefined;
  #reads: StreamStage | undefined;
  #streams = 0;

  constructor(
    context: AdapterContext,
    {
      name,
      source,
      shape,
    }: {
      readonly name: string;
      readonly source: SourcePosition | undefined;
      readonly shape: StreamShape;
    },
  ) {
    this.#context = context;
    this.source = source;
    this.name = name;
    this.#shape = shape;
    this.input = new StreamBuffer(context, source);
    this.output = new StreamBuffer(context, source);
  }

  /** A stream of this place is used for the first time: what runs at once in several of them is unknown. */
  adopt(): void {
    this.#streams++;
    if (this.#streams !== 2) return;
    this.#writes?.probe.setParallelism(undefined);
    if (this.#reads !== this.#writes) this.#reads?.probe.setParallelism(undefined);
  }

  /** The stage that takes what is written; `isAsync`: its work is an async function, so it mostly waits. */
  writes(isAsync: boolean): StreamStage {
    const isTransform = this.#shape === 'transform';
    const kind = isTransform ? (isAsync ? 'io' : 'cpu') : 'sink';
    const name = this.#shape === 'duplex' ? `${this.name} writes` : this.name;
    return (this.#writes ??= this.#declare(name, kind));
  }

  /** The stage that makes what is read; a transform's is the one that takes what is written. */
  reads(isAsync: boolean): StreamStage {
    if (this.#shape === 'transform') return this.writes(isAsync);
    const name = this.#shape === 'duplex' ? `${this.name} reads` : this.name;
    return (this.#reads ??= this.#declare(name, 'source'));
  }

  #declare(name: string, kind: StageKind): StreamStage {
    const parallelism = this.#streams > 1 ? undefined : 1;
    const options = { name, kind, parallelism, via: VIA, source: this.source };
    return new StreamStage(this.#context.recorder.stage(options));
  }
}
