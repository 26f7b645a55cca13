import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { halvesOf, isAt } from '../seen.js';

/** Its settings are in force a turn of the event loop later. */
export const bottleneckCase: MatrixCase = {
  library: 'bottleneck',
  program: 'bottleneck.ts',
  versions: [{ version: '2.19.5', folder: 'bottleneck' }],
  formats: ['esm', 'cjs'],
  live: { knob: 'maxConcurrent', value: 5 },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { done: 38, failed: 2, peaks: [2, 5] });
    const executions = seen.executionsOf('read');
    assert.equal(executions.length, 40);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.deepEqual(halvesOf(seen, executions).map(peakOf), [2, 5]);
    const depths = seen.depthsOf('read queue');
    assert.equal(Math.max(...depths), 18);
    assert.equal(depths.at(-1), 0);
    const stage = seen.stage('read');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 5, 'bottleneck']);
    isAt(stage.source, markedAt('limiter'));
    const knob = seen.knob('maxConcurrent');
    assert.deepEqual([knob.stage, knob.min, knob.live], ['read', 1, true]);
    isAt(knob.source, markedAt('limiter'));
  },
};
