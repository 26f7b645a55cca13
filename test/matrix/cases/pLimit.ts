import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { halvesOf, isAt } from '../seen.js';

const common = {
  library: 'p-limit',
  program: 'pLimit.ts',
  formats: ['esm', 'cjs'],
} as const;

const check = (isLive: boolean): MatrixCase['check'] => {
  const peaks = isLive ? [2, 5] : [2, 2];
  return (seen, { result, markedAt }) => {
    assert.deepEqual(result, { done: 38, failed: 2, peaks });
    const executions = seen.executionsOf('read');
    assert.equal(executions.length, 40);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    if (isLive) assert.deepEqual(halvesOf(seen, executions).map(peakOf), peaks);
    else assert.equal(peakOf(executions), 2);
    const depths = seen.depthsOf('read queue');
    assert.equal(Math.max(...depths), 18);
    assert.equal(depths.at(-1), 0);

    const stage = seen.stage('read');
    assert.deepEqual([stage.stageKind, stage.parallelism], ['io', peaks[1]]);
    isAt(stage.source, markedAt('limit'));
    const knob = seen.knob('concurrency');
    assert.deepEqual([knob.stage, knob.min, knob.live], ['read', 1, isLive]);
    assert.equal(knob.remark?.startsWith('Not live') ?? false, !isLive);
    isAt(knob.source, markedAt('limit'));
  };
};

/** From version 4 on an ES module; its concurrency can be set from version 6 on. */
export const pLimitCases: readonly MatrixCase[] = [
  {
    ...common,
    versions: [
      { version: '6.2.0', folder: 'p-limit-6', packed: 'p-limit@6.2.0' },
      { version: '7.3.3', folder: 'p-limit' },
    ],
    live: { knob: 'concurrency', value: 5 },
    check: check(true),
  },
  {
    ...common,
    versions: [
      { version: '3.1.0', folder: 'p-limit-3' },
      { version: '4.0.0', folder: 'p-limit-4', packed: 'p-limit@4.0.0' },
      { version: '5.0.0', folder: 'p-limit-5', packed: 'p-limit@5.0.0' },
    ],
    check: check(false),
  },
];
