/**
 * Watches one stream: its executions, its buffers, and the time in which nobody takes its output.
 *
 * The stream gets methods of its own in front of those that it inherits; they are looked up at every call, so what the
 * program overrides or replaces still counts. They are put there while the stream is constructed, when `_write` and its
 * kind may not be known yet; those are wrapped at the first use. No listener is added, no callback is moved to another
 * tick, and a callback that is called twice reaches Node twice.
 */
import type { Recorder } from '../src/probe.js';
import { ReadWatch } from './streamReads.js';
import type { StreamShape, StreamSite } from './streamSite.js';
import { WriteWatch } from './streamWrites.js';

/** Marks a stream that is watched. Not enumerable, so nothing that prints, copies or compares streams comes across it. */
const TAP = Symbol('sluice.tap');

/** The members of a stream that are used; all of them are public but the two states. */
export interface NodeStream {
  readonly readableLength: number;
  readonly writableLength: number;
  readonly readableHighWaterMark: number;
  readonly writableHighWaterMark: number;
  readonly readableObjectMode: boolean;
  readonly writableObjectMode: boolean;
  readonly _readableState?: object;
  readonly _writableState?: object;
  [TAP]?: StreamTap;
}

type Method = (this: NodeStream, ...args: unknown[]) => unknown;

/** The methods as the stream would have them without us. */
interface Inherited {
  readonly write: Method;
  readonly end: Method;
  readonly read: Method;
  readonly push: Method;
  readonly destroy: Method;
}

function inherited({ stream }: StreamTap): Inherited {
  return Object.getPrototypeOf(stream) as Inherited;
}

function tapIn(stream: NodeStream): StreamTap {
  const tap = stream[TAP];
  if (tap === undefined) throw new Error('not a watched stream');
  return tap;
}

const methods: Readonly<Record<string, Method>> = {
  write(...args) {
    const tap = tapIn(this);
    const original = inherited(tap).write;
    if (!tap.recorder.active) return Reflect.apply(original, this, args);
    tap.writes();
    const hasRoom = Reflect.apply(original, this, args);
    tap.noteInput();
    return hasRoom;
  },
  end(...args) {
    const tap = tapIn(this);
    const original = inherited(tap).end;
    if (!tap.recorder.active) return Reflect.apply(original, this, args);
    tap.writes();
    const result = Reflect.apply(original, this, args);
    tap.noteInput();
    return result;
  },
  read(...args) {
    const tap = tapIn(this);
    const original = inherited(tap).read;
    if (!tap.recorder.active) return Reflect.apply(original, this, args);
    tap.reads();
    const chunk = Reflect.apply(original, this, args);
    tap.noteOutput();
    return chunk;
  },
  push(...args) {
    const tap = tapIn(this);
    const original = inherited(tap).push;
    if (!tap.recorder.active) return Reflect.apply(original, this, args);
    const reads = tap.reads();
    const hasRoom = Reflect.apply(original, this, args);
    if (!reads.pushed(args[0] !== null, hasRoom === true)) tap.noteOutput();
    return hasRoom;
  },
  destroy(...args) {
    const tap = tapIn(this);
    const result = Reflect.apply(inherited(tap).destroy, this, args);
    tap.close(args[0] !== undefined && args[0] !== null);
    return result;
  },
};
for (const [name, method] of Object.entries(methods)) {
  // Stack traces call methods by these names.
  Object.defineProperty(method, 'name', { value: name });
}
const methodsOf: Readonly<Record<StreamShape, readonly string[]>> = {
  readable: ['read', 'push', 'destroy'],
  writable: ['write', 'end', 'destroy'],
  transform: ['write', 'end', 'read', 'push', 'destroy'],
  duplex: ['write', 'end', 'read', 'push', 'destroy'],
};

/** The tap of a stream; undefined when it is not watched. */
export function tapOf(stream: object): StreamTap | undefined {
  return (stream as NodeStream)[TAP];
}

/** Starts watching a stream, which may still be under construction. */
export function tapStream(
  stream: object,
  options: { readonly recorder: Recorder; readonly site: StreamSite; readonly shape: StreamShape },
): StreamTap {
  const tap = new StreamTap(stream as NodeStream, options);
  Object.defineProperty(stream, TAP, { value: tap });
  for (const name of methodsOf[options.shape]) {
    // A method of the stream's own (set by a constructor before Node's ran) is not ours to hide.
    if (Object.hasOwn(stream, name)) continue;
    const value = methods[name];
    Object.defineProperty(stream, name, { value, writable: true, configurable: true });
  }
  return tap;
}

/** One stream. */
export class StreamTap {
  readonly stream: NodeStream;
  readonly recorder: Recorder;
  readonly site: StreamSite;
  readonly shape: StreamShape;
  /** Streams on both sides, when a pipe joins them. */
  upstream: StreamTap | undefined;
  downstream: StreamTap | undefined;
  #writes: WriteWatch | undefined;
  #reads: ReadWatch | undefined;
  #inputDepth = 0;
  #outputDepth = 0;
  #isClosed = false;
  #isAdopted = false;

  constructor(
    stream: NodeStream,
    {
      recorder,
      site,
      shape,
    }: { readonly recorder: Recorder; readonly site: StreamSite; readonly shape: StreamShape },
  ) {
    this.stream = stream;
    this.recorder = recorder;
    this.site = site;
    this.shape = shape;
  }

  /** Watches the side that is written to; the first call declares it and wraps `_write` and its kind. */
  writes(): WriteWatch {
    if (this.#writes !== undefined) return this.#writes;
    this.#adopt();
    const stage = this.site.writes(this.#isAsync());
    this.#writes = new WriteWatch(this, stage);
    const knob = this.#knobName('writable');
    const { stream } = this;
    this.site.input.adopt(
      stream,
      {
        name: `${stage.probe.name} queue`,
        from: this.upstream?.outputName(),
        to: stage.probe.name,
        isObjects: stream.writableObjectMode,
        capacity: stream.writableHighWaterMark,
        knob,
      },
      (each, value) => {
        setMark(each as NodeStream, '_writableState', value);
      },
    );
    if (this.shape === 'transform') this.reads();
    return this.#writes;
  }

  /** Watches the side that is read from; the first call declares it and wraps `_read`. */
  reads(): ReadWatch {
    if (this.#reads !== undefined) return this.#reads;
    this.#adopt();
    const stage = this.site.reads(this.#isAsync());
    this.#reads = new ReadWatch(this, stage);
    const { stream } = this;
    this.site.output.adopt(
      stream,
      {
        name: `${stage.probe.name} output`,
        from: stage.probe.name,
        to: this.downstream?.inputName(),
        isObjects: stream.readableObjectMode,
        capacity: stream.readableHighWaterMark,
        knob: this.#knobName('readable'),
      },
      (each, value) => {
        setMark(each as NodeStream, '_readableState', value);
      },
    );
    return this.#reads;
  }

  /** `writes()`, without the first call's effects. */
  get writesIfAny(): WriteWatch | undefined {
    return this.#writes;
  }

  /** The stage that the stream's output comes from. */
  outputName(): string | undefined {
    return this.shape === 'writable' ? undefined : this.site.reads(this.#isAsync()).probe.name;
  }

  /** The stage that takes what is written to the stream. */
  inputName(): string | undefined {
    return this.shape === 'readable' ? undefined : this.site.writes(this.#isAsync()).probe.name;
  }

  /** Records how much waits to be processed, if it is another amount than before. */
  noteInput(atNs?: number): void {
    if (this.#isClosed) return;
    const depth = this.stream.writableLength;
    if (depth === this.#inputDepth) return;
    this.site.input.changed(depth - this.#inputDepth, atNs);
    this.#inputDepth = depth;
  }

  /** Records how much waits to be read, if it is another amount than before. */
  noteOutput(atNs?: number): void {
    if (this.#isClosed) return;
    const depth = this.stream.readableLength;
    if (depth === this.#outputDepth) return;
    this.site.output.changed(depth - this.#outputDepth, atNs);
    this.#outputDepth = depth;
  }

  /** The stream is destroyed: what it was at is cut off, what it still holds is gone. */
  close(isFailed: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writes?.close();
    this.#reads?.close(isFailed);
    if (this.#inputDepth !== 0) this.site.input.changed(-this.#inputDepth);
    if (this.#outputDepth !== 0) this.site.output.changed(-this.#outputDepth);
  }

  #adopt(): void {
    if (this.#isAdopted) return;
    this.#isAdopted = true;
    this.site.adopt();
  }

  #knobName(side: 'readable' | 'writable'): string {
    const hasOneSide = this.shape === 'readable' || this.shape === 'writable';
    return hasOneSide ? 'highWaterMark' : `${side}HighWaterMark`;
  }

  #isAsync(): boolean {
    const transform: unknown = Reflect.get(this.stream, '_transform');
    return Object.prototype.toString.call(transform) === '[object AsyncFunction]';
  }
}

function setMark(
  stream: NodeStream,
  key: '_readableState' | '_writableState',
  value: number,
): void {
  const state = stream[key];
  if (typeof state !== 'object' || typeof Reflect.get(state, 'highWaterMark') !== 'number') {
    throw new Error('the stream keeps its high-water mark elsewhere than Node 20 to 24 do');
  }
  Reflect.set(state, 'highWaterMark', value);
}

/** Puts `replacement` before a method of the stream and keeps whether it was an own, enumerable one. */
export function wrapOwn(
  stream: object,
  name: string,
  make: (original: (...args: unknown[]) => unknown) => (...args: never[]) => unknown,
): boolean {
  const original: unknown = Reflect.get(stream, name);
  if (typeof original !== 'function') return false;
  const own = Object.getOwnPropertyDescriptor(stream, name);
  if (own !== undefined && (own.configurable !== true || !('value' in own))) return false;
  const value = make(original as (...args: unknown[]) => unknown);
  Object.defineProperty(value, 'name', { value: original.name, configurable: true });
  Object.defineProperty(value, 'length', { value: original.length, configurable: true });
  Object.defineProperty(stream, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  });
  return true;
}
