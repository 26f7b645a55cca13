import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { halvesOf, isAt } from '../seen.js';

/** Executions are recorded in the pool's worker threads. */
export const tinypoolCase: MatrixCase = {
  library: 'tinypool',
  program: 'tinypool.ts',
  versions: [{ version: '2.2.0', folder: 'tinypool' }],
  formats: ['esm', 'cjs'],
  live: { knob: 'maxThreads', value: 3 },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { sum: 452, failed: 2, maxThreads: 3 });
    const stage = seen.stage('tinypool:resize');
    const executions = seen.executionsOf(stage.name);
    assert.equal(executions.length, 32);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.deepEqual(halvesOf(seen, executions).map(peakOf), [2, 3]);

    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['cpu', 3, 'tinypool']);
    isAt(stage.source, markedAt('pool'));
    const queue = seen.of('queue').find(({ to }) => to?.startsWith('tinypool'));
    assert.equal(queue?.capacity, 100);
    const depths = seen.depthsOf(queue.name);
    assert.ok(Math.max(...depths) >= 13, depths.join(' '));
    assert.equal(depths.at(-1), 0);

    const knobs = seen.of('knob').filter(({ via }) => via === 'tinypool');
    for (const knob of knobs) isAt(knob.source, markedAt('pool'));
    const latest = new Map(knobs.map((k) => [k.name, [k.value, k.live]]));
    assert.deepEqual(latest.get('minThreads'), [2, false]);
    assert.deepEqual(latest.get('maxQueue'), [100, false]);
    assert.ok(seen.firstKnobs('tinypool').some(({ name, live }) => name === 'maxThreads' && live));
  },
};
