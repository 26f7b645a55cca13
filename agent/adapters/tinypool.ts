/**
 * Tinypool, Piscina's fork: a stage of kind `cpu` for each worker file, with its task queue and a live `maxThreads` knob.
 *
 * In worker threads an execution is measured where it runs. In child processes (`runtime: 'child_process'`) it is measured
 * here, from sending the task to the arrival of its answer: Tinypool starts them with an environment of its own, so the
 * agent is in them only when the pool is given one that has it (`env: process.env`).
 */
import { asClass, type Adapter, type AdapterContext, type AnyClass } from './adapter.js';
import { standIn } from './construct.js';
import { constructTinypool } from './piscinaPool.js';
import { createMark, type PoolMark } from './piscinaStage.js';
import { field, PoolTasks } from './poolTasks.js';
import { noteUnknownPool, PoolStages, PoolTap } from './poolTap.js';
import type { ChildWatch, Owner } from './workerOwner.js';

/** Tasks go out and answers come back marked as those of the port that they would take in a thread. */
function isTask(message: unknown): boolean {
  return field(message, 'source') === 'port';
}

function watchChild(context: AdapterContext, mark: PoolMark): ChildWatch {
  const tasks = new PoolTasks(context.recorder, mark);
  return {
    sent: (message) => {
      if (isTask(message)) tasks.taken(message);
    },
    received: (message) => {
      if (isTask(message)) tasks.answering(message);
    },
    ended: () => {
      tasks.gone();
    },
  };
}

function instrument(original: AnyClass, context: AdapterContext): AnyClass {
  const stages = new PoolStages(context.recorder);
  return standIn(original, context, ({ source, create }) => {
    const mark = createMark('tinypool', source);
    const owner: Owner = { watchChild: () => watchChild(context, mark) };
    const { instance, pool } = constructTinypool({ create, mark, owner });
    if (pool === undefined) noteUnknownPool(context.recorder, 'Tinypool', source);
    else new PoolTap(context, stages, pool, mark);
    return instance;
  });
}

/** Tinypool 2, an ES module; CommonJS programs get it through `import()` or `require(esm)`. */
export const tinypoolAdapter: Adapter = {
  library: 'tinypool',
  majors: { from: 2, before: 3 },
  exportNames: ['default', 'Tinypool'],
  instrument: (original, context) => instrument(asClass(original), context),
};
