/**
 * workerpool: a stage of kind `cpu` for each method of a pool, with the pool's task queue and its knobs.
 *
 * In worker threads (`thread`, and `auto`, which means them in Node) an execution is measured where it runs. In child
 * processes (`process`) it is measured here, from sending the task to the arrival of its answer, because a child cannot know
 * whose it is; the first one of each child includes the start of the process when the pool has no script.
 *
 * `maxWorkers` is documented as fixed. 10.0.3 reads it whenever it looks for a worker, so it grows at once; for shrinking,
 * idle workers above it are ended before the next task is handed out.
 */
import path from 'node:path';
import type { Recorder } from '../src/probe.js';
import type { SourcePosition } from '../wire/manifest.js';
import type { Adapter, AdapterContext } from './adapter.js';
import { baseName, nameOfCall, placeName } from './naming.js';
import { owned, type ChildWatch, type Owner } from './workerOwner.js';
import { WorkerpoolTap, type WorkerPool } from './workerpoolTap.js';
import { createWorkerpoolMark, withWorkerpoolMark, type WorkerpoolMark } from './workerpoolMark.js';
import { VIA, WorkerpoolTasks } from './workerpoolTasks.js';
import { disownProcessMessages } from './processMessages.js';

type Callable = (this: unknown, ...args: unknown[]) => unknown;

const methods = [
  'exec',
  '_next',
  '_getWorker',
  '_createWorkerHandler',
  '_removeWorker',
  'terminate',
];

function isWorkerPool(value: unknown): value is WorkerPool {
  if (typeof value !== 'object' || value === null) return false;
  const queue = Object(Reflect.get(value, 'taskQueue')) as object;
  return (
    methods.every((name) => typeof Reflect.get(value, name) === 'function') &&
    typeof Reflect.get(queue, 'size') === 'function' &&
    Array.isArray(Reflect.get(value, 'workers')) &&
    typeof Reflect.get(value, 'maxWorkers') === 'number'
  );
}

function nameOf(script: unknown, source: SourcePosition | undefined): string {
  if (typeof script !== 'string') return nameOfCall(source) ?? placeName(VIA, source);
  const base = baseName(script);
  return path.basename(base, path.extname(base));
}

function watchChild(recorder: Recorder, mark: WorkerpoolMark): ChildWatch {
  const tasks = new WorkerpoolTasks(recorder, mark);
  return {
    sent: (message) => {
      tasks.taken(message);
    },
    received: (message) => {
      tasks.answering(message);
    },
    ended: () => {
      tasks.gone();
    },
  };
}

function instrumentPool(original: Callable, context: AdapterContext): Callable {
  const { recorder } = context;
  const groups = new Map<string, Set<WorkerpoolTap>>();
  function construct(target: Callable, self: unknown, args: unknown[]): unknown {
    const source = context.callerPosition(construct);
    const name = nameOf(args[0], source);
    const stage = recorder.stage({ name, kind: 'cpu', via: VIA, source });
    const mark = createWorkerpoolMark(stage.name, source);
    const owner: Owner = { watchChild: () => watchChild(recorder, mark) };
    const start = <T>(create: () => T): T => withWorkerpoolMark(mark, () => owned(owner, create));
    const pool = start((): unknown => Reflect.apply(target, self, args));
    if (isWorkerPool(pool)) {
      const group = groups.get(stage.name) ?? new Set<WorkerpoolTap>();
      groups.set(stage.name, group);
      new WorkerpoolTap({ recorder, pool, mark, stage, start, group });
    } else {
      recorder.note(
        'workerpool-shape',
        'A workerpool is not profiled: its inside is not the one that Sluice knows.',
      );
    }
    return pool;
  }
  return new Proxy(original, { apply: construct });
}

/** In a child process of a pool, `worker()` says that the messages are workerpool's. They are measured by its parent. */
function instrumentWorker(original: Callable): Callable {
  return new Proxy(original, {
    apply: (target, self: unknown, args: unknown[]) => {
      disownProcessMessages();
      return Reflect.apply(target, self, args);
    },
  });
}

function instrument(original: object, context: AdapterContext, exportName: string): object {
  if (typeof original === 'function') {
    const callable = original as Callable;
    return exportName === 'worker' ? instrumentWorker(callable) : instrumentPool(callable, context);
  }
  // `import workerpool from 'workerpool'`: the module's exports as one object.
  const view = new Map<string, object>();
  for (const name of ['pool', 'worker']) {
    const value: unknown = Reflect.get(original, name);
    if (typeof value !== 'function') throw new Error(`it exports no function ${name}()`);
    view.set(name, instrument(value, context, name));
  }
  return new Proxy(original, {
    get: (target, key, receiver) =>
      (typeof key === 'string' ? view.get(key) : undefined) ??
      (Reflect.get(target, key, receiver) as unknown),
  });
}

/** workerpool 10, CommonJS. */
export const workerpoolAdapter: Adapter = {
  library: 'workerpool',
  majors: { from: 10, before: 11 },
  exportNames: ['default', 'pool', 'worker'],
  instrument,
};
