import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { halvesOf, isAt } from '../seen.js';

/** Queue, cargo and one of the functions with a limit, which is not live. */
export const asyncCase: MatrixCase = {
  library: 'async',
  program: 'async.ts',
  versions: [{ version: '3.2.6', folder: 'async' }],
  formats: ['esm', 'cjs'],
  live: { knob: 'concurrency', value: 5 },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { done: 38, failed: 2, peaks: [2, 5], rows: 40, doubled: 10 });
    const executions = seen.executionsOf('read');
    assert.equal(executions.length, 40);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.deepEqual(halvesOf(seen, executions).map(peakOf), [2, 5]);
    const depths = seen.depthsOf('read queue');
    assert.equal(Math.max(...depths), 18);
    assert.equal(depths.at(-1), 0);
    const batches = seen.executionsOf('store');
    assert.deepEqual([batches.length, peakOf(batches)], [10, 1]);
    assert.ok(batches.every(({ items }) => items === 4));
    assert.equal(seen.executionsOf('double').length, 10);

    const stage = seen.stage('read');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 5, 'async']);
    isAt(stage.source, markedAt('queue'));
    isAt(seen.stage('double').source, markedAt('map'));
    const knob = seen.knob('concurrency');
    assert.deepEqual([knob.stage, knob.min, knob.live], ['read', 1, true]);
    isAt(knob.source, markedAt('queue'));
    const limit = seen.knob('limit');
    assert.deepEqual([limit.stage, limit.value, limit.live], ['double', 2, false]);
    const payload = seen.knob('payload');
    assert.deepEqual([payload.stage, payload.value, payload.live], ['store', 4, true]);
  },
};
