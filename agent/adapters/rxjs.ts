/**
 * RxJS: `mergeMap` and the operators made of it are stages of kind `io`. An execution is an inner observable, from the call
 * that makes it until it completes, fails or is unsubscribed from; what waits is what the operator has buffered.
 *
 * RxJS has no hook for that, but all of these operators work alike inside: they subscribe to their source with a subscriber
 * of the class `OperatorSubscriber`, and to each inner observable with another one, and each adds itself to the subscriber
 * behind the operator. So that subscriber's `add` sees them come, and their own teardown says when they go. What the program
 * passes and gets is handed on untouched: values, observables, errors.
 */
import type { Recorder } from '../src/probe.js';
import type { Adapter, AdapterContext } from './adapter.js';
import {
  callStandIn,
  disguise,
  guarded,
  isCallable,
  viewOf,
  type Call,
  type Callable,
} from './construct.js';
import type { HandOver } from './handover.js';
import { LimiterSites, type LimiterSite } from './limiterSite.js';
import { LimiterTap, type Execution } from './limiterTap.js';
import { functionName, placeName } from './naming.js';

const VIA = 'rxjs';
const CAPTURED = 'Not live: the operator is made with it.';
const UNBOUNDED =
  'Unbounded: the operator subscribes to everything at once unless concurrent is given. ' +
  CAPTURED;

/** Where an operator takes what. */
interface Shape {
  /** Position of the function that makes inner observables; undefined: the values are observables themselves. */
  readonly project: number | undefined;
  /** Positions at which `concurrent` can stand; none: always one at a time, which the program may rely on. */
  readonly concurrent: readonly number[];
}

const shapes = new Map<string, Shape>([
  ['mergeMap', { project: 0, concurrent: [1, 2] }],
  ['flatMap', { project: 0, concurrent: [1, 2] }],
  ['concatMap', { project: 0, concurrent: [] }],
  ['mergeScan', { project: 0, concurrent: [2] }],
  ['mergeAll', { project: undefined, concurrent: [0] }],
  ['concatAll', { project: undefined, concurrent: [] }],
]);

/** One subscriber of RxJS, as far as we look. */
interface Subscriber {
  add: Callable;
  next: Callable;
  error: Callable;
  _next: Callable;
}

/** What an operator subscribes to. */
interface Source {
  readonly subscribe: Callable;
}

function isSource(value: unknown): value is Source {
  return typeof value === 'object' && value !== null && isCallable(Reflect.get(value, 'subscribe'));
}

function isSubscriber(value: unknown): value is Subscriber {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['add', 'next', 'error', '_next'].every((name) => isCallable(Reflect.get(value, name)))
  );
}

/** One operator that the program made, subscribed to any number of times. */
class OperatorTap {
  readonly #tap: LimiterTap;
  readonly #concurrent: number;
  /** Values of all subscriptions that no inner observable was made of. */
  #waiting = 0;
  /** The program's function has just returned an inner observable that its subscriber did not come for yet. */
  #isMade = false;
  /** The execution that began with it; undefined while nobody listens. */
  #made: Execution | undefined;

  constructor(recorder: Recorder, site: LimiterSite, concurrent: number) {
    this.#concurrent = concurrent;
    this.#tap = new LimiterTap(recorder, site, {
      size: () => this.#waiting,
      isOverflow: true,
      concurrency: () => concurrent,
      isHeld: () => false,
    });
  }

  /** The program's function in front of the operator: an execution begins with its call. */
  projected(project: Callable): Callable {
    const call = (self: unknown, args: unknown[]): unknown => this.#project(project, self, args);
    return function (this: unknown, ...args: unknown[]): unknown {
      return call(this, args);
    };
  }

  /** The subscription that the operator is about to make for `subscriber`: returns the source to subscribe it to. */
  follow(source: Source, subscriber: Subscriber): Source {
    this.#tap.site.called(this.#concurrent);
    return {
      subscribe: (outer) => {
        if (isSubscriber(outer)) this.#watch(outer, subscriber);
        return source.subscribe(outer);
      },
    };
  }

  #project(project: Callable, self: unknown, args: unknown[]): unknown {
    this.#waiting--;
    const execution = this.#start();
    const arrival = execution?.handed?.arrival;
    let hasReturned = false;
    try {
      const inner: unknown =
        arrival === undefined
          ? Reflect.apply(project, self, args)
          : arrival.run(() => Reflect.apply(project, self, args));
      hasReturned = true;
      // Not before: the function may have made the source emit, and so other inner observables.
      this.#isMade = true;
      this.#made = execution;
      return inner;
    } finally {
      if (!hasReturned) this.#abandon(execution);
    }
  }

  /** An execution begins. Since when its value was there is not known: several subscriptions may share the operator. */
  #start(): Execution | undefined {
    if (!this.#tap.active) return undefined;
    const arrival = this.#tap.site.stage.arrive();
    const handed: HandOver | undefined =
      arrival === undefined ? undefined : { atNs: undefined, arrival };
    return this.#tap.begin(1, handed);
  }

  /** The value came to nothing; its subscription ends with that, and takes back what it had waiting. */
  #abandon(execution: Execution | undefined): void {
    this.#waiting++;
    if (execution !== undefined) this.#tap.finish(execution, true);
  }

  #watch(outer: Subscriber, subscriber: Subscriber): void {
    let waiting = 0;
    const next = outer._next;
    define(outer, '_next', (value: unknown) => {
      waiting++;
      this.#waiting++;
      Reflect.apply(next, outer, [value]);
      this.#tap.noteArrival();
    });
    const { add } = subscriber;
    define(subscriber, 'add', (teardown: unknown) => {
      if (isInner(teardown, outer, subscriber)) {
        waiting--;
        this.#begin(teardown);
      }
      return Reflect.apply(add, subscriber, [teardown]);
    });
    Reflect.apply(add, subscriber, [
      () => {
        // What the program's function returned was nothing to subscribe to.
        if (this.#isMade) this.#abandon(this.#made);
        this.#isMade = false;
        this.#waiting -= waiting;
        waiting = 0;
        this.#tap.noteDepth();
      },
    ]);
  }

  /** An inner observable is about to be subscribed to. */
  #begin(inner: Subscriber): void {
    const execution = this.#take();
    if (execution === undefined) return;
    let isFailed = false;
    const { error } = inner;
    const arrival = execution.handed?.arrival;
    if (arrival !== undefined) {
      // What comes out goes on to the next stage before the inner observable completes. (Its `_next` is not there yet.)
      const { next } = inner;
      define(inner, 'next', (value: unknown) => {
        arrival.end();
        return Reflect.apply(next, inner, [value]);
      });
    }
    define(inner, 'error', (reason: unknown) => {
      isFailed = true;
      return Reflect.apply(error, inner, [reason]);
    });
    inner.add(() => {
      this.#tap.finish(execution, isFailed);
    });
  }

  /** The execution that the program's function has begun; where it has none, it begins here. */
  #take(): Execution | undefined {
    if (this.#isMade) {
      this.#isMade = false;
      return this.#made;
    }
    this.#waiting--;
    return this.#start();
  }
}

function define(object: object, name: string, value: Callable): void {
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}

/** Has the operator made this subscriber for an inner observable? */
function isInner(value: unknown, outer: Subscriber, destination: Subscriber): value is Subscriber {
  return (
    isSubscriber(value) &&
    value !== outer &&
    value.constructor === outer.constructor &&
    Reflect.get(value, 'destination') === destination
  );
}

/** Operators are made in hot code, too, and looking up the place takes 20 us: while nobody listens, only these many. */
const MAX_DORMANT = 200;

class Operators {
  readonly #context: AdapterContext;
  readonly #sites: LimiterSites;
  readonly #standIns = new WeakMap<object, object>();
  #dormant = 0;

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#sites = new LimiterSites(context, VIA);
  }

  /** One for each function, however it comes by. */
  standInFor(original: object, exportName: string): object {
    if (!shapes.has(exportName)) return original;
    const known = this.#standIns.get(original);
    if (known !== undefined) return known;
    const made = callStandIn(original, this.#context, (target, call) =>
      this.#make(target, call, exportName),
    );
    this.#standIns.set(original, made);
    this.#standIns.set(made, made);
    return made;
  }

  /** The program makes an operator. */
  #make(original: Callable, call: Call, exportName: string): unknown {
    const shape = shapes.get(exportName);
    const { recorder } = this.#context;
    const isSkipped = !recorder.active && ++this.#dormant > MAX_DORMANT;
    const watch = (): OperatorTap | undefined =>
      shape === undefined || isSkipped ? undefined : this.#tapOf(shape, call, exportName);
    const tap = guarded(this.#context, VIA, { watch, otherwise: undefined });
    if (tap === undefined) return Reflect.apply(original, call.self, call.args);
    const project = shape?.project === undefined ? undefined : call.args[shape.project];
    const args = isCallable(project) ? call.args.with(0, tap.projected(project)) : call.args;
    const operator: unknown = Reflect.apply(original, call.self, args);
    return isCallable(operator) ? disguise(watchOperator(operator, tap), operator) : operator;
  }

  #tapOf(shape: Shape, { args, source }: Call, exportName: string): OperatorTap | undefined {
    const project = shape.project === undefined ? undefined : args[shape.project];
    // RxJS complains when it is used.
    if (shape.project !== undefined && !isCallable(project)) return undefined;
    const given = shape.concurrent.map((at) => args[at]).find((value) => typeof value === 'number');
    const isSerial = shape.concurrent.length === 0;
    const concurrent = isSerial ? 1 : (given ?? Infinity);
    const place = source();
    const name = (): string => functionName(project) ?? placeName(exportName, place);
    const site = this.#sites.at(place, name, { parallelism: concurrent, queue: 'input' });
    if (!isSerial) {
      const remark = concurrent === Infinity ? UNBOUNDED : CAPTURED;
      site.knob({ name: 'concurrent', kind: 'parallelism', value: concurrent, remark });
    }
    return new OperatorTap(this.#context.recorder, site, concurrent);
  }
}

/** The function that `pipe` calls with the source, and that returns the observable whose subscriptions are watched. */
function watchOperator(operator: Callable, tap: OperatorTap): Callable {
  return (...args) => {
    const lifted: unknown = operator(...args);
    if (typeof lifted !== 'object' || lifted === null) return lifted;
    const subscribe: unknown = Reflect.get(lifted, 'operator');
    if (!isCallable(subscribe)) return lifted;
    Reflect.set(lifted, 'operator', function (this: unknown, source: unknown): unknown {
      const isKnown = isSubscriber(this) && isSource(source);
      return Reflect.apply(subscribe, this, [isKnown ? tap.follow(source, this) : source]);
    });
    return lifted;
  };
}

const operatorsOf = new WeakMap<AdapterContext, Operators>();

/** RxJS 7, in ES modules and CommonJS. */
export const rxjsAdapter: Adapter = {
  library: 'rxjs',
  entryPoints: ['rxjs/operators'],
  majors: { from: 7, before: 8 },
  exportNames: ['default', ...shapes.keys()],
  instrument: (original, context, exportName) => {
    const operators = operatorsOf.get(context) ?? new Operators(context);
    operatorsOf.set(context, operators);
    return exportName === 'default'
      ? viewOf(original, (member, name) => operators.standInFor(member, name))
      : operators.standInFor(original, exportName);
  },
};
