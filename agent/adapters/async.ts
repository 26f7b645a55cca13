/**
 * async (the library of that name): `queue`, `priorityQueue`, `cargo` and `cargoQueue` are stages with an input queue and
 * live knobs; the functions with a limit (`eachLimit`, `mapLimit`, ...) are stages without.
 *
 * Workers call back, or are async functions, which async knows by their tag; the watched worker carries the same tag.
 */
import type { SourcePosition } from '../wire/manifest.js';
import type { Adapter, AdapterContext } from './adapter.js';
import {
  callStandIn,
  guarded,
  isCallable,
  patchMethod,
  viewOf,
  type Call,
  type Callable,
} from './construct.js';
import type { HandOver } from './handover.js';
import { LimiterSites, setConcurrency, type LimiterSite } from './limiterSite.js';
import { LimiterTap } from './limiterTap.js';
import { functionName, nameOfCall } from './naming.js';

const VIA = 'async';
const BOUNDED_BY_CALL = 'Not live: read once, when the call starts.';
const CARGO_OF_ANY_SIZE =
  'Unlimited: a cargo without payload takes all that waits. A number bounds the batch.';

const queues = ['queue', 'priorityQueue', 'cargo', 'cargoQueue'];
const limited = [
  'eachLimit forEachLimit eachOfLimit forEachOfLimit mapLimit mapValuesLimit filterLimit selectLimit rejectLimit',
  'concatLimit flatMapLimit detectLimit findLimit everyLimit allLimit someLimit anyLimit groupByLimit timesLimit',
].flatMap((names) => names.split(' '));

/** Is this an async function to async? */
function isAsync(task: Callable): boolean {
  return Reflect.get(task, Symbol.toStringTag) === 'AsyncFunction';
}

/** Who records a task, and how the one came that starts now. */
interface Watch {
  tap: LimiterTap | undefined;
  handed: () => HandOver | undefined;
}

/** `task`, recorded as `watch` says by then, in the form that async expects of it. */
function watched(task: Callable, watch: Watch, isBatch: boolean): Callable {
  const isPromised = isAsync(task);
  const itemsIn = (args: readonly unknown[]): number =>
    isBatch && Array.isArray(args[0]) ? args[0].length : 1;
  const watching = function (this: unknown, ...args: unknown[]): unknown {
    const { tap } = watch;
    if (tap === undefined) return Reflect.apply(task, this, args);
    const how = { items: itemsIn(args), handed: watch.handed() };
    return isPromised ? tap.call(task, this, args, how) : tap.callBack(task, this, args, how);
  };
  if (isPromised) Object.defineProperty(watching, Symbol.toStringTag, { value: 'AsyncFunction' });
  return watching;
}

/** What a queue of async looks like, as far as we look. */
class QueueFace {
  readonly #queue: object;
  readonly #length: Callable;
  readonly #running: Callable;

  constructor(queue: object) {
    this.#queue = queue;
    const length: unknown = Reflect.get(queue, 'length');
    const running: unknown = Reflect.get(queue, 'running');
    if (!isCallable(length) || !isCallable(running)) throw new Error('its queue has no length()');
    this.#length = length;
    this.#running = running;
  }

  readonly size = (): number => Number(this.#length());
  readonly running = (): number => Number(this.#running());
  readonly concurrency = (): number => Number(Reflect.get(this.#queue, 'concurrency'));
  readonly isHeld = (): boolean => Reflect.get(this.#queue, 'paused') === true;
  /** `payload` of nothing means everything. */
  readonly batchSize = (): number => {
    const payload: unknown = Reflect.get(this.#queue, 'payload');
    return typeof payload === 'number' && payload > 0 ? payload : Infinity;
  };
}

function watchQueue(
  { context, sites }: Known,
  original: Callable,
  call: Call,
  exportName: string,
): unknown {
  const [worker, ...rest] = call.args;
  if (!isCallable(worker)) return Reflect.apply(original, call.self, call.args);
  const holder: Watch = { tap: undefined, handed: () => undefined };
  const isCargo = exportName.startsWith('cargo');
  const watching = watched(worker, holder, isCargo);
  const queue: unknown = Reflect.apply(original, call.self, [watching, ...rest]);
  if (typeof queue !== 'object' || queue === null) return queue;
  const watch = (): object => {
    const source = call.source();
    const face = new QueueFace(queue);
    const name = (): string | undefined => nameOfCall(source, worker);
    const site = sites.at(source, name, { parallelism: face.concurrency(), queue: 'input' });
    const { batchSize, ...view } = face;
    const tap = new LimiterTap(context.recorder, site, isCargo ? { ...view, batchSize } : view);
    patchQueue(queue, tap);
    holder.handed = followTasks(queue, tap);
    site.adopt(queue);
    declareKnobs(site, face, exportName);
    holder.tap = tap;
    return queue;
  };
  return guarded(context, VIA, { watch, otherwise: queue });
}

function patchQueue(queue: object, tap: LimiterTap): void {
  for (const name of ['push', 'pushAsync', 'unshift', 'unshiftAsync', 'kill', 'remove']) {
    // A priority queue has no unshift.
    if (!isCallable(Reflect.get(queue, name))) continue;
    patchMethod<Callable>(
      queue,
      name,
      (original) =>
        function (this: unknown, ...args) {
          const result: unknown = Reflect.apply(original, this, args);
          tap.noteArrival();
          return result;
        },
    );
  }
}

/**
 * Follows tasks from `push` to the worker, which is called right after the queue has taken out what it shall work on. Returns
 * what tells how the first task of those came.
 */
function followTasks(queue: object, tap: LimiterTap): () => HandOver | undefined {
  const tasks: unknown = Reflect.get(queue, '_tasks');
  const isKnown = isCallable(Reflect.get(queue, '_createTaskItem'));
  if (!isKnown || typeof tasks !== 'object' || tasks === null) return () => undefined;
  const handOvers = new WeakMap<object, HandOver>();
  let first: HandOver | undefined;
  let isTaken = false;
  patchMethod<Callable>(
    queue,
    '_createTaskItem',
    (original) =>
      function (this: unknown, ...args) {
        const item: unknown = Reflect.apply(original, this, args);
        const handed = tap.handOver();
        if (handed !== undefined) handOvers.set(Object(item) as object, handed);
        return item;
      },
  );
  patchMethod<Callable>(
    tasks,
    'shift',
    (original) =>
      function (this: unknown, ...args) {
        const item: unknown = Reflect.apply(original, this, args);
        if (!isTaken) first = handOvers.get(Object(item) as object);
        isTaken = true;
        return item;
      },
  );
  return () => {
    isTaken = false;
    return first;
  };
}

function declareKnobs(site: LimiterSite, face: QueueFace, exportName: string): void {
  // A cargo works off one batch after the other; its users rely on that, so its concurrency is no knob.
  if (exportName !== 'cargo') {
    site.knob({
      name: 'concurrency',
      kind: 'parallelism',
      value: face.concurrency(),
      set: setConcurrency,
      remark:
        face.concurrency() === Infinity ? 'Unbounded: Infinity starts all at once.' : undefined,
    });
  }
  if (!exportName.startsWith('cargo')) return;
  site.knob({
    name: 'payload',
    kind: 'batchSize',
    value: face.batchSize(),
    set: (queue, value) => void Reflect.set(queue, 'payload', value),
    remark: face.batchSize() === Infinity ? CARGO_OF_ANY_SIZE : undefined,
  });
}

/** `mapLimit(coll, limit, iteratee, callback)` and its kind. */
function watchLimited(known: Known, original: Callable, call: Call): unknown {
  const { context, sites } = known;
  const [coll, limit, iteratee, ...rest] = call.args;
  const isOurs = context.recorder.active && isCallable(iteratee) && typeof limit === 'number';
  if (!isOurs || !(limit > 0)) return Reflect.apply(original, call.self, call.args);
  const watch = (): LimiterTap => limitedTap({ context, sites, iteratee, limit }, call.source());
  const tap = guarded<LimiterTap | undefined>(context, VIA, { watch, otherwise: undefined });
  const handed = tap?.handOverMany(false) ?? (() => undefined);
  const watching = watched(iteratee, { tap, handed }, false);
  return Reflect.apply(original, call.self, [coll, limit, watching, ...rest]);
}

interface LimitedCall {
  readonly context: AdapterContext;
  readonly sites: LimiterSites;
  readonly iteratee: Callable;
  readonly limit: number;
}

function limitedTap(
  { context, sites, iteratee, limit }: LimitedCall,
  source: SourcePosition | undefined,
): LimiterTap {
  const name = (): string | undefined => functionName(iteratee) ?? nameOfCall(source);
  const site = sites.at(source, name, { parallelism: limit, queue: 'none' });
  site.called(limit);
  site.knob({
    name: 'limit',
    kind: 'parallelism',
    value: limit,
    remark: BOUNDED_BY_CALL,
  });
  // The collection is pulled from as places become free: nothing waits in a queue.
  return new LimiterTap(context.recorder, site, {
    size: () => 0,
    concurrency: () => limit,
    isHeld: () => false,
  });
}

/** The same function comes under several names, and as a member of the default export. */
interface Known {
  readonly context: AdapterContext;
  readonly sites: LimiterSites;
  readonly standIns: WeakMap<object, object>;
}

const knownOf = new WeakMap<AdapterContext, Known>();

function standInFor(known: Known, original: object, exportName: string): object {
  const made = known.standIns.get(original);
  if (made !== undefined) return made;
  const watch = queues.includes(exportName) ? watchQueue : watchLimited;
  const standIn = callStandIn(original, known.context, (target, call) =>
    watch(known, target, call, exportName),
  );
  known.standIns.set(original, standIn);
  known.standIns.set(standIn, standIn);
  return standIn;
}

function instrument(original: object, context: AdapterContext, exportName: string): object {
  const known = knownOf.get(context) ?? {
    context,
    sites: new LimiterSites(context, VIA),
    standIns: new WeakMap(),
  };
  knownOf.set(context, known);
  if (exportName !== 'default') return standInFor(known, original, exportName);
  return viewOf(original, (member, name) =>
    queues.includes(name) || limited.includes(name) ? standInFor(known, member, name) : member,
  );
}

/** async 3, in ES modules and CommonJS. */
export const asyncAdapter: Adapter = {
  library: 'async',
  majors: { from: 3, before: 4 },
  exportNames: ['default', ...queues, ...limited],
  instrument,
};
