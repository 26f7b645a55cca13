import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generatorJob, runJob } from '../../../../extension/core/job.js';
import { PipelineModel } from '../../../../extension/core/prediction/model.js';
import { bestSetting, maximumThroughput } from '../../../../extension/core/prediction/search.js';
import { knobOf, measured, pointOf, queued } from '../points.js';

interface Loading {
  readonly cores: number;
  /** Of the time of a batch, what is computed. */
  readonly cpuShare: number;
  readonly knob?: string;
  readonly workers?: number;
}

/** A loader whose batches take 10 ms, and a step of 2 ms; the best setting of its knobs. */
function best({
  cores,
  cpuShare,
  knob = 'prefetch_factor',
  workers = 1,
}: Loading): readonly number[] {
  const own = { cpuShare, coreWaitShare: 0 };
  const fetch = measured(
    'fetch',
    { serviceMs: 10, lanes: workers, executions: 1000 * workers },
    own,
  );
  const step = measured(
    'step',
    { serviceMs: 2, executions: 1000 * workers },
    { cpuShare: 1, coreWaitShare: 0 },
  );
  const queue = queued('fetch', 'step', { capacity: 2 * workers, emptyShare: 0.8, meanDepth: 0.2 });
  const depth = knobOf('', 2, {
    ...{ kind: 'queueDepth', id: '1:q', name: knob, stage: null, queue: queue.name },
  });
  const point = pointOf([fetch, step], {
    knobs: [knobOf('fetch', workers), depth],
    queues: [queue],
    cores,
  });
  return runJob(
    generatorJob(
      (function* () {
        return yield* bestSetting(yield* PipelineModel.of(point, [point]), maximumThroughput);
      })(),
    ),
  );
}

describe('batches in hand for each worker', () => {
  it('are more where the workers that are added use up the cores', () => {
    assert.deepEqual(best({ cores: 2, cpuShare: 1 }), [2, 4]);
  });

  it('are as they were where there are cores to spare', () => {
    const [workers, depth] = best({ cores: 32, cpuShare: 1 });
    assert.ok((workers ?? 0) >= 4 && (workers ?? 0) <= 6, `${workers} workers`);
    assert.equal(depth, 2);
  });

  it('are as they were where no worker is added', () => {
    assert.deepEqual(best({ cores: 2, cpuShare: 1, workers: 2 }), [2, 2]);
  });

  it('are torch’s: another queue gets the depth that the simulation has a use for', () => {
    assert.deepEqual(best({ cores: 2, cpuShare: 1, knob: 'highWaterMark' }), [2, 2]);
  });
});
