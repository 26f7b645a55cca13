import assert from 'node:assert/strict';
import type { MatrixCase } from '../matrix.js';
import { isAt } from '../seen.js';

/** Messages are recorded in the workers, their answers in the main thread. */
export const workerThreadsCase: MatrixCase = {
  library: 'node:worker_threads',
  program: 'workerThreads.ts',
  versions: [],
  formats: ['esm', 'cjs'],
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { answers: 64, sum: 960 });
    const stage = seen.stage('workerThreads');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['cpu', 2, 'worker_threads']);
    isAt(stage.source, markedAt('worker'));
    const executions = seen.executionsOf(stage.name);
    assert.equal(executions.length, 64);
    // The listener is async and is waited for; timers may fire a little early.
    assert.ok(executions.every(({ startNs, endNs }) => endNs - startNs >= 1e6));
    const used = new Set(executions.map(({ lane }) => Number(lane)));
    const threads = seen.of('lane').filter(({ lane }) => used.has(lane));
    assert.equal(new Set(threads.map(({ thread }) => thread)).size, 2);
    assert.equal(seen.executionsOf('workerThreads reply').length, 64);

    const depths = seen.depthsOf('workerThreads queue');
    assert.equal(Math.max(...depths), 32);
    assert.equal(depths.at(-1), 0);
    assert.equal(seen.depthsOf('workerThreads replies').at(-1), 0);
    isAt(seen.queue('workerThreads queue').source, markedAt('worker'));
  },
};
