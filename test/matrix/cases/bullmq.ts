import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import { missingForRedis, startRedis } from '../../support/redis.js';
import type { MatrixCase } from '../matrix.js';
import { halvesOf, isAt } from '../seen.js';

export const bullmqCase: MatrixCase = {
  library: 'bullmq',
  program: 'bullmq.ts',
  versions: [{ version: '6.7.0', folder: 'bullmq' }],
  formats: ['esm', 'cjs'],
  live: { knob: 'concurrency', value: 4 },
  setUp: async () => {
    const missing = missingForRedis();
    if (missing !== undefined) throw new Error(missing);
    const redis = await startRedis();
    return { env: { REDIS_SOCKET: redis.socket }, tearDown: redis.stop };
  },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { done: 22, failed: 2, peaks: [2, 4] });
    const jobs = seen.executionsOf('paint');
    assert.equal(jobs.length, 24);
    assert.equal(jobs.filter(({ isFailed }) => isFailed).length, 2);
    assert.deepEqual(halvesOf(seen, jobs).map(peakOf), [2, 4]);
    const stage = seen.stage('paint');
    assert.deepEqual([stage.stageKind, stage.parallelism], ['io', 4]);
    isAt(stage.source, markedAt('worker'));
    const knob = seen.knob('concurrency');
    assert.deepEqual([knob.stage, knob.min, knob.live], ['paint', 1, true]);
    assert.match(knob.remark ?? '', /one event loop/);
    // Asked for with the first job, when at most one other was taken besides.
    assert.ok(Math.max(...seen.depthsOf('paint queue')) >= 10);
  },
};
