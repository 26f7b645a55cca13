import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { halvesOf, isAt } from '../seen.js';

/** Executions are recorded in the pool's worker threads. */
export const workerpoolCase: MatrixCase = {
  library: 'workerpool',
  program: 'workerpool.ts',
  versions: [{ version: '10.0.3', folder: 'workerpool' }],
  formats: ['esm', 'cjs'],
  live: { knob: 'maxWorkers', value: 3 },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { sum: 452, failed: 2, totalWorkers: 3 });
    const stage = seen.stage('workerpool:resize');
    const executions = seen.executionsOf(stage.name);
    assert.equal(executions.length, 32);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.deepEqual(halvesOf(seen, executions).map(peakOf), [2, 3]);

    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['cpu', 3, 'workerpool']);
    isAt(stage.source, markedAt('pool'));
    const queue = seen.queue('workerpool queue');
    assert.equal(queue.capacity, 100);
    const depths = seen.depthsOf(queue.name);
    assert.ok(Math.max(...depths) >= 13, depths.join(' '));
    assert.equal(depths.at(-1), 0);

    const knobs = seen.of('knob').filter(({ via }) => via === 'workerpool');
    for (const knob of knobs) isAt(knob.source, markedAt('pool'));
    const latest = new Map(knobs.map((k) => [k.name, [k.value, k.live]]));
    assert.deepEqual(latest.get('maxQueueSize'), [100, false]);
    assert.ok(
      seen.firstKnobs('workerpool').some(({ name, live }) => name === 'maxWorkers' && live),
    );
  },
};
