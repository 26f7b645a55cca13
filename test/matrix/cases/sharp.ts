import assert from 'node:assert/strict';
import { peakOf } from '../../agent/adapters/agentSession.js';
import type { MatrixCase } from '../matrix.js';
import { isAt } from '../seen.js';

export const sharpCase: MatrixCase = {
  library: 'sharp',
  program: 'sharp.ts',
  versions: [{ version: '0.35.5', folder: 'sharp' }],
  formats: ['esm', 'cjs'],
  env: { UV_THREADPOOL_SIZE: '2' },
  live: { knob: 'concurrency', value: 2 },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { done: 14, threads: 2 });
    const images = seen.executionsOf('sharp');
    assert.equal(images.length, 14);
    assert.equal(images.filter(({ isFailed }) => isFailed).length, 2);
    assert.equal(peakOf(images), 2);
    assert.equal(Math.max(...seen.depthsOf('sharp queue')), 5);
    assert.deepEqual([seen.stage('sharp').stageKind, seen.stage('sharp').parallelism], ['cpu', 2]);
    const knob = seen.knob('concurrency');
    assert.deepEqual([knob.stage, knob.min, knob.live], ['sharp', 1, true]);
    assert.match(knob.remark ?? '', /2 images at once: 2 x 2 = 4 threads/);
    isAt(knob.source, markedAt('concurrency'));
  },
};
