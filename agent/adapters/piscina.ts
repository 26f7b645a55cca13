/** Piscina: a stage of kind `cpu` for each worker file, with its task queue and a live `maxThreads` knob. */
import { basename } from 'node:path';
import type { QueueProbe, Recorder, StageProbe } from '../src/probe.js';
import { asClass, type Adapter, type AdapterContext, type AnyClass } from './adapter.js';
import { standIn } from './construct.js';
import {
  PoolResizer,
  constructWithPool,
  follow,
  parallelismOf,
  waitingTasks,
  type ThreadPool,
} from './piscinaPool.js';
import { createMark, piscinaStageName, VIA, type PoolMark } from './piscinaStage.js';

/** Stages that several pools may feed: their parallelism is the sum over the pools. */
class PiscinaStages {
  readonly #recorder: Recorder;
  readonly #stages = new Map<string, { probe: StageProbe; pools: Map<ThreadPool, PoolMark> }>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** The pool runs this stage. Returns the name under which it is declared. */
  feed(name: string, pool: ThreadPool, mark: PoolMark): string {
    let stage = this.#stages.get(name);
    if (stage === undefined) {
      const parallelism = parallelismOf(pool);
      const { source } = mark;
      const probe = this.#recorder.stage({ name, kind: 'cpu', parallelism, via: VIA, source });
      stage = { probe, pools: new Map() };
      this.#stages.set(name, stage);
    }
    stage.pools.set(pool, mark);
    this.#update(stage.probe, stage.pools);
    return stage.probe.name;
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
class PoolTap {
  readonly #context: AdapterContext;
  readonly #stages: PiscinaStages;
  readonly #pool: ThreadPool;
  readonly #mark: PoolMark;
  readonly #resizer: PoolResizer;
  /** Made with the first stage, because it leads there. */
  #queue: QueueProbe | undefined;
  /** Worker files and handlers that this pool has run. */
  readonly #fed = new Set<string>();
  #depth = 0;

  constructor(context: AdapterContext, stages: PiscinaStages, pool: ThreadPool, mark: PoolMark) {
    this.#context = context;
    this.#stages = stages;
    this.#pool = pool;
    this.#mark = mark;
    this.#resizer = new PoolResizer(pool);
    const { filename, name } = pool.options;
    if (filename !== null) this.#feed(filename, name);
    this.#watch();
  }

  /** Declares the stage of a worker file and handler, if it is new. */
  #feed(filename: string, handler: string): void {
    const key = `${filename}\n${handler}`;
    if (this.#fed.has(key)) return;
    this.#fed.add(key);
    const name = piscinaStageName(filename, handler);
    const stage = this.#stages.feed(name, this.#pool, this.#mark);
    if (this.#queue !== undefined) return;
    const { maxQueue } = this.#pool.options;
    const queueName = `${stage} queue`;
    this.#queue = this.#context.recorder.queue({
      name: queueName,
      to: stage,
      capacity: Number.isFinite(maxQueue) ? maxQueue : undefined,
      via: VIA,
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
    follow(pool, 'runTask', (args) => {
      const options = Object(args[1]) as { filename?: unknown; name?: unknown };
      const filename = options.filename ?? pool.options.filename;
      const handler = options.name ?? pool.options.name;
      if (typeof filename === 'string' && typeof handler === 'string') {
        this.#feed(filename, handler);
      }
      this.#noteDepth();
    });
    follow(pool, '_onWorkerAvailable', note);
    if (typeof Reflect.get(pool, '_removeTaskFromQueue') === 'function') {
      follow(pool, '_removeTaskFromQueue', note);
    } else {
      follow(pool.taskQueue, 'remove', note);
    }
    follow(pool, 'close', note);
    follow(pool, 'destroy', () => {
      this.#noteDepth();
      this.#stages.closed(pool);
    });
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
    const common = { stage, kind: 'parallelism', via: VIA, source: this.#mark.source } as const;
    recorder.knob({
      ...common,
      name: 'maxThreads',
      value: maxThreads,
      min: 1,
      apply: (value) => {
        this.#resizer.setMaxThreads(value);
        this.#stages.resized(pool);
      },
      remark:
        'Live: a raise starts threads at once while tasks wait; after a lowering, surplus threads end with the task ' +
        'they work on, and minThreads is held down with it.',
    });
    recorder.knob({
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
      value: maxQueue,
      min: 0,
      remark: 'Not live: tasks beyond it are rejected, not delayed.',
      via: VIA,
      source: this.#mark.source,
    });
  }
}

function churn(idleTimeoutMs: number, minThreads: number, maxThreads: number): string {
  if (idleTimeoutMs > 0 || minThreads >= maxThreads) return 'Not live: read when the pool is made.';
  return (
    `Not live: read when the pool is made. idleTimeout is 0 and minThreads (${minThreads}) is below maxThreads ` +
    `(${maxThreads}), so every lull ends threads and the next burst pays for new ones: set idleTimeout (1000, say) or ` +
    'raise minThreads.'
  );
}

function preloads(text: unknown): boolean {
  return /sluice.*register|register\.cjs/s.test(String(text));
}

/** Worker threads that a pool starts without our preload cannot be seen; that is worth a sentence. */
function noteBlindWorkers(pool: ThreadPool, recorder: Recorder): void {
  const { execArgv, env } = pool.options;
  const own = typeof env === 'object' && env !== null ? env : process.env;
  const isPreloaded =
    preloads(execArgv ?? process.execArgv) || preloads(Reflect.get(own, 'NODE_OPTIONS'));
  if (isPreloaded) return;
  recorder.note(
    'piscina-blind',
    'A Piscina pool is made with its own execArgv or env, so its worker threads run without the agent: its queue is ' +
      'shown, its executions are not. Pass process.execArgv and process.env along to see them.',
  );
}

function instrument(original: AnyClass, context: AdapterContext): AnyClass {
  const stages = new PiscinaStages(context.recorder);
  const proxy = standIn(original, context, ({ source, create }) => {
    const mark = createMark(source);
    const { piscina, pool } = constructWithPool(create, mark);
    if (pool === undefined) {
      context.recorder.note(
        'piscina-shape',
        `A Piscina pool (${source === undefined ? 'place unknown' : `${basename(source.file)}:${source.line}`}) is not ` +
          'profiled: its inside is not the one that Sluice knows.',
      );
      return piscina;
    }
    noteBlindWorkers(pool, context.recorder);
    new PoolTap(context, stages, pool, mark);
    return piscina;
  });
  // The class refers to itself by a static getter, which must lead to the stand-in too.
  Object.defineProperty(original, 'Piscina', { configurable: true, get: () => proxy });
  return proxy;
}

/** Piscina 4 and 5, in ES modules and CommonJS. */
export const piscinaAdapter: Adapter = {
  library: 'piscina',
  majors: { from: 4, before: 6 },
  exportNames: ['default', 'Piscina'],
  instrument: (original, context) => instrument(asClass(original), context),
};
