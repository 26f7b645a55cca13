/**
 * Bottleneck: a stage of kind `io` for each limiter, with the jobs that wait and a live `maxConcurrent` knob.
 *
 * A job passes through methods of two classes. `Bottleneck` is what the program constructs; `Job` is found through the
 * first job that comes by. A job waits from the moment it is received until it executes: with `minTime` a limiter takes jobs
 * out of its queue at once and lets each wait for its turn, so its own count of queued jobs says nothing.
 */
import type { SourcePosition } from '../wire/manifest.js';
import { asClass, isClass, type Adapter, type AdapterContext, type AnyClass } from './adapter.js';
import { guarded, isCallable, patchMethod, standIn, type Callable } from './construct.js';
import type { HandOver } from './handover.js';
import { LimiterSites } from './limiterSite.js';
import { LimiterTap, type Execution } from './limiterTap.js';
import { nameOfCall } from './naming.js';

const VIA = 'bottleneck';
const UNBOUNDED =
  'Unlimited: without maxConcurrent every job starts at once, as far as minTime and reservoir allow.';
const SHARED =
  'Not live: the settings are in Redis, and a change would reach every process that uses them.';
const DROPS =
  'Not live: jobs beyond it are dropped, not delayed, so a change would change results.';

/** What we know of a job. */
interface JobMark {
  readonly limiter: LimiterMark;
  isWaiting: boolean;
  /** How it came; taken with its first run, because a job that is tried again did not wait for that since then. */
  handed: HandOver | undefined;
  execution: Execution | undefined;
}

/** What we know of a limiter. */
interface LimiterMark {
  waiting: number;
  tap: LimiterTap | undefined;
}

/** The settings that limit, as the limiter holds them; undefined where there is no such setting. */
function setting(limiter: object, name: string): number | undefined {
  const store: unknown = Reflect.get(limiter, '_store');
  const options: unknown =
    typeof store === 'object' && store !== null ? Reflect.get(store, 'storeOptions') : undefined;
  const value: unknown =
    typeof options === 'object' && options !== null ? Reflect.get(options, name) : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** Has it a limit other than on what runs at once? */
function isRateLimited(limiter: object): boolean {
  return (setting(limiter, 'minTime') ?? 0) > 0 || setting(limiter, 'reservoir') !== undefined;
}

function setMaxConcurrent(limiter: object, value: number): void {
  const update: unknown = Reflect.get(limiter, 'updateSettings');
  if (!isCallable(update)) return;
  // A limiter that is disconnected refuses later. That must not become the program's unhandled rejection.
  const refused: unknown = Reflect.apply(update, limiter, [{ maxConcurrent: value }]);
  void Promise.resolve(refused).catch(() => undefined);
}

class Bottlenecks {
  readonly #context: AdapterContext;
  readonly #sites: LimiterSites;
  readonly #limiters = new WeakMap<object, LimiterMark>();
  readonly #jobs = new WeakMap<object, JobMark>();
  readonly #jobClasses = new WeakSet<object>();

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#sites = new LimiterSites(context, VIA);
  }

  /** Watches a limiter that was just made. */
  adopt(limiter: object, source: SourcePosition | undefined, subclass?: string): void {
    const watch = (): void => {
      const mark: LimiterMark = { waiting: 0, tap: undefined };
      const concurrency = (): number => setting(limiter, 'maxConcurrent') ?? Infinity;
      const highWater = setting(limiter, 'highWater');
      const site = this.#sites.at(source, () => nameOfCall(source) ?? subclass, {
        parallelism: concurrency(),
        queue: 'input',
        capacity: highWater,
      });
      mark.tap = new LimiterTap(this.#context.recorder, site, {
        size: () => mark.waiting,
        concurrency,
        concurrencyKnob: 'maxConcurrent',
        isHeld: () => isRateLimited(limiter),
      });
      this.#limiters.set(limiter, mark);
      site.adopt(limiter);
      const isLocal = Reflect.get(limiter, 'datastore') === 'local';
      site.knob({
        name: 'maxConcurrent',
        kind: 'parallelism',
        value: concurrency(),
        set: isLocal ? setMaxConcurrent : undefined,
        remark: isLocal ? paceOf(limiter, concurrency()) : SHARED,
      });
      if (highWater === undefined) return;
      site.knob({ name: 'highWater', kind: 'queueDepth', value: highWater, remark: DROPS });
    };
    guarded(this.#context, VIA, { watch, otherwise: undefined });
  }

  /** The limiter has taken a job in: it waits from here on. */
  received(limiter: object, job: unknown, receive: () => unknown): unknown {
    const mark = this.#limiters.get(limiter);
    if (mark?.tap === undefined || typeof job !== 'object' || job === null) return receive();
    this.#patchJobs(job);
    const jobMark: JobMark = {
      limiter: mark,
      isWaiting: true,
      handed: mark.tap.handOver(),
      execution: undefined,
    };
    this.#jobs.set(job, jobMark);
    mark.waiting++;
    const received = receive();
    // Refused, because another job has the same id.
    if (received === false) this.#left(jobMark);
    mark.tap.noteArrival();
    return received;
  }

  #left(job: JobMark): void {
    if (!job.isWaiting) return;
    job.isWaiting = false;
    job.limiter.waiting--;
  }

  /** Patches the class of jobs, once. */
  #patchJobs(job: object): void {
    const prototype: unknown = Object.getPrototypeOf(job);
    if (typeof prototype !== 'object' || prototype === null || this.#jobClasses.has(prototype))
      return;
    this.#jobClasses.add(prototype);
    const watch = (): void => {
      this.#patchExecute(prototype);
      this.#patchEnds(prototype);
    };
    guarded(this.#context, VIA, { watch, otherwise: undefined });
  }

  /** `doExecute` calls `this.task` before it first waits; afterwards the job must have its own task again. */
  #patchExecute(prototype: object): void {
    const jobs = this.#jobs;
    const left = (job: JobMark): void => {
      this.#left(job);
    };
    patchMethod<Callable>(
      prototype,
      'doExecute',
      (original) =>
        function (this: unknown, ...args) {
          const self = Object(this) as { task?: unknown };
          const job = jobs.get(self);
          if (job === undefined) return Reflect.apply(original, this, args);
          left(job);
          const { task } = self;
          const { tap } = job.limiter;
          if (tap?.active !== true || !isCallable(task)) return Reflect.apply(original, this, args);
          const { handed } = job;
          job.handed = undefined;
          self.task = function (this: unknown, ...given: unknown[]) {
            return tap.call(task, this, given, {
              handed,
              began: (execution) => (job.execution = execution),
            });
          };
          try {
            return Reflect.apply(original, this, args);
          } finally {
            self.task = task;
          }
        },
    );
  }

  /** A job can end without its task: dropped while it waits, expired while it runs. */
  #patchEnds(prototype: object): void {
    const jobs = this.#jobs;
    const left = (job: JobMark): void => {
      this.#left(job);
    };
    patchMethod<Callable>(
      prototype,
      'doDrop',
      (original) =>
        function (this: unknown, ...args) {
          const job = jobs.get(Object(this) as object);
          if (job !== undefined) left(job);
          const result: unknown = Reflect.apply(original, this, args);
          job?.limiter.tap?.noteDepth();
          return result;
        },
    );
    patchMethod<Callable>(
      prototype,
      'doExpire',
      (original) =>
        function (this: unknown, ...args) {
          const job = jobs.get(Object(this) as object);
          if (job?.execution !== undefined) job.limiter.tap?.finish(job.execution, true);
          return Reflect.apply(original, this, args);
        },
    );
  }
}

/** What else limits, for the knob's remark. */
function paceOf(limiter: object, concurrency: number): string | undefined {
  const minTimeMs = setting(limiter, 'minTime') ?? 0;
  if (minTimeMs > 0) {
    return `minTime lets one job start every ${minTimeMs} ms, whatever maxConcurrent is.`;
  }
  if (setting(limiter, 'reservoir') !== undefined) {
    return 'The reservoir bounds how many jobs start, whatever maxConcurrent is.';
  }
  return concurrency === Infinity ? UNBOUNDED : undefined;
}

/** Limiters that a group makes are the group's: they all belong to the place where the group was made. */
function watchGroups(original: AnyClass, context: AdapterContext, limiters: Bottlenecks): void {
  const group: unknown = Reflect.get(original, 'Group');
  if (!isClass(group)) return;
  const sources = new WeakMap<object, SourcePosition | undefined>();
  const adopted = new WeakSet();
  const seen = standIn(group, context, ({ source, create }) => {
    const made = create();
    sources.set(made, source);
    return made;
  });
  patchMethod<Callable>(
    group.prototype as object,
    'key',
    (key) =>
      function (this: unknown, ...args) {
        const limiter: unknown = Reflect.apply(key, this, args);
        if (typeof limiter === 'object' && limiter !== null && !adopted.has(limiter)) {
          adopted.add(limiter);
          limiters.adopt(limiter, sources.get(Object(this) as object));
        }
        return limiter;
      },
  );
  Reflect.set(original, 'Group', seen);
  Reflect.set(original.prototype as object, 'Group', seen);
}

function instrument(original: AnyClass, context: AdapterContext): AnyClass {
  const limiters = new Bottlenecks(context);
  const prototype = original.prototype as object;
  if (!isCallable(Reflect.get(prototype, 'updateSettings')))
    throw new Error('it has no updateSettings()');
  patchMethod<Callable>(
    prototype,
    '_receive',
    (receive) =>
      function (this: unknown, ...args) {
        return limiters.received(Object(this) as object, args[0], () =>
          Reflect.apply(receive, this, args),
        );
      },
  );
  watchGroups(original, context, limiters);
  const seen = standIn(original, context, ({ source, subclass, create }) => {
    const limiter = create();
    limiters.adopt(limiter, source, subclass);
    return limiter;
  });
  // The class refers to itself, which must lead to the stand-in too.
  for (const each of [original, seen]) Reflect.set(each, 'default', seen);
  return seen;
}

/** Bottleneck 2, in ES modules and CommonJS. */
export const bottleneckAdapter: Adapter = {
  library: 'bottleneck',
  entryPoints: ['bottleneck/light', 'bottleneck/light.js', 'bottleneck/es5', 'bottleneck/es5.js'],
  majors: { from: 2, before: 3 },
  exportNames: ['default'],
  instrument: (original, context) => instrument(asClass(original), context),
};
