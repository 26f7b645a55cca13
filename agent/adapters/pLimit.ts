/**
 * p-limit: a stage of kind `io` with its input queue and a `concurrency` knob, live where the library can (from 6.0).
 *
 * The function that `pLimit` returns has properties that cannot be replaced, so the program gets one of ours with the same
 * properties. p-limit passes what a task returns through an async function, so nothing depends on that value's identity.
 */
import type { SourcePosition } from '../wire/manifest.js';
import type { Adapter, AdapterContext } from './adapter.js';
import {
  callStandIn,
  disguise,
  guarded,
  isCallable,
  type Call,
  type Callable,
} from './construct.js';
import { HandOvers } from './handover.js';
import { LimiterSites, setConcurrency } from './limiterSite.js';
import { LimiterTap } from './limiterTap.js';
import { nameOfCall } from './naming.js';

const VIA = 'p-limit';
const UNBOUNDED =
  'Unbounded: Infinity starts every task at once, so memory and sockets are the limit.';
const TOO_OLD = 'Not live: before version 6 p-limit reads it once, when the limit is made.';
const HIDDEN =
  'Not live: limitFunction keeps its limit to itself. pLimit() returns one that can be set.';

/** As p-limit defines the methods of its functions, in all versions. */
const FIXED = { writable: false, enumerable: false, configurable: false } as const;

/** `pLimit(5)` or `pLimit({ concurrency: 5 })`. */
function concurrencyIn(options: unknown): number {
  const value: unknown =
    typeof options === 'object' && options !== null ? Reflect.get(options, 'concurrency') : options;
  return typeof value === 'number' ? value : Infinity;
}

function watchLimit(
  context: AdapterContext,
  sites: LimiterSites,
  limit: Callable,
  call: Call,
): Callable {
  const source = call.source();
  const given = concurrencyIn(call.args[0]);
  const isLive = Object.getOwnPropertyDescriptor(limit, 'concurrency')?.set !== undefined;
  const concurrency = isLive ? () => Number(Reflect.get(limit, 'concurrency')) : () => given;
  const site = sites.at(source, () => nameOfCall(source), { parallelism: given, queue: 'input' });
  const tap = new LimiterTap(context.recorder, site, {
    size: () => Number(Reflect.get(limit, 'pendingCount')),
    running: () => Number(Reflect.get(limit, 'activeCount')),
    concurrency,
    isHeld: () => false,
  });
  const watched = (...given: unknown[]): unknown => {
    if (!tap.active) return limit(...given);
    const [task, ...args] = given;
    if (!isCallable(task)) return limit(...given);
    const handed = tap.handOver();
    const run = (...taken: unknown[]): unknown => tap.call(task, undefined, taken, { handed });
    const promise = limit(run, ...args);
    tap.noteArrival();
    return promise;
  };
  for (const name of ['clearQueue', 'map']) {
    const method: unknown = Reflect.get(limit, name);
    if (isCallable(method)) replaceMethod({ watched, limit, tap }, name, method);
  }
  disguise(watched, limit);
  site.adopt(watched);
  site.knob({
    name: 'concurrency',
    kind: 'parallelism',
    value: given,
    set: isLive ? setConcurrency : undefined,
    remark: isLive ? (given === Infinity ? UNBOUNDED : undefined) : TOO_OLD,
  });
  return watched;
}

interface Watched {
  readonly watched: Callable;
  readonly limit: Callable;
  readonly tap: LimiterTap;
}

/** `clearQueue` and `map` on our function; they come to their limit by closure or, in some versions, by `this`. */
function replaceMethod({ watched, limit, tap }: Watched, name: string, method: Callable): void {
  const replaced = function (this: unknown, ...args: unknown[]): unknown {
    const self = this === watched ? limit : this;
    const task = name === 'map' && tap.active ? args[1] : undefined;
    const passed = isCallable(task) ? [args[0], eachWatched(task, tap), ...args.slice(2)] : args;
    const result: unknown = Reflect.apply(method, self, passed);
    tap.noteArrival();
    return result;
  };
  disguise(replaced, method);
  Object.defineProperty(watched, name, { ...FIXED, value: replaced });
}

/** The task of `map`, which hands all items over at once. */
function eachWatched(task: Callable, tap: LimiterTap): Callable {
  const handed = tap.handOverMany(true);
  return (...given) => tap.call(task, undefined, given, { handed: handed() });
}

/** `limitFunction` makes a limit that nobody else can see, so its tasks are counted here. */
function watchLimitFunction(
  context: AdapterContext,
  sites: LimiterSites,
  original: Callable,
  call: Call,
): unknown {
  const [task, ...rest] = call.args;
  if (!isCallable(task)) return Reflect.apply(original, call.self, call.args);
  const counts = { waiting: 0 };
  const handOvers = new HandOvers();
  const holder: { tap: LimiterTap | undefined } = { tap: undefined };
  const counted = (...args: unknown[]): unknown => {
    // A task that p-limit had taken out just before the queue was cleared begins all the same.
    counts.waiting = Math.max(0, counts.waiting - 1);
    const handed = handOvers.take();
    return holder.tap === undefined
      ? task(...args)
      : holder.tap.call(task, undefined, args, { handed });
  };
  const limited: unknown = Reflect.apply(original, call.self, [counted, ...rest]);
  if (!isCallable(limited)) return limited;
  const watch = (): Callable => {
    const source = call.source();
    const { watched, tap } = watchLimited(
      { context, sites, limited, task, source, counts, handOvers },
      concurrencyIn(rest[0]),
    );
    holder.tap = tap;
    return watched;
  };
  return guarded(context, VIA, { watch, otherwise: limited });
}

interface Limited {
  readonly context: AdapterContext;
  readonly sites: LimiterSites;
  readonly limited: Callable;
  readonly task: Callable;
  readonly source: SourcePosition | undefined;
  readonly counts: { waiting: number };
  readonly handOvers: HandOvers;
}

/** A function that `limitFunction` returned, and its task. */
function watchLimited(made: Limited, given: number): { watched: Callable; tap: LimiterTap } {
  const { context, sites, limited, task, source, counts, handOvers } = made;
  const name = (): string | undefined => nameOfCall(source, task);
  const site = sites.at(source, name, { parallelism: given, queue: 'input' });
  const tap = new LimiterTap(context.recorder, site, {
    size: () => counts.waiting,
    concurrency: () => given,
    isHeld: () => false,
  });
  site.adopt(limited);
  site.knob({ name: 'concurrency', kind: 'parallelism', value: given, remark: HIDDEN });
  const watched = (...args: unknown[]): unknown => {
    counts.waiting++;
    handOvers.push(tap.handOver());
    const promise = limited(...args);
    tap.noteArrival();
    return promise;
  };
  const clear: unknown = Reflect.get(limited, 'clearQueue');
  if (isCallable(clear)) {
    const cleared = (): unknown => {
      const result = clear();
      counts.waiting = 0;
      handOvers.giveUp();
      tap.noteDepth();
      return result;
    };
    Object.defineProperty(watched, 'clearQueue', { ...FIXED, value: disguise(cleared, clear) });
  }
  return { watched: disguise(watched, limited), tap };
}

const sitesOf = new WeakMap<AdapterContext, LimiterSites>();

function instrument(original: object, context: AdapterContext, exportName: string): object {
  const sites = sitesOf.get(context) ?? new LimiterSites(context, VIA);
  sitesOf.set(context, sites);
  return callStandIn(original, context, (target, call) => {
    if (exportName === 'limitFunction') return watchLimitFunction(context, sites, target, call);
    const limit: unknown = Reflect.apply(target, call.self, call.args);
    if (!isCallable(limit)) return limit;
    const watch = (): Callable => watchLimit(context, sites, limit, call);
    return guarded(context, VIA, { watch, otherwise: limit });
  });
}

/** p-limit from 3 to 7: CommonJS up to 3, an ES module from 4. */
export const pLimitAdapter: Adapter = {
  library: 'p-limit',
  majors: { from: 3, before: 8 },
  exportNames: ['default', 'limitFunction'],
  instrument,
};
