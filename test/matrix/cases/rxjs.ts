import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { isAt } from '../seen.js';

/** Nothing of it is live: an operator is made with its concurrency. */
export const rxjsCase: MatrixCase = {
  library: 'rxjs',
  program: 'rxjs.ts',
  versions: [{ version: '7.8.2', folder: 'rxjs' }],
  formats: ['esm', 'cjs'],
  check: (seen, { result, markedAt }) => {
    const half = [0, 2, 4, 6, 8, 10, 12, 14, 16];
    const values = [-1, -1, ...half.flatMap((n) => [n, n])];
    assert.deepEqual(result, { values });
    const executions = seen.executionsOf('double');
    assert.equal(executions.length, 20);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.equal(peakOf(executions), 3);
    const depths = seen.depthsOf('double queue');
    assert.equal(Math.max(...depths), 7);
    assert.equal(depths.at(-1), 0);
    const stage = seen.stage('double');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 3, 'rxjs']);
    isAt(stage.source, markedAt('operator'));
    const knob = seen.knob('concurrent');
    assert.deepEqual([knob.stage, knob.value, knob.live], ['double', 3, false]);
    assert.match(knob.remark ?? '', /^Not live/);
    isAt(knob.source, markedAt('operator'));
  },
};
