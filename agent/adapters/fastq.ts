/**
 * fastq: a stage of kind `io` with its input queue and a live `concurrency` knob.
 *
 * `q.length()` walks the whole list, so waiting tasks are counted here. fastq's own callback takes care of everything that
 * a task can do wrong (calling back twice, say); ours only looks on.
 */
import type { SourcePosition } from '../wire/manifest.js';
import type { Adapter, AdapterContext } from './adapter.js';
import {
  callStandIn,
  guarded,
  isCallable,
  patchMethod,
  type Call,
  type Callable,
} from './construct.js';
import { HandOvers } from './handover.js';
import { LimiterSites, setConcurrency } from './limiterSite.js';
import { LimiterTap } from './limiterTap.js';
import { nameOfCall } from './naming.js';

const VIA = 'fastq';

/** Makes a queue of `original` with a watched worker. `isPromised`: its worker returns a promise instead of calling back. */
function watchQueue(
  context: AdapterContext,
  sites: LimiterSites,
  original: Callable,
  { call, isPromised }: { call: Call; isPromised: boolean },
): unknown {
  const at = isCallable(call.args[0]) ? 0 : 1;
  const worker = call.args[at];
  if (!isCallable(worker)) return Reflect.apply(original, call.self, call.args);
  const counts = { waiting: 0, handOvers: new HandOvers() };
  const holder: { tap: LimiterTap | undefined } = { tap: undefined };
  const watched = function (this: unknown, ...args: unknown[]): unknown {
    counts.waiting--;
    const handed = counts.handOvers.take();
    const { tap } = holder;
    if (tap === undefined) return Reflect.apply(worker, this, args);
    return isPromised
      ? tap.call(worker, this, args, { handed })
      : tap.callBack(worker, this, args, { handed });
  };
  const args = call.args.with(at, watched);
  const queue: unknown = Reflect.apply(original, call.self, args);
  if (typeof queue !== 'object' || queue === null) return queue;
  const watch = (): object => {
    holder.tap = tapOf({ context, sites, queue, counts, worker, source: call.source() });
    return queue;
  };
  return guarded(context, VIA, { watch, otherwise: queue });
}

/** Tasks that wait. */
interface Counts {
  waiting: number;
  readonly handOvers: HandOvers;
}

interface Made {
  readonly context: AdapterContext;
  readonly sites: LimiterSites;
  readonly queue: object;
  readonly counts: Counts;
  readonly worker: Callable;
  readonly source: SourcePosition | undefined;
}

/** Watches a queue that was just made. */
function tapOf({ context, sites, queue, counts, worker, source }: Made): LimiterTap {
  const value = Number(Reflect.get(queue, 'concurrency'));
  const name = (): string | undefined => nameOfCall(source, worker);
  const site = sites.at(source, name, { parallelism: value, queue: 'input' });
  const running: unknown = Reflect.get(queue, 'running');
  if (!isCallable(running)) throw new Error('its queue has no running()');
  const tap = new LimiterTap(context.recorder, site, {
    size: () => counts.waiting,
    running: () => Number(running()),
    concurrency: () => Number(Reflect.get(queue, 'concurrency')),
    isHeld: () => Reflect.get(queue, 'paused') === true,
  });
  patchQueue(queue, counts, tap);
  site.adopt(queue);
  site.knob({
    name: 'concurrency',
    kind: 'parallelism',
    value,
    set: setConcurrency,
    remark: value === Infinity ? 'Unbounded: Infinity starts every task at once.' : undefined,
  });
  return tap;
}

function patchQueue(queue: object, counts: Counts, tap: LimiterTap): void {
  for (const name of ['push', 'unshift']) {
    patchMethod<Callable>(
      queue,
      name,
      (original) =>
        function (this: unknown, ...args) {
          counts.waiting++;
          if (name === 'push') counts.handOvers.push(tap.handOver());
          else counts.handOvers.pushFirst(tap.handOver());
          const result: unknown = Reflect.apply(original, this, args);
          tap.noteArrival();
          return result;
        },
    );
  }
  for (const name of ['kill', 'killAndDrain', 'abort']) {
    // `abort` came with 1.18. Whatever these call can push again, so they count from here.
    if (!isCallable(Reflect.get(queue, name))) continue;
    patchMethod<Callable>(
      queue,
      name,
      (original) =>
        function (this: unknown, ...args) {
          counts.waiting = 0;
          counts.handOvers.clear();
          const result: unknown = Reflect.apply(original, this, args);
          tap.noteDepth();
          return result;
        },
    );
  }
}

/** Both functions come by several ways: `fastq`, `fastq.promise`, the named import `promise`. */
interface Known {
  readonly sites: LimiterSites;
  readonly standIns: WeakMap<object, object>;
}

const knownOf = new WeakMap<AdapterContext, Known>();

function instrument(original: object, context: AdapterContext, exportName: string): object {
  const known = knownOf.get(context) ?? {
    sites: new LimiterSites(context, VIA),
    standIns: new WeakMap(),
  };
  knownOf.set(context, known);
  const made = known.standIns.get(original);
  if (made !== undefined) return made;
  const isPromised = exportName === 'promise';
  const standIn = callStandIn(original, context, (target, call) =>
    watchQueue(context, known.sites, target, { call, isPromised }),
  );
  known.standIns.set(original, standIn);
  known.standIns.set(standIn, standIn);
  if (!isPromised) {
    const promise: unknown = Reflect.get(original, 'promise');
    if (!isCallable(promise)) throw new Error('it has no fastq.promise');
    Object.assign(original, { promise: instrument(promise, context, 'promise') });
  }
  return standIn;
}

/** fastq 1, in ES modules and CommonJS. */
export const fastqAdapter: Adapter = {
  library: 'fastq',
  majors: { from: 1, before: 2 },
  exportNames: ['default', 'promise'],
  instrument,
};
