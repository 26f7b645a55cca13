/**
 * p-map: a stage of kind `io` for each place that calls it. `pMapIterable` also has a queue behind the stage: results that
 * nobody has asked for yet, bounded by `backpressure`.
 *
 * Nothing waits before the stage: p-map reads its input as places become free. The promise that `pMap` returns is not
 * touched; to know when it settles one would have to handle its rejection.
 */
import type { Adapter, AdapterContext } from './adapter.js';
import {
  callStandIn,
  guarded,
  isCallable,
  patchMethod,
  type Call,
  type Callable,
} from './construct.js';
import { LimiterSites, type LimiterSite } from './limiterSite.js';
import { LimiterTap } from './limiterTap.js';
import { functionName, nameOfCall } from './naming.js';
import { onSettled } from './settled.js';

const VIA = 'p-map';
const READ_ONCE = 'Not live: p-map reads it once, when the call starts.';
const UNBOUNDED =
  'Unbounded: p-map starts all elements at once unless concurrency is given, so memory and sockets are the limit. ' +
  READ_ONCE;

function limitIn(options: unknown, name: string): number | undefined {
  const value: unknown =
    typeof options === 'object' && options !== null ? Reflect.get(options, name) : undefined;
  return typeof value === 'number' ? value : undefined;
}

interface Watched {
  readonly site: LimiterSite;
  readonly tap: LimiterTap;
}

function watchCall({ context, sites }: Known, call: Call, queue: 'output' | 'none'): Watched {
  const [, mapper, options] = call.args;
  const source = call.source();
  const concurrency = limitIn(options, 'concurrency') ?? Infinity;
  const capacity = limitIn(options, 'backpressure') ?? concurrency;
  const name = (): string | undefined => functionName(mapper) ?? nameOfCall(source);
  const site = sites.at(source, name, { parallelism: concurrency, queue, capacity });
  site.called(concurrency);
  site.knob({
    name: 'concurrency',
    kind: 'parallelism',
    value: concurrency,
    remark: concurrency === Infinity ? UNBOUNDED : READ_ONCE,
  });
  if (queue === 'output') {
    site.knob({
      name: 'backpressure',
      kind: 'queueDepth',
      value: capacity,
      remark: `How many results may wait, those in the making included. ${READ_ONCE}`,
    });
  }
  const tap = new LimiterTap(context.recorder, site, {
    size: () => 0,
    concurrency: () => concurrency,
    isHeld: () => false,
  });
  return { site, tap };
}

/** `pMap(input, mapper, options)` and what takes the same arguments. */
function watchMap(known: Known, original: Callable, call: Call): unknown {
  const [input, mapper, ...rest] = call.args;
  const { context } = known;
  if (!context.recorder.active || !isCallable(mapper)) {
    return Reflect.apply(original, call.self, call.args);
  }
  const watch = (): LimiterTap => watchCall(known, call, 'none').tap;
  const tap = guarded<LimiterTap | undefined>(context, VIA, { watch, otherwise: undefined });
  if (tap === undefined) return Reflect.apply(original, call.self, call.args);
  const handed = tap.handOverMany(false);
  const watched = (...args: unknown[]): unknown =>
    tap.call(mapper, undefined, args, { handed: handed() });
  return Reflect.apply(original, call.self, [input, watched, ...rest]);
}

/** Results of one iteration that were made and not asked for. */
class Results {
  readonly #site: LimiterSite;
  readonly #now: () => number;
  #made = 0;
  #asked = 0;
  #skipped = 0;
  /** How many results come before the error that ends the iteration. */
  #failsAfter = Infinity;
  #depth = 0;

  constructor(site: LimiterSite, now: () => number) {
    this.#site = site;
    this.#now = now;
  }

  /** The mapper is done with an element. */
  made(isSkipped: boolean): void {
    if (isSkipped) this.#skipped++;
    else this.#made++;
    this.#note();
  }

  /** It failed for the element at `index`, and with it the iteration. */
  failed(index: number): void {
    this.#failsAfter = Math.min(this.#failsAfter, index - this.#skipped);
    this.#note();
  }

  /** The consumer wants one more. */
  asked(): void {
    this.#asked++;
    this.#note();
  }

  /** The consumer wants no more. */
  over(): void {
    this.#failsAfter = -1;
    this.#note();
  }

  #note(): void {
    const isOver = this.#asked > this.#failsAfter;
    const depth = isOver ? 0 : Math.max(0, this.#made - this.#asked);
    if (depth === this.#depth) return;
    this.#site.depthChanged(depth - this.#depth, this.#now());
    this.#depth = depth;
  }
}

/** `pMapSkip`: a result that nobody will be given. */
function isSkip(value: unknown): boolean {
  return typeof value === 'symbol' && value.description === 'skip';
}

/** The mapper of one iteration: its executions, and its results as they come. */
function resultMapper(mapper: Callable, tap: LimiterTap, results: Results): Callable {
  const handed = tap.handOverMany(false);
  return (...args) =>
    onSettled(tap.call(mapper, undefined, args, { handed: handed() }), (isFailed, value) => {
      if (isFailed) results.failed(Number(args[1]));
      else results.made(isSkip(value));
    });
}

/** Follows what the consumer asks of an iteration. Its promises stay untouched. */
function followConsumer(iterator: object, results: Results): void {
  for (const name of ['next', 'return', 'throw']) {
    patchMethod<Callable>(
      iterator,
      name,
      (original) =>
        function (this: unknown, ...args) {
          if (name === 'next') results.asked();
          else results.over();
          return Reflect.apply(original, this, args);
        },
    );
  }
}

/**
 * `pMapIterable(input, mapper, options)`: work begins with each iteration of what it returns. Iterations share nothing, so
 * each is made by a call of its own, with a mapper of its own.
 */
function watchIterable(known: Known, original: Callable, call: Call): unknown {
  const [input, mapper, options, ...rest] = call.args;
  const { context } = known;
  const iterable: unknown = Reflect.apply(original, call.self, call.args);
  if (!isCallable(mapper) || typeof iterable !== 'object' || iterable === null) return iterable;
  const settings: unknown =
    typeof options === 'object' && options !== null ? { ...options } : options;
  const watch = (): object => {
    const { site, tap } = watchCall(known, call, 'output');
    patchMethod<Callable>(
      iterable,
      Symbol.asyncIterator,
      (iterate) =>
        function (this: unknown, ...args) {
          if (!tap.active) return Reflect.apply(iterate, this, args);
          const results = new Results(site, () => context.recorder.now());
          const watched = resultMapper(mapper, tap, results);
          const own: unknown = Reflect.apply(original, undefined, [
            input,
            watched,
            settings,
            ...rest,
          ]);
          const iterator: unknown = Reflect.apply(asyncIteratorOf(own), own, args);
          if (typeof iterator === 'object' && iterator !== null) followConsumer(iterator, results);
          return iterator;
        },
    );
    return iterable;
  };
  return guarded(context, VIA, { watch, otherwise: iterable });
}

function asyncIteratorOf(iterable: unknown): Callable {
  const method: unknown = Reflect.get(Object(iterable) as object, Symbol.asyncIterator);
  if (!isCallable(method)) throw new TypeError('pMapIterable returned no iterable');
  return method;
}

interface Known {
  readonly context: AdapterContext;
  readonly sites: LimiterSites;
}

const knownOf = new WeakMap<AdapterContext, Known>();

function instrument(original: object, context: AdapterContext, exportName: string): object {
  const known = knownOf.get(context) ?? { context, sites: new LimiterSites(context, VIA) };
  knownOf.set(context, known);
  const watch = exportName === 'pMapIterable' ? watchIterable : watchMap;
  return callStandIn(original, context, (target, call) => watch(known, target, call));
}

/** p-map from 4 to 7: CommonJS up to 4, an ES module from 5. */
export const pMapAdapter: Adapter = {
  library: 'p-map',
  majors: { from: 4, before: 8 },
  exportNames: ['default', 'pMapIterable', 'pMapSettled', 'pMapKeyed', 'pMapSettledKeyed'],
  instrument,
};
