import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { isAt } from '../seen.js';

/** Nothing of it is live: p-map reads its options once. It pulls from its input, so it has no queue. */
export const pMapCase: MatrixCase = {
  library: 'p-map',
  program: 'pMap.ts',
  versions: [
    { version: '4.0.0', folder: 'p-map-4' },
    { version: '5.5.0', folder: 'p-map-5', packed: 'p-map@5.5.0' },
    { version: '6.0.0', folder: 'p-map-6', packed: 'p-map@6.0.0' },
    { version: '7.1.1', folder: 'p-map' },
  ],
  formats: ['esm', 'cjs'],
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { elements: 20, failures: 2 });
    const executions = seen.executionsOf('double');
    assert.equal(executions.length, 20);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.equal(peakOf(executions), 3);
    assert.deepEqual(seen.of('queue'), []);
    const stage = seen.stage('double');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 3, 'p-map']);
    isAt(stage.source, markedAt('call'));
    const knob = seen.knob('concurrency');
    assert.deepEqual([knob.stage, knob.value, knob.live], ['double', 3, false]);
    assert.match(knob.remark ?? '', /^Not live/);
    isAt(knob.source, markedAt('call'));
  },
};
