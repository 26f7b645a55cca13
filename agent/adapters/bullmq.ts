/**
 * BullMQ: a stage for each place that makes workers of a queue; an execution is one run of the processor for a job,
 * sandboxed ones included.
 *
 * The worker itself awaits what `callProcessJob` returns, so reacting to it changes nothing. Queues in Redis are filled by
 * anybody; how many jobs wait is asked for about once a second while jobs run.
 */
import { isPlainPromise } from '../src/plainPromise.js';
import { asClass, type Adapter, type AdapterContext, type AnyClass } from './adapter.js';
import { BullmqSite, VIA, type Worker } from './bullmqSite.js';
import { guarded, patchMethod, standIn } from './construct.js';
import { onSettled } from './settled.js';

type Method = (this: object, ...args: unknown[]) => unknown;

/** Errors by which a processor tells BullMQ to put the job back: nothing has failed. */
const putBack = new Set(['DelayedError', 'WaitingError', 'WaitingChildrenError', 'RateLimitError']);
const RATE_LIMIT_MESSAGE = 'bullmq:rateLimitExceeded';

function isFailure(error: unknown): boolean {
  const { name, message } = Object(error) as { name?: unknown; message?: unknown };
  return !putBack.has(String(name)) && message !== RATE_LIMIT_MESSAGE;
}

// Taken once: a promise of the program may carry a `then` of its own, which `await` would not call either.
// eslint-disable-next-line @typescript-eslint/unbound-method -- called through Reflect.apply only
const { then } = Promise.prototype;

/** Calls `done` when `value` settles; returns what BullMQ should await. */
function watched(value: unknown, done: (isFailed: boolean) => void): unknown {
  if (!isPlainPromise(value)) return onSettled(value, done);
  void Reflect.apply(then, value, [
    () => {
      done(false);
    },
    (error: unknown) => {
      done(isFailure(error));
    },
  ]);
  return value;
}

/**
 * How long a job waited, from the moment at which it could have started to now. BullMQ notes by the wall clock, in
 * milliseconds, when a job was added, maybe on another machine: a clock that is ahead shows as no wait. A job that is tried
 * again waited for something else since then.
 */
function waitOf(job: unknown): number | undefined {
  const { timestamp, delay, attemptsMade, stalledCounter } = Object(job) as Record<string, unknown>;
  if (typeof timestamp !== 'number' || attemptsMade !== 0 || Boolean(stalledCounter)) {
    return undefined;
  }
  const readyMs = timestamp + (typeof delay === 'number' ? delay : 0);
  return Math.max(0, Date.now() - readyMs) * 1e6;
}

/** Watches one worker. */
class WorkerTap {
  readonly site: BullmqSite;
  readonly #context: AdapterContext;
  readonly #worker: Worker;
  /** Since when the rate limit holds it back. */
  #heldSinceNs: number | undefined;

  constructor(context: AdapterContext, site: BullmqSite, worker: Worker) {
    this.#context = context;
    this.site = site;
    this.#worker = worker;
  }

  /** Runs the processor for a job. */
  run(original: Method, self: object, args: readonly unknown[]): unknown {
    const { recorder } = this.#context;
    if (!recorder.active) return Reflect.apply(original, self, args);
    const startNs = recorder.now();
    this.#endHold(startNs);
    const slot = this.site.begin(this.#worker);
    const run = { slot, startNs, waitedNs: waitOf(args[0]) };
    let result: unknown;
    let hasReturned = false;
    // `finally` and not `catch`: an error that is caught and thrown again is reported at the wrong line.
    try {
      result = Reflect.apply(original, self, args);
      hasReturned = true;
    } finally {
      if (!hasReturned) this.site.end(run, true);
    }
    return watched(result, (isFailed) => {
      this.site.end(run, isFailed);
    });
  }

  /** The worker has just heard from Redis how long it must wait. */
  noteLimit(): void {
    if (!this.#context.recorder.active || this.#worker.limitUntil <= Date.now()) return;
    this.#heldSinceNs ??= this.#context.recorder.now();
  }

  #endHold(nowNs: number): void {
    if (this.#heldSinceNs === undefined) return;
    this.site.recordLimit(this.#heldSinceNs, nowNs, this.#worker.concurrency);
    this.#heldSinceNs = undefined;
  }
}

/** Calls `after` behind a method of the class, for workers that are watched. */
function follow(
  prototype: object,
  name: string,
  {
    taps,
    after,
  }: { readonly taps: WeakMap<object, WorkerTap>; readonly after: (tap: WorkerTap) => void },
): void {
  patchMethod<Method>(
    prototype,
    name,
    (original) =>
      function (this: object, ...args) {
        const result = Reflect.apply(original, this, args);
        const tap = taps.get(this);
        if (tap !== undefined) after(tap);
        return result;
      },
  );
}

function patchConcurrency(prototype: object, taps: WeakMap<object, WorkerTap>): void {
  const original = Object.getOwnPropertyDescriptor(prototype, 'concurrency');
  if (original?.set === undefined) throw new Error('its concurrency cannot be set');
  Object.defineProperty(prototype, 'concurrency', {
    ...original,
    set(this: object, value: unknown) {
      original.set?.call(this, value);
      taps.get(this)?.site.concurrencyChanged(Number(value));
    },
  });
}

function instrument(original: AnyClass, context: AdapterContext): AnyClass {
  const prototype = original.prototype as object;
  const taps = new WeakMap<object, WorkerTap>();
  const sites = new Map<string, BullmqSite>();
  patchConcurrency(prototype, taps);
  patchMethod<Method>(
    prototype,
    'callProcessJob',
    (method) =>
      function (this: object, ...args) {
        const tap = taps.get(this);
        return tap === undefined ? Reflect.apply(method, this, args) : tap.run(method, this, args);
      },
  );
  const noteLimit = {
    taps,
    after: (tap: WorkerTap) => {
      tap.noteLimit();
    },
  };
  follow(prototype, 'updateDelays', noteLimit);
  // The limit that a processor asks for by itself is first seen here.
  follow(prototype, 'waitForRateLimit', noteLimit);
  follow(prototype, 'close', {
    taps,
    after: ({ site }) => {
      site.closed();
    },
  });

  return standIn(original, context, ({ args, source, create }) => {
    const worker = create();
    guarded(context, VIA, {
      watch: () => {
        const known = worker as Worker;
        const place = source === undefined ? '' : `${source.file}:${source.line}:${source.column}`;
        const key = `${place} ${known.name}`;
        let site = sites.get(key);
        if (site === undefined) {
          const isSandboxed = typeof args[1] !== 'function';
          site = new BullmqSite(context, known, { source, isSandboxed });
          sites.set(key, site);
        }
        taps.set(worker, new WorkerTap(context, site, known));
        site.adopt(known);
      },
      otherwise: undefined,
    });
    return worker;
  });
}

/** BullMQ 6, in ES modules and CommonJS. */
export const bullmqAdapter: Adapter = {
  library: 'bullmq',
  majors: { from: 6, before: 7 },
  exportNames: ['Worker'],
  instrument: (original, context) => instrument(asClass(original), context),
};
