/** Piscina: a stage of kind `cpu` for each worker file, with its task queue and a live `maxThreads` knob. */
import type { Recorder } from '../src/probe.js';
import { asClass, type Adapter, type AdapterContext, type AnyClass } from './adapter.js';
import { standIn } from './construct.js';
import { constructPiscina, type ThreadPool } from './piscinaPool.js';
import { createMark } from './piscinaStage.js';
import { bringsPreload } from './preloaded.js';
import { noteUnknownPool, PoolStages, PoolTap } from './poolTap.js';

/** Worker threads that a pool starts without our preload cannot be seen; that is worth a sentence. */
function noteBlindWorkers(pool: ThreadPool, recorder: Recorder): void {
  const { execArgv, env } = pool.options;
  const own = typeof env === 'object' && env !== null ? env : process.env;
  if (bringsPreload(execArgv ?? process.execArgv, Reflect.get(own, 'NODE_OPTIONS'))) return;
  recorder.note(
    'piscina-blind',
    'A Piscina pool is made with its own execArgv or env, so its worker threads run without the agent: its queue is ' +
      'shown, its executions are not. Pass process.execArgv and process.env along to see them.',
  );
}

function instrument(original: AnyClass, context: AdapterContext): AnyClass {
  const stages = new PoolStages(context.recorder);
  const seen = standIn(original, context, ({ source, create }) => {
    const mark = createMark('piscina', source);
    const { instance, pool } = constructPiscina({ create, mark, owner: {} });
    if (pool === undefined) noteUnknownPool(context.recorder, 'Piscina', source);
    else {
      noteBlindWorkers(pool, context.recorder);
      new PoolTap(context, stages, pool, mark);
    }
    return instance;
  });
  // The class refers to itself by a static getter, which must lead to the stand-in too.
  for (const each of [original, seen]) {
    Object.defineProperty(each, 'Piscina', { configurable: true, get: () => seen });
  }
  return seen;
}

/** Piscina 4 and 5, in ES modules and CommonJS. */
export const piscinaAdapter: Adapter = {
  library: 'piscina',
  majors: { from: 4, before: 6 },
  exportNames: ['default', 'Piscina'],
  instrument: (original, context) => instrument(asClass(original), context),
};
