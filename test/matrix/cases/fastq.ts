import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { halvesOf, isAt } from '../seen.js';

/** Its queue is counted, because its own length() walks a list. */
export const fastqCase: MatrixCase = {
  library: 'fastq',
  program: 'fastq.ts',
  versions: [{ version: '1.20.3', folder: 'fastq' }],
  formats: ['esm', 'cjs'],
  live: { knob: 'concurrency', value: 5 },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { done: 38, failed: 2, peaks: [2, 5], concurrency: 5 });
    const executions = seen.executionsOf('read');
    assert.equal(executions.length, 40);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.deepEqual(halvesOf(seen, executions).map(peakOf), [2, 5]);
    const depths = seen.depthsOf('read queue');
    assert.equal(Math.max(...depths), 18);
    assert.equal(depths.at(-1), 0);
    const stage = seen.stage('read');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 5, 'fastq']);
    isAt(stage.source, markedAt('queue'));
    const knob = seen.knob('concurrency');
    assert.deepEqual([knob.stage, knob.min, knob.live], ['read', 1, true]);
    isAt(knob.source, markedAt('queue'));
  },
};
