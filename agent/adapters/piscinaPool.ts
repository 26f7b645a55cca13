/**
 * One Piscina pool in the main thread: the depth of its queue, and a `maxThreads` that can be changed while it works.
 *
 * Piscina keeps the pool in a private field and its documented members tell neither when a task is handed to a worker nor
 * when one is cancelled. The compiled private field is a WeakMap, so for the moment of construction (synchronous, one
 * thread) we look over the shoulder of `WeakMap.prototype.set`. The pool's own methods are then followed on that one
 * object. Nothing is assumed about a pool that does not look like the ones of Piscina 4 and 5: it is left alone.
 *
 * What `maxThreads` does at run time was read in 5.3.2 and tried: assigning `options.maxThreads` is enough to grow, but
 * only at the next task that ends; it never shrinks a pool under load, because a thread is ended only after it was idle
 * for `idleTimeout`, and `minThreads` is started again at once. So `setMaxThreads` starts threads itself while tasks wait,
 * lowers `minThreads` along, and ends a surplus thread when its task is done, before it is given another.
 */
import { assert } from '../wire/result.js';
import { marked, type PoolMark } from './piscinaStage.js';

/** One worker thread as the pool knows it. */
export interface PoolWorker {
  /** Has its thread started? */
  readonly isReady: () => boolean;
  /** Tasks that it holds; Infinity for a task that can be aborted. */
  readonly currentUsage: () => number;
}

/** The parts of Piscina's private pool that are used. */
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
  };
  readonly taskQueue: { readonly size: number };
  readonly skipQueue: { readonly length: number };
  readonly workers: Iterable<PoolWorker> & { readonly size: number };
  /** Since 5: threads times tasks per thread, for `needsDrain`. */
  maxCapacity?: number;
  readonly closingUp: boolean;
  readonly _addNewWorker: () => void;
  readonly _removeWorker: (worker: PoolWorker) => void;
}

const methods = [
  'runTask',
  'destroy',
  'close',
  '_onWorkerAvailable',
  '_addNewWorker',
  '_removeWorker',
];

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

/** Constructs a Piscina and finds its pool; `pool` is undefined when it does not look like one that we know. */
export function constructWithPool(
  create: () => object,
  mark: PoolMark,
): { readonly piscina: object; readonly pool: ThreadPool | undefined } {
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
    const piscina = marked(mark, create);
    if (pool !== undefined) markFutureWorkers(pool, mark);
    return { piscina, pool };
  } finally {
    Object.defineProperty(WeakMap.prototype, 'set', { ...property, value: set });
  }
}

function markFutureWorkers(pool: ThreadPool, mark: PoolMark): void {
  const add = pool._addNewWorker.bind(pool);
  Reflect.defineProperty(pool, '_addNewWorker', {
    configurable: true,
    writable: true,
    enumerable: false,
    value: () => {
      marked(mark, add);
    },
  });
}

/** Calls `after` whenever the method of this one object has done its synchronous part. */
export function follow(
  target: object,
  name: string,
  after: (args: readonly unknown[]) => void,
): void {
  const original = Reflect.get(target, name) as (this: unknown, ...args: never[]) => unknown;
  Reflect.defineProperty(target, name, {
    configurable: true,
    writable: true,
    enumerable: false,
    value: function (this: unknown, ...args: never[]) {
      const result = Reflect.apply(original, this, args);
      after(args);
      return result;
    },
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

/** Makes `maxThreads` of a pool settable at run time. */
export class PoolResizer {
  readonly #pool: ThreadPool;
  readonly #minThreads: number;

  constructor(pool: ThreadPool) {
    this.#pool = pool;
    this.#minThreads = pool.options.minThreads;
    this.#retireSurplus();
  }

  /** Takes effect at once for waiting tasks and idle threads, and at the end of its task for a busy surplus thread. */
  setMaxThreads(threads: number): void {
    const pool = this.#pool;
    const { options } = pool;
    options.maxThreads = Math.max(1, Math.round(threads));
    options.minThreads = Math.min(this.#minThreads, options.maxThreads);
    if (pool.maxCapacity !== undefined) pool.maxCapacity = parallelismOf(pool);
    for (const worker of [...pool.workers]) this.#endIfSurplus(worker);
    const room = options.maxThreads - pool.workers.size;
    const wanted = Math.ceil(waitingTasks(pool) / options.concurrentTasksPerWorker);
    for (let i = Math.min(room, wanted); i > 0; i--) pool._addNewWorker();
  }

  #isSurplus(): boolean {
    const { workers, options, closingUp } = this.#pool;
    return workers.size > options.maxThreads && !closingUp;
  }

  /** Ends the thread if there are too many and it does nothing; true when it did. */
  #endIfSurplus(worker: PoolWorker): boolean {
    // A thread that ends before it is ready would count as one that fails to start, and Piscina then gives up.
    const isFree = worker.isReady() && worker.currentUsage() === 0;
    if (!isFree || !this.#isSurplus()) return false;
    this.#pool._removeWorker(worker);
    return true;
  }

  /** Keeps a surplus thread that has just become free from getting another task, and ends it. */
  #retireSurplus(): void {
    const pool = this.#pool;
    const available = Reflect.get(pool, '_onWorkerAvailable') as (worker: PoolWorker) => void;
    Reflect.defineProperty(pool, '_onWorkerAvailable', {
      configurable: true,
      writable: true,
      enumerable: false,
      value: (worker: PoolWorker) => {
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
      },
    });
  }
}
