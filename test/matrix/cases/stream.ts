import assert from 'node:assert/strict';
import type { MatrixCase } from '../matrix.js';
import { isAt } from '../seen.js';

const QUEUE = 'store queue';

export const streamCase: MatrixCase = {
  library: 'node:stream',
  program: 'stream.ts',
  versions: [],
  formats: ['esm', 'cjs'],
  live: { knob: 'highWaterMark', value: 9 },
  check: (seen, { result, markedAt }) => {
    assert.deepEqual(result, { written: 80, peaks: [3, 9] });
    const stored = seen.executionsOf('store');
    assert.equal(stored.length, 80);
    const depths = seen.depthsOf(QUEUE);
    assert.equal(Math.max(...depths), 9);
    assert.equal(depths.at(-1), 0);
    const stage = seen.stage('store');
    assert.deepEqual([stage.stageKind, stage.parallelism], ['sink', 1]);
    isAt(stage.source, markedAt('store'));
    const capacities = seen
      .of('queue')
      .filter(({ name }) => name === QUEUE)
      .map(({ capacity }) => capacity);
    assert.deepEqual(capacities, [3, 9]);
    const knob = seen.knob('highWaterMark');
    assert.deepEqual([knob.queue, knob.min, knob.live], [QUEUE, 1, true]);

    const checked = seen.executionsOf('checker');
    assert.equal(checked.length, 8);
    assert.deepEqual(
      checked.map(({ isFailed }) => isFailed),
      [false, false, false, false, false, false, false, true],
    );
    isAt(seen.stage('checker').source, markedAt('checker'));
  },
};
