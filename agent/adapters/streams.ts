/**
 * Node's streams: those that the program makes, and those that it puts into a `pipeline()` or `pipe()`, are stages with
 * their buffers as queues.
 *
 * Node's stream classes stay as they are (`instanceof` and subclassing see them): what tells of a construction is
 * `EventEmitter.init`, which every stream's constructor calls. Streams that Node and packages make for themselves get
 * nothing of ours, so a socket costs one look at a set. `streamOrigin.ts` says who made a stream.
 */
import { EventEmitter } from 'node:events';
import stream, { Duplex, Readable, Transform, Writable } from 'node:stream';
import promises from 'node:stream/promises';
import type { AdapterContext, AnyFunction, BuiltinAdapter } from './adapter.js';
import { disguise, patchMethod, type Callable } from './construct.js';
import { nameOfCall, placeName } from './naming.js';
import { patchOperators } from './streamOperators.js';
import { birthOf, callOrigin, type Origin } from './streamOrigin.js';
import { StreamSite, VIA, type StreamShape } from './streamSite.js';
import { tapOf, tapStream, type StreamTap } from './streamTap.js';

type Init = (this: object, ...args: unknown[]) => unknown;
type Pipe = (this: object, destination: unknown, ...rest: unknown[]) => unknown;

/** Places beyond this share one stage of each shape. */
const MAX_SITES = 500;
/** To find out where a stream is made takes some microseconds; this bounds it to a fraction of a percent of a core. */
const MAX_STREAMS_PER_SEC = { active: 1000, dormant: 100 };
const SECOND_NS = 1e9;

function shapeOf(value: unknown): StreamShape | undefined {
  if (value instanceof Transform) return 'transform';
  if (value instanceof Duplex) return 'duplex';
  if (value instanceof Readable) return 'readable';
  return value instanceof Writable ? 'writable' : undefined;
}

/** stdin, stdout, stderr and what else is opened by number. */
function isStdio(value: object): boolean {
  const fd: unknown = Reflect.get(value, 'fd');
  return fd === 0 || fd === 1 || fd === 2;
}

/** Watches the streams of one thread. */
class Streams {
  readonly #context: AdapterContext;
  readonly #sites = new Map<string, StreamSite>();
  /** Constructors whose streams are Node's own affair. */
  readonly #foreign = new WeakSet();
  #windowEndNs = 0;
  #left = 0;
  /** Calls of `pipeline` and the like on the stack: what they do inside is not what the program does. */
  #depth = 0;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  /** A stream's constructor runs below `belowFn`. */
  born(value: object, belowFn: AnyFunction): void {
    const { constructor } = value;
    if (this.#foreign.has(constructor) || tapOf(value) !== undefined) return;
    const shape = shapeOf(value);
    if (shape === undefined || !this.#mayLook()) return;
    const birth = birthOf(value, belowFn);
    if (birth === 'node' && isNodeClass(value)) this.#foreign.add(constructor);
    if (typeof birth === 'string') return;
    this.#tap(value, shape, { origin: birth, label: constructor.name, index: 0 });
  }

  /** The program joined these streams, in this order, below `belowFn`. Those that were not its own so far are now. */
  joined(values: readonly unknown[], belowFn: AnyFunction): void {
    const isOutermost = this.#depth === 0;
    const origin =
      isOutermost && values.some(isUntapped) && this.#mayLook() ? callOrigin(belowFn) : undefined;
    let before: StreamTap | undefined;
    for (const [index, value] of values.entries()) {
      const tap = this.#tapOfJoined(value, origin, index);
      if (before !== undefined && tap !== undefined) {
        before.downstream = tap;
        tap.upstream = before;
      }
      before = tap;
    }
  }

  /** Calls a function of Node's that joins streams by itself. */
  inside<T>(call: () => T): T {
    this.#depth++;
    try {
      return call();
    } finally {
      this.#depth--;
    }
  }

  #tapOfJoined(value: unknown, origin: Origin | undefined, index: number): StreamTap | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const known = tapOf(value);
    if (known !== undefined || origin === undefined || isStdio(value)) return known;
    const shape = shapeOf(value);
    const label = value.constructor.name;
    return shape === undefined ? undefined : this.#tap(value, shape, { origin, label, index });
  }

  #tap(
    value: object,
    shape: StreamShape,
    at: { readonly origin: Origin; readonly label: string; readonly index: number },
  ): StreamTap {
    const key = `${shape} ${at.index} ${this.#sites.size < MAX_SITES ? at.origin.key : 'elsewhere'}`;
    let site = this.#sites.get(key);
    if (site === undefined) {
      const source = at.origin.position();
      const place = placeName(at.label, source);
      // Of two streams of a class in one call, each has its own stage.
      const isAgain = [...this.#sites.values()].some(({ name }) => name === place);
      const spoken = at.index === 0 ? nameOfCall(source) : undefined;
      const name = spoken ?? (isAgain ? `${place} #${at.index + 1}` : place);
      site = new StreamSite(this.#context, { name, source, shape });
      this.#sites.set(key, site);
    }
    return tapStream(value, { recorder: this.#context.recorder, site, shape });
  }

  /** Spends a little of the time that may go into looking at stacks. */
  #mayLook(): boolean {
    const { recorder } = this.#context;
    const nowNs = recorder.now();
    if (nowNs >= this.#windowEndNs) {
      this.#windowEndNs = nowNs + SECOND_NS;
      this.#left = recorder.active ? MAX_STREAMS_PER_SEC.active : MAX_STREAMS_PER_SEC.dormant;
    }
    if (this.#left > 0) {
      this.#left--;
      return true;
    }
    if (recorder.active) {
      recorder.note(
        'streams-many',
        `More than ${MAX_STREAMS_PER_SEC.active} streams were made or joined in a second: those beyond are not recorded.`,
      );
    }
    return false;
  }
}

function isUntapped(value: unknown): boolean {
  return typeof value === 'object' && value !== null && tapOf(value) === undefined;
}

/** Is its class none that a program may construct for a purpose of its own: `Socket`, not `Transform`? */
function isNodeClass(value: object): boolean {
  const { constructor } = value;
  return ![Readable, Writable, Duplex, Transform, stream.PassThrough].some(
    (c) => c === constructor,
  );
}

/** Watches constructions through what all constructors of streams call. */
function patchInit(streams: Streams, context: AdapterContext): void {
  const original: unknown = Reflect.get(EventEmitter, 'init');
  if (typeof original !== 'function') throw new Error('EventEmitter has no init()');
  const init: Init = function (this: object, ...args) {
    const result: unknown = Reflect.apply(original, this, args);
    if ('_readableState' in this || '_writableState' in this) {
      try {
        streams.born(this, init);
      } catch (error) {
        noteFailure(context, error);
      }
    }
    return result;
  };
  Reflect.set(EventEmitter, 'init', disguise(init, original as Callable));
}

function noteFailure({ recorder }: AdapterContext, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  recorder.note('builtin-shape:streams', `A stream is not profiled: ${reason}.`);
}

/** `pipeline(a, b, c, callback)`, `pipeline([a, b, c], options)`, `compose(a, b)`: the streams among the arguments. */
function streamsIn(args: readonly unknown[]): readonly unknown[] {
  const values = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  const last = values.at(-1);
  const hasCallback = typeof last === 'function' && values.length > 1;
  // Functions and iterables between streams keep their place: what stands on their sides is not joined directly.
  return hasCallback && !Array.isArray(args[0]) ? values.slice(0, -1) : values;
}

/** Replaces `pipeline` or `compose` of a module object. */
function patchJoiner(
  module: object,
  name: string,
  { streams, context }: { readonly streams: Streams; readonly context: AdapterContext },
): void {
  const original: unknown = Reflect.get(module, name);
  if (typeof original !== 'function') throw new Error(`it has no ${name}()`);
  const joiner = function (this: unknown, ...args: unknown[]): unknown {
    if (context.recorder.active) {
      try {
        streams.joined(streamsIn(args), joiner);
      } catch (error) {
        noteFailure(context, error);
      }
    }
    return streams.inside(() => Reflect.apply(original, this, args) as unknown);
  };
  Reflect.set(module, name, disguise(joiner, original as Callable));
}

function install(context: AdapterContext): void {
  const streams = new Streams(context);
  patchInit(streams, context);
  const around = { streams, context };
  patchJoiner(stream, 'pipeline', around);
  patchJoiner(stream, 'compose', around);
  patchJoiner(promises, 'pipeline', around);
  patchMethod<Pipe>(Readable.prototype, 'pipe', (original) => {
    const pipe: Pipe = function (this: object, destination, ...rest) {
      if (context.recorder.active) {
        try {
          streams.joined([this, destination], pipe);
        } catch (error) {
          noteFailure(context, error);
        }
      }
      return Reflect.apply(original, this, [destination, ...rest]);
    };
    return pipe;
  });
  patchOperators(context);
}

/** `node:stream` of Node 20 and later. */
export const streamAdapter: BuiltinAdapter = { builtin: VIA, install };
