/** Watches the pools of Piscina and Tinypool: their stages, queues and knobs, and whether their threads come and go. */
import os from 'node:os';
import type { KnobProbe, QueueProbe, Recorder, StageProbe } from '../src/probe.js';
import type { SourcePosition } from '../wire/manifest.js';
import type { AdapterContext } from './adapter.js';
import { baseName, placeName } from './naming.js';
import {
  PoolResizer,
  follow,
  parallelismOf,
  precede,
  waitingTasks,
  type PoolWorker,
  type ThreadPool,
} from './piscinaPool.js';
import { piscinaStageName, type PoolMark } from './piscinaStage.js';
import { ChurnWatch } from './poolChurn.js';

/** Stages that several pools may feed: their parallelism is the sum over the pools. */
export class PoolStages {
  readonly #recorder: Recorder;
  readonly #stages = new Map<string, { probe: StageProbe; pools: Map<ThreadPool, PoolMark> }>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** The pool runs this stage. Returns the name under which it is declared. */
  feed(name: string, pool: ThreadPool, mark: PoolMark): StageProbe {
    let stage = this.#stages.get(name);
    if (stage === undefined) {
      const parallelism = parallelismOf(pool);
      const { via, source } = mark;
      const probe = this.#recorder.stage({ name, kind: 'cpu', parallelism, via, source });
      stage = { probe, pools: new Map() };
      this.#stages.set(name, stage);
    }
    stage.pools.set(pool, mark);
    this.#update(stage.probe, stage.pools);
    return stage.probe;
  }

  /** The pool has another number of threads. */
  resized(pool: ThreadPool): void {
    for (const { probe, pools } of this.#stages.values()) {
      if (pools.has(pool)) this.#update(probe, pools);
    }
  }

  /** The pool is gone. What it ran stays declared as it was, unless other pools run it too. */
  closed(pool: ThreadPool): void {
    for (const { probe, pools } of this.#stages.values()) {
      if (pools.delete(pool) && pools.size > 0) this.#update(probe, pools);
    }
  }

  #update(probe: StageProbe, pools: ReadonlyMap<ThreadPool, PoolMark>): void {
    let parallelism = 0;
    for (const pool of pools.keys()) parallelism += parallelismOf(pool);
    for (const mark of pools.values()) mark.parallelism[0] = parallelism;
    probe.setParallelism(parallelism);
  }
}

/** Watches one pool. */
export class PoolTap {
  readonly #context: AdapterContext;
  readonly #stages: PoolStages;
  readonly #pool: ThreadPool;
  readonly #mark: PoolMark;
  readonly #resizer: PoolResizer;
  /** Made with the first stage, because it leads there. */
  #queue: QueueProbe | undefined;
  /** Worker files and handlers that this pool has run. */
  readonly #fed = new Map<string, StageProbe>();
  readonly #churn: ChurnWatch;
  #minThreads: KnobProbe | undefined;
  #depth = 0;

  constructor(context: AdapterContext, stages: PoolStages, pool: ThreadPool, mark: PoolMark) {
    this.#context = context;
    this.#stages = stages;
    this.#pool = pool;
    this.#mark = mark;
    this.#resizer = new PoolResizer(pool);
    this.#churn = new ChurnWatch(pool.options.maxThreads);
    const { filename, name } = pool.options;
    if (filename !== null) this.#feed(filename, name);
    this.#watch();
  }

  /** The stage of a worker file and handler; declares it if it is new. */
  #feed(filename: string, handler: string): StageProbe {
    const key = `${filename}\n${handler}`;
    const known = this.#fed.get(key);
    if (known !== undefined) return known;
    const name = piscinaStageName(filename, handler);
    const probe = this.#stages.feed(name, this.#pool, this.#mark);
    this.#fed.set(key, probe);
    if (this.#queue === undefined) this.#declareQueue(probe.name);
    return probe;
  }

  #declareQueue(stage: string): void {
    const { maxQueue } = this.#pool.options;
    const queueName = `${stage} queue`;
    this.#queue = this.#context.recorder.queue({
      name: queueName,
      to: stage,
      capacity: Number.isFinite(maxQueue) ? maxQueue : undefined,
      via: this.#mark.via,
      source: this.#mark.source,
    });
    if (this.#context.recorder.active) this.#queue.depth(0);
    this.#declareThreadKnobs(stage);
    this.#declareQueueKnob(queueName);
  }

  #watch(): void {
    const pool = this.#pool;
    const note = (): void => {
      this.#noteDepth();
    };
    precede(pool, 'runTask', ([, options]) => {
      const stage = this.#stageOf(options);
      if (this.#context.recorder.active) stage?.arrive();
    });
    follow(pool, 'runTask', () => {
      this.#churn.task();
      this.#noteDepth();
    });
    this.#watchEnds();
    follow(pool, '_onWorkerAvailable', note);
    followIfThere(pool, '_removeTaskFromQueue', note);
    followIfThere(pool.taskQueue, 'remove', note);
    followIfThere(pool.taskQueue, 'cancel', note);
    followIfThere(pool, 'close', note);
    this.#watchThreads();
    follow(pool, 'destroy', () => {
      this.#noteDepth();
      this.#stages.closed(pool);
    });
  }

  /** The stage of a task that is given to the pool with these options. */
  #stageOf(options: unknown): StageProbe | undefined {
    const { filename: own, name } = Object(options) as { filename?: unknown; name?: unknown };
    const given = own ?? this.#pool.options.filename;
    const filename = given instanceof URL ? given.href : given;
    const handler = name ?? this.#pool.options.name;
    if (typeof filename !== 'string' || typeof handler !== 'string') return undefined;
    return this.#feed(filename, handler);
  }

  /**
   * Ends what is followed of a task. Nothing shows its end but this count, which the pool raises in the async context in
   * which the task was given to it (both pools make a task an AsyncResource), just before the program's promise settles.
   */
  #watchEnds(): void {
    const { recorder } = this.#context;
    let completed = this.#pool.completed;
    if (typeof completed !== 'number') return;
    Object.defineProperty(this.#pool, 'completed', {
      configurable: true,
      enumerable: true,
      get: () => completed,
      set: (value: unknown) => {
        completed = value;
        recorder.arrivalHere()?.end();
      },
    });
  }

  #watchThreads(): void {
    const pool = this.#pool;
    follow(pool, '_addNewWorker', () => {
      this.#churn.started();
    });
    precede(pool, '_removeWorker', ([worker]) => {
      // Tinypool ends a worker after each task when it shall be isolated; that is no churn but what was asked for.
      const { isolateWorkers, maxMemoryLimitBeforeRecycle } = pool.options;
      if (this.#resizer.isEnding || isolateWorkers === true) return;
      const { idleTimeout } = worker as PoolWorker;
      const wasIdle = idleTimeout !== null && idleTimeout !== undefined;
      if (!wasIdle || maxMemoryLimitBeforeRecycle !== undefined) return;
      if (this.#churn.endedIdle()) this.#sayChurn();
    });
  }

  #sayChurn(): void {
    const { recorder } = this.#context;
    if (!recorder.active) return;
    const { via, source } = this.#mark;
    const { idleTimeout } = this.#pool.options;
    const measured = this.#churn.measured(idleTimeout);
    this.#minThreads?.remark(`${NOT_LIVE} ${measured} ${CURE}`);
    const place = placeName(via, source);
    recorder.note(`pool-churn:${place}`.slice(0, 64), `${place}: ${measured} ${CURE}`);
  }

  #noteDepth(): void {
    if (!this.#context.recorder.active) return;
    const depth = waitingTasks(this.#pool);
    if (depth === this.#depth) return;
    this.#depth = depth;
    this.#queue?.depth(depth);
  }

  #declareThreadKnobs(stage: string): void {
    const pool = this.#pool;
    const { recorder } = this.#context;
    const { maxThreads, minThreads, idleTimeout, concurrentTasksPerWorker } = pool.options;
    const common = {
      stage,
      kind: 'parallelism',
      owner: pool,
      via: this.#mark.via,
      source: this.#mark.source,
    } as const;
    recorder.knob({
      ...common,
      name: 'maxThreads',
      value: maxThreads,
      min: 1,
      max: Math.max(MOST_THREADS, maxThreads),
      apply: (value) => {
        this.#resizer.setMaxThreads(value);
        this.#stages.resized(pool);
      },
      remark:
        'Live: a raise starts threads at once while tasks wait; after a lowering, surplus threads end with the task ' +
        'they work on, and minThreads is held down with it.',
    });
    this.#minThreads = recorder.knob({
      ...common,
      name: 'minThreads',
      value: minThreads,
      min: 0,
      remark: churn(idleTimeout, minThreads, maxThreads),
    });
    recorder.knob({
      ...common,
      name: 'concurrentTasksPerWorker',
      value: concurrentTasksPerWorker,
      min: 1,
      remark:
        'Not live. More than 1 helps only tasks that wait for something; computing tasks share one thread.',
    });
  }

  #declareQueueKnob(queue: string): void {
    const { maxQueue } = this.#pool.options;
    if (!Number.isFinite(maxQueue)) return;
    this.#context.recorder.knob({
      name: 'maxQueue',
      kind: 'queueDepth',
      queue,
      owner: this.#pool,
      value: maxQueue,
      min: 0,
      remark: 'Not live: tasks beyond it are rejected, not delayed.',
      via: this.#mark.via,
      source: this.#mark.source,
    });
  }
}

const NOT_LIVE = 'Not live: read when the pool is made.';
const CURE = 'Set idleTimeout (1000, say) or raise minThreads to maxThreads.';

/**
 * The end of the scale for `maxThreads`. Threads that compute gain nothing beyond one a core; four a core leave room for
 * those that also wait, and each costs some megabytes. A small machine gets eight.
 */
const MOST_THREADS = Math.max(8, 4 * os.availableParallelism());

function followIfThere(target: object, name: string, after: () => void): void {
  if (typeof Reflect.get(target, name) === 'function') follow(target, name, after);
}

function churn(idleTimeoutMs: number, minThreads: number, maxThreads: number): string {
  if (idleTimeoutMs > 0 || minThreads >= maxThreads) return NOT_LIVE;
  return (
    `${NOT_LIVE} idleTimeout is 0 and minThreads (${minThreads}) is below maxThreads (${maxThreads}), so every lull ends ` +
    `threads and the next burst pays for new ones. ${CURE}`
  );
}

/** Says that a pool cannot be profiled because its inside is another one. */
export function noteUnknownPool(
  recorder: Recorder,
  library: string,
  source: SourcePosition | undefined,
): void {
  recorder.note(
    `${library.toLowerCase()}-shape`,
    `A ${library} pool (${source === undefined ? 'place unknown' : `${baseName(source.file)}:${source.line}`}) is not ` +
      'profiled: its inside is not the one that Sluice knows.',
  );
}
