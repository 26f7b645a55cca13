/**
 * One pool of Piscina or Tinypool in the main thread: the depth of its queue, and a `maxThreads` that can be changed while
 * it works.
 *
 * They keep the pool in a private field and their documented members tell neither when a task is handed to a worker nor
 * when one is cancelled. So for the moment of construction (synchronous, one thread) we look over their shoulder: Piscina's
 * private field is compiled to a WeakMap, and we see `WeakMap.prototype.set`; Tinypool's is a real one, but its pool is
 * given `publicInterface` by an assignment, which a setter on `Object.prototype` sees. The pool's own methods are then
 * followed on that one object. A pool that does not look like the ones that were read is left alone.
 *
 * What `maxThreads` does at run time was read in 5.3.2 and tried: assigning `options.maxThreads` is enough to grow, but
 * only at the next task that ends; it never shrinks a pool under load, because a thread is ended only after it was idle
 * for `idleTimeout`, and `minThreads` is started again at once. So `setMaxThreads` starts threads itself while tasks wait,
 * lowers `minThreads` along, and ends a surplus thread when its task is done, before it is given another.
 */
import { assert } from '../wire/result.js';
import { marked, type PoolMark } from './piscinaStage.js';
import type { Owner } from './workerOwner.js';

/** One worker thread as the pool knows it. */
export interface PoolWorker {
  /** Has its thread started? */
  readonly isReady: () => boolean;
  /** Tasks that it holds; Infinity for a task that can be aborted. */
  readonly currentUsage: () => number;
  /** The timer that ends it when it stays idle; null when none runs. */
  readonly idleTimeout?: unknown;
}

/** The parts of the private pool that are used. */
export interface ThreadPool {
  readonly publicInterface: object;
  readonly options: {
    readonly filename: string | null;
    readonly name: string;
    maxThreads: number;
    minThreads: number;
    readonly idleTimeout: number;
    readonly maxQueue: number;
    readonly concurrentTasksPerWorker: number;
    readonly execArgv?: unknown;
    readonly env?: unknown;
    /** Tinypool: `worker_threads` or `child_process`. */
    readonly runtime?: unknown;
    /** Tinypool: a worker runs one task only. */
    readonly isolateWorkers?: unknown;
    /** Tinypool: a worker with a larger heap is replaced. */
    readonly maxMemoryLimitBeforeRecycle?: unknown;
  };
  readonly taskQueue: { readonly size: number };
  /** Tasks that have ended. */
  completed?: unknown;
  readonly skipQueue: { readonly length: number };
  readonly workers: Iterable<PoolWorker> & { readonly size: number };
  /** Since 5: threads times tasks per thread, for `needsDrain`. */
  maxCapacity?: number;
  /** Tinypool: which of the ids, as many as threads may be, are free; a worker without one cannot be started. */
  readonly workerIds?: Map<number, boolean>;
  /** Piscina: `close` was called. */
  readonly closingUp?: boolean;
  readonly _addNewWorker: () => void;
  /** Tinypool's returns a promise, which rejects when the worker cannot be ended. */
  readonly _removeWorker: (worker: PoolWorker) => unknown;
}

const methods = ['runTask', 'destroy', '_onWorkerAvailable', '_addNewWorker', '_removeWorker'];

function isThreadPool(value: unknown, owner: unknown): value is ThreadPool {
  if (typeof value !== 'object' || value === null) return false;
  if (Reflect.get(value, 'publicInterface') !== owner) return false;
  const size: unknown = Reflect.get(Object(Reflect.get(value, 'taskQueue')) as object, 'size');
  return (
    typeof size === 'number' &&
    Array.isArray(Reflect.get(value, 'skipQueue')) &&
    typeof Reflect.get(value, 'options') === 'object' &&
    methods.every((name) => typeof Reflect.get(value, name) === 'function')
  );
}

/** How a library is constructed, and whose its workers are. */
export interface PoolConstruction {
  readonly create: () => object;
  readonly mark: PoolMark;
  readonly owner: Owner;
}

/** What came out; `pool` is undefined when it does not look like one that we know. */
export interface ConstructedPool {
  readonly instance: object;
  readonly pool: ThreadPool | undefined;
}

/** Constructs a Piscina and finds its pool. */
export function constructPiscina(construction: PoolConstruction): ConstructedPool {
  let pool: ThreadPool | undefined;
  const property = Object.getOwnPropertyDescriptor(WeakMap.prototype, 'set');
  const set: unknown = property?.value;
  assert(typeof set === 'function', 'WeakMap.prototype.set is no function');
  Object.defineProperty(WeakMap.prototype, 'set', {
    ...property,
    value: function (this: unknown, key: unknown, value: unknown) {
      if (isThreadPool(value, key)) pool = value;
      return Reflect.apply(set, this, [key, value]) as unknown;
    },
  });
  try {
    return construct(construction, () => pool);
  } finally {
    Object.defineProperty(WeakMap.prototype, 'set', { ...property, value: set });
  }
}

/** Constructs a Tinypool and finds its pool. */
export function constructTinypool(construction: PoolConstruction): ConstructedPool {
  const key = 'publicInterface';
  const holders: object[] = [];
  const before = Object.getOwnPropertyDescriptor(Object.prototype, key);
  Object.defineProperty(Object.prototype, key, {
    configurable: true,
    set(this: object, value: unknown) {
      holders.push(this);
      // What the assignment does when nobody looks.
      Object.defineProperty(this, key, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
  });
  try {
    return construct(construction, (instance) =>
      holders.find((holder): holder is ThreadPool => isThreadPool(holder, instance)),
    );
  } finally {
    if (before === undefined) Reflect.deleteProperty(Object.prototype, key);
    else Object.defineProperty(Object.prototype, key, before);
  }
}

function construct(
  { create, mark, owner }: PoolConstruction,
  find: (instance: object) => ThreadPool | undefined,
): ConstructedPool {
  const instance = marked(mark, owner, create);
  const pool = find(instance);
  if (pool !== undefined) {
    const add = pool._addNewWorker.bind(pool);
    replace(pool, '_addNewWorker', () => {
      marked(mark, owner, add);
    });
  }
  return { instance, pool };
}

/** Puts a method in front of the one that this object inherits or has. */
export function replace(target: object, name: string, value: unknown): void {
  Reflect.defineProperty(target, name, {
    configurable: true,
    writable: true,
    enumerable: false,
    value,
  });
}

/** Calls `after` whenever the method of this one object has done its synchronous part. */
export function follow(
  target: object,
  name: string,
  after: (args: readonly unknown[]) => void,
): void {
  const original = Reflect.get(target, name) as (this: unknown, ...args: never[]) => unknown;
  replace(target, name, function (this: unknown, ...args: never[]) {
    const result = Reflect.apply(original, this, args);
    after(args);
    return result;
  });
}

/** Calls `before` whenever the method of this one object is about to run. */
export function precede(
  target: object,
  name: string,
  before: (args: readonly unknown[]) => void,
): void {
  const original = Reflect.get(target, name) as (this: unknown, ...args: never[]) => unknown;
  replace(target, name, function (this: unknown, ...args: never[]) {
    before(args);
    return Reflect.apply(original, this, args);
  });
}

/** Tasks that wait for a worker: queued, or put aside because they can be aborted. */
export function waitingTasks(pool: ThreadPool): number {
  return pool.taskQueue.size + pool.skipQueue.length;
}

/** Threads times tasks per thread. */
export function parallelismOf(pool: ThreadPool): number {
  return pool.options.maxThreads * pool.options.concurrentTasksPerWorker;
}

function addIds(ids: Map<number, boolean>, count: number): void {
  for (let id = ids.size + 1; id <= count; id++) ids.set(id, true);
}

/** Makes `maxThreads` of a pool settable at run time. */
export class PoolResizer {
  readonly #pool: ThreadPool;
  readonly #minThreads: number;
  #isEnding = false;

  constructor(pool: ThreadPool) {
    this.#pool = pool;
    this.#minThreads = pool.options.minThreads;
    this.#retireSurplus();
  }

  /** Is a thread ended right now because of a setting? */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Takes effect at once for waiting tasks and idle threads, and at the end of its task for a busy surplus thread. */
  setMaxThreads(threads: number): void {
    const pool = this.#pool;
    const { options } = pool;
    options.maxThreads = Math.max(1, Math.round(threads));
    options.minThreads = Math.min(this.#minThreads, options.maxThreads);
    if (pool.maxCapacity !== undefined) pool.maxCapacity = parallelismOf(pool);
    if (pool.workerIds !== undefined) addIds(pool.workerIds, options.maxThreads);
    for (const worker of [...pool.workers]) this.#endIfSurplus(worker);
    const room = options.maxThreads - pool.workers.size;
    const wanted = Math.ceil(waitingTasks(pool) / options.concurrentTasksPerWorker);
    for (let i = Math.min(room, wanted); i > 0; i--) pool._addNewWorker();
  }

  #isSurplus(): boolean {
    const { workers, options, closingUp } = this.#pool;
    return workers.size > options.maxThreads && closingUp !== true;
  }

  /** Ends the thread if there are too many and it does nothing; true when it did. */
  #endIfSurplus(worker: PoolWorker): boolean {
    // A thread that ends before it is ready would count as one that fails to start, and Piscina then gives up.
    const isFree = worker.isReady() && worker.currentUsage() === 0;
    if (!isFree || !this.#isSurplus()) return false;
    this.#isEnding = true;
    try {
      const ended: unknown = this.#pool._removeWorker(worker);
      // Nobody waits for it; a worker that cannot be ended is no affair of the program's.
      if (ended instanceof Promise) ended.catch(() => undefined);
    } finally {
      this.#isEnding = false;
    }
    return true;
  }

  /** Keeps a surplus thread that has just become free from getting another task, and ends it. */
  #retireSurplus(): void {
    const pool = this.#pool;
    const available = Reflect.get(pool, '_onWorkerAvailable') as (worker: PoolWorker) => void;
    replace(pool, '_onWorkerAvailable', (worker: PoolWorker) => {
      if (this.#isSurplus() && worker.currentUsage() === 0) {
        // Not here: the pool is in the middle of handling this worker's answer. By then others of several that became
        // free at once may have gone, and this one is wanted after all.
        queueMicrotask(() => {
          const isThere = [...pool.workers].includes(worker);
          if (isThere && !this.#endIfSurplus(worker)) Reflect.apply(available, pool, [worker]);
        });
      } else {
        Reflect.apply(available, pool, [worker]);
      }
    });
  }
}
