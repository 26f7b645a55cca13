import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { halvesOf, isAt } from '../seen.js';

/** p-queue is an ES module; CommonJS programs get it by `require`, which Node 20.19 and 22.12 learnt. */
export const pQueueCase: MatrixCase = {
  library: 'p-queue',
  program: 'pQueue.ts',
  versions: [
    { version: '7.4.1', folder: 'p-queue-7' },
    { version: '8.1.0', folder: 'p-queue-8' },
    { version: '9.3.5', folder: 'p-queue' },
    { version: '10.0.0', folder: 'p-queue-10', packed: 'p-queue@10.0.0', minNodeMajor: 22 },
  ],
  formats: ['esm', 'cjs'],
  live: { knob: 'concurrency', value: 5 },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { done: 38, failed: 2, peaks: [2, 5], concurrency: 5 });
    const executions = seen.executionsOf('read');
    assert.equal(executions.length, 40);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.deepEqual(halvesOf(seen, executions).map(peakOf), [2, 5]);
    const depths = seen.depthsOf('read queue');
    assert.equal(Math.max(...depths), 6);
    assert.equal(depths.at(-1), 0);

    const stage = seen.stage('read');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 5, 'p-queue']);
    isAt(stage.source, markedAt('queue'));
    const queue = seen.queue('read queue');
    assert.deepEqual([queue.to, queue.capacity], ['read', 6]);
    const concurrency = seen.knob('concurrency');
    assert.deepEqual([concurrency.stage, concurrency.min, concurrency.live], ['read', 1, true]);
    isAt(concurrency.source, markedAt('queue'));
    const limit = seen.knob('onSizeLessThan');
    assert.deepEqual([limit.queue, limit.value, limit.live], ['read queue', 6, true]);
    isAt(limit.source, markedAt('limit'));
  },
};
