/** One pool of workerpool in the thread that made it: its queue and its knobs. */
import os from 'node:os';
import type { QueueProbe, Recorder, StageProbe } from '../src/probe.js';
import { follow, replace } from './piscinaPool.js';
import type { WorkerpoolMark } from './workerpoolMark.js';
import { isMethod, methodStage, VIA } from './workerpoolTasks.js';

/** The parts of a pool that are used. */
export interface WorkerPool {
  maxWorkers: number;
  minWorkers?: number | undefined;
  readonly maxQueueSize: number;
  readonly workers: readonly { readonly busy: () => boolean }[];
  readonly taskQueue: { readonly size: () => number };
  readonly exec: (...args: unknown[]) => unknown;
  readonly _next: () => unknown;
  readonly _createWorkerHandler: () => unknown;
  readonly _removeWorker: (worker: object) => unknown;
}

/** What a tap is made of. */
export interface TappedPool {
  readonly recorder: Recorder;
  readonly pool: WorkerPool;
  readonly mark: WorkerpoolMark;
  /** The pool's own stage, for functions that are sent along. */
  readonly stage: StageProbe;
  /** Starts workers so that they know whose they are. */
  readonly start: <T>(create: () => T) => T;
  /** The pools of the same place: their stages are the same, and their workers add up. */
  readonly group: Set<WorkerpoolTap>;
}

/** Threads that compute gain nothing beyond one a core; four a core leave room for those that also wait. */
const MOST_WORKERS = Math.max(8, 4 * os.availableParallelism());
const MAX_STAGES = 50;

/** Watches one pool. */
export class WorkerpoolTap {
  readonly #recorder: Recorder;
  readonly #pool: WorkerPool;
  readonly #mark: WorkerpoolMark;
  readonly #stages = new Map<string, StageProbe>();
  readonly #queue: QueueProbe;
  readonly #minWorkers: number | undefined;
  readonly #group: Set<WorkerpoolTap>;
  #depth = 0;

  constructor({ recorder, pool, mark, stage, start, group }: TappedPool) {
    this.#group = group;
    group.add(this);
    this.#recorder = recorder;
    this.#pool = pool;
    this.#mark = mark;
    this.#minWorkers = pool.minWorkers;
    this.#stages.set('run', stage);
    this.#regroup();
    const { maxQueueSize } = pool;
    const queueName = `${stage.name} queue`;
    this.#queue = recorder.queue({
      name: queueName,
      to: stage.name,
      capacity: Number.isFinite(maxQueueSize) ? maxQueueSize : undefined,
      via: VIA,
      source: mark.source,
    });
    if (recorder.active) this.#queue.depth(0);
    this.#declareWorkers(stage.name);
    if (Number.isFinite(maxQueueSize)) this.#declareQueueKnob(queueName, maxQueueSize);
    this.#watch(start);
  }

  #watch(start: TappedPool['start']): void {
    const pool = this.#pool;
    const create = pool._createWorkerHandler.bind(pool);
    replace(pool, '_createWorkerHandler', () => start(create));
    const next = pool._next.bind(pool);
    const watchedNext = (): unknown => {
      this.#retireSurplus();
      const result: unknown = next();
      this.#noteDepth();
      return result;
    };
    replace(pool, '_next', watchedNext);
    // What the constructor bound for the end of a task.
    if (typeof Reflect.get(pool, '_boundNext') === 'function') {
      replace(pool, '_boundNext', watchedNext);
    }
    this.#watchExec();
    follow(pool, 'terminate', () => {
      this.#noteDepth();
      // What is gone leaves the stage as wide as it was, unless others run it.
      if (this.#group.size > 1 && this.#group.delete(this)) this.#regroup();
    });
  }

  #watchExec(): void {
    const pool = this.#pool;
    const exec = pool.exec.bind(pool);
    replace(pool, 'exec', (...args: unknown[]): unknown => {
      const [method] = args;
      // A function comes here once more, as a method.
      const stage = isMethod(method) ? this.#declareStage(method) : undefined;
      const arrival = this.#recorder.active ? stage?.arrive() : undefined;
      const result: unknown = exec(...args);
      if (arrival !== undefined) {
        whenSettled(result, () => {
          arrival.end();
        });
      }
      this.#noteDepth();
      return result;
    });
  }

  /** The same as the worker declares; here, so that it is known before the first task has run. */
  #declareStage(method: string): StageProbe | undefined {
    const known = this.#stages.get(method);
    if (known !== undefined || this.#stages.size >= MAX_STAGES) return known;
    const name = methodStage(this.#mark.stage, method);
    const { source } = this.#mark;
    const parallelism = this.#mark.parallelism[0];
    const stage = this.#recorder.stage({ name, kind: 'cpu', parallelism, via: VIA, source });
    this.#stages.set(method, stage);
    return stage;
  }

  #noteDepth(): void {
    if (!this.#recorder.active) return;
    const depth = this.#pool.taskQueue.size();
    if (depth === this.#depth) return;
    this.#depth = depth;
    this.#queue.depth(depth);
  }

  #declareWorkers(stage: string): void {
    const { maxWorkers, minWorkers } = this.#pool;
    const owner = this.#pool;
    const { source } = this.#mark;
    const common = { stage, kind: 'parallelism', owner, via: VIA, source } as const;
    this.#recorder.knob({
      ...common,
      name: 'maxWorkers',
      value: maxWorkers,
      min: 1,
      max: Math.max(MOST_WORKERS, maxWorkers),
      apply: (value) => {
        this.#setMaxWorkers(Math.max(1, Math.round(value)));
      },
      remark:
        'Live: a raise starts workers at once while tasks wait; after a lowering, surplus workers end with the task they ' +
        'work on, and minWorkers is held down with it.',
    });
    if (minWorkers === undefined) return;
    this.#recorder.knob({
      ...common,
      name: 'minWorkers',
      value: minWorkers,
      min: 0,
      remark:
        'Not live: these workers are started with the pool. Others stay, too, once they are there.',
    });
  }

  #declareQueueKnob(queue: string, value: number): void {
    this.#recorder.knob({
      name: 'maxQueueSize',
      kind: 'queueDepth',
      queue,
      owner: this.#pool,
      value,
      min: 1,
      remark: 'Not live: exec() throws for tasks beyond it, it does not delay them.',
      via: VIA,
      source: this.#mark.source,
    });
  }

  #setMaxWorkers(workers: number): void {
    const pool = this.#pool;
    pool.maxWorkers = workers;
    if (this.#minWorkers !== undefined) pool.minWorkers = Math.min(this.#minWorkers, workers);
    this.#regroup();
    // Each call hands out one task at most.
    for (let i = pool.taskQueue.size(); i > 0; i--) pool._next();
  }

  #regroup(): void {
    let workers = 0;
    for (const tap of this.#group) workers += tap.#pool.maxWorkers;
    for (const tap of this.#group) {
      tap.#mark.parallelism[0] = workers;
      for (const stage of tap.#stages.values()) stage.setParallelism(workers);
    }
  }

  /** Ends workers above the maximum that have nothing to do, before one of them is given the next task. */
  #retireSurplus(): void {
    const pool = this.#pool;
    for (const worker of [...pool.workers].reverse()) {
      if (pool.workers.length <= pool.maxWorkers) return;
      if (worker.busy()) continue;
      const ended: unknown = pool._removeWorker(worker);
      // A promise of workerpool's own; nobody waits for it, and a worker that cannot be ended is no affair of the program's.
      const handle: unknown = Reflect.get(Object(ended) as object, 'catch');
      if (typeof handle === 'function') Reflect.apply(handle, ended, [() => undefined]);
    }
  }
}

/** Promises of workerpool's own class: they call back at once and in order, and know no unhandled rejections. */
function whenSettled(promise: unknown, done: () => void): void {
  const then: unknown = Reflect.get(Object(promise) as object, 'then');
  if (typeof then === 'function') Reflect.apply(then, promise, [done, done]);
}
