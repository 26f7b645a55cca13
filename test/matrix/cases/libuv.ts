import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';

const STAGE = 'libuv pool';

export const libuvCase: MatrixCase = {
  library: 'libuv',
  program: 'libuv.ts',
  versions: [],
  formats: ['esm', 'cjs'],
  env: { UV_THREADPOOL_SIZE: '2' },
  check: (seen, { result }) => {
    assert.deepEqual(result, { keys: [1, 1] });
    const executions = seen.executionsOf(STAGE);
    assert.equal(executions.length, 12);
    assert.equal(peakOf(executions), 2);
    assert.equal(seen.stage(STAGE).parallelism, 2);
    assert.equal(Math.max(...seen.depthsOf(`${STAGE} queue`)), 4);
    assert.equal(seen.depthsOf(`${STAGE} queue`).at(-1), 0);
    const knob = seen.knob('UV_THREADPOOL_SIZE');
    assert.deepEqual([knob.value, knob.min, knob.max, knob.live], [2, 1, 1024, false]);
    assert.match(knob.remark ?? '', /^Not live/);
  },
};
