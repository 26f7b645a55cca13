import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { restartTrial, type RestartTrial } from '../../../extension/cli/restartTrial.js';
import { blockOrder } from '../../../extension/core/trials/blockOrder.js';
import { Random } from '../../../extension/core/statistics/random.js';
import { pipelineOf } from '../host/fakes.js';
import { fakeTune, knobOf, type FakeTune, type Setting } from './fakeTune.js';

const knob = knobOf('a', 2);
const trial: RestartTrial = {
  ...{ pipeline: 'second', why: 'a step up', present: [], moves: [{ knob, to: 4 }] },
  ...{ seed: seedOf('b'), formerPs: [] },
};

/** A seed with which this side runs first. */
function seedOf(side: 'a' | 'b'): number {
  for (let seed = 1; ; seed++) if (blockOrder(4, new Random(seed))[0] === side) return seed;
}

describe('a trial by whole runs', () => {
  let tune: FakeTune | undefined;
  afterEach(async () => {
    await tune?.dispose();
  });

  it('judges the pipeline that is tuned, which need not be the first', async () => {
    const pipelines = (setting: Setting) => [
      pipelineOf({ name: 'first', throughputPerSec: 1, knobs: [] }),
      pipelineOf({
        name: 'second',
        throughputPerSec: 7,
        knobs: [knobOf('a', setting['a'] ?? null)],
      }),
    ];
    tune = await fakeTune(['--', process.execPath, '-e', '0'], { knobs: { a: 2 }, pipelines });
    const outcome = await restartTrial(tune.parts, trial, () => false);
    assert.ok(outcome.ok, outcome.ok ? '' : outcome.error);
    const rates = outcome.value.record.blocks.map(({ figures }) => figures.throughputPerSec);
    assert.deepEqual(new Set(rates), new Set([7]));
  });

  it('is no trial when it is stopped while the candidate runs', async () => {
    let isStopped = false;
    tune = await fakeTune(['--', process.execPath, '-e', 'process.exit(130)'], {
      knobs: { a: 2 },
      onRun: () => (isStopped = true),
    });
    const outcome = await restartTrial(tune.parts, trial, () => isStopped);
    assert.ok(!outcome.ok);
    assert.equal(outcome.error, 'it was stopped');
  });
});
