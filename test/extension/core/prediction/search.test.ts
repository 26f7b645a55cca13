import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generatorJob, runJob } from '../../../../extension/core/job.js';
import type { OperatingPoint } from '../../../../extension/core/measure/operatingPoint.js';
import { PipelineModel } from '../../../../extension/core/prediction/model.js';
import {
  bestSetting,
  maximumThroughput,
  type Objective,
} from '../../../../extension/core/prediction/search.js';
import { knobOf, measured, pointOf, queued, type Seen } from '../points.js';

/** Counts the simulations that a search asks for; settings that were simulated before cost nothing. */
function searched(
  point: OperatingPoint,
  objective: Objective = maximumThroughput,
): { readonly setting: readonly number[]; readonly simulations: number } {
  return runJob(
    generatorJob(
      (function* () {
        const model = yield* PipelineModel.of(point, [point]);
        const asked = new Set<string>();
        const evaluate = model.evaluate.bind(model);
        model.evaluate = function* (setting) {
          asked.add(setting.join());
          return yield* evaluate(setting);
        };
        const setting = yield* bestSetting(model, objective);
        return { setting, simulations: asked.size };
      })(),
    ),
  );
}

/** Stages behind a fast source, each with a knob for its lanes and one for the queue before it. */
function pipeline(
  stages: readonly (Seen & { readonly lanes: number; readonly max?: number })[],
): OperatingPoint {
  const slowest = Math.min(...stages.map(({ lanes, serviceMs }) => lanes / Number(serviceMs)));
  const executions = Math.round(slowest * 10_000);
  const read = measured(
    'read',
    { serviceMs: 0.1, executions },
    {
      kind: 'source',
      shares: { busy: 0.1, starved: 0, blocked: 0.9, limited: 0, idle: 0 },
    },
  );
  const others = stages.map((seen, i) =>
    measured(`s${i}`, { ...seen, executions }, { kind: 'io', cpuShare: 0.01, coreWaitShare: 0 }),
  );
  const names = ['read', ...others.map(({ name }) => name)];
  const queues = others.map(({ name }, i) => queued(names[i] ?? null, name));
  const knobs = [
    ...others.map(({ name, parallelism }, i) =>
      knobOf(name, parallelism ?? 1, { max: stages[i]?.max ?? null }),
    ),
    ...queues.map(({ name, capacity }) =>
      knobOf('', capacity ?? 1, {
        id: name,
        name: 'capacity',
        kind: 'queueDepth',
        stage: null,
        queue: name,
        max: 64,
      }),
    ),
  ];
  return pointOf([read, ...others], { knobs, queues, cores: 64 });
}

describe('bestSetting', () => {
  it('gives lanes to the slow stage, and only as many as help', () => {
    const { setting } = searched(
      pipeline([
        { lanes: 4, serviceMs: 20 },
        { lanes: 4, serviceMs: 14 },
      ]),
    );
    // Behind 4 / 14 ms nothing is gained: 6 lanes of 20 ms do 4.2 / 14 ms. Both together may have up to 8.
    assert.equal(setting[0], 8);
    assert.ok((setting[1] ?? 0) >= 5 && (setting[1] ?? 0) <= 7, JSON.stringify(setting));
    assert.deepEqual(setting.slice(2), [8, 8]);
  });

  it('leaves a balanced pipeline, in which nothing is gained alone, only with all of its stages', () => {
    const { setting } = searched(
      pipeline([
        { lanes: 2, serviceMs: 10 },
        { lanes: 2, serviceMs: 10 },
        { lanes: 2, serviceMs: 10 },
      ]),
    );
    assert.deepEqual(setting.slice(0, 3), [4, 4, 4]);
  });

  it('takes back what a step of all together gave too much', () => {
    const { setting } = searched(
      pipeline([
        { lanes: 4, serviceMs: 20 },
        { lanes: 4, serviceMs: 20, max: 7 },
        { lanes: 4, serviceMs: 20 },
      ]),
    );
    assert.deepEqual(setting.slice(0, 3), [7, 7, 7]);
  });

  it('finds as few lanes as keep up with a target', () => {
    const point = pipeline([
      { lanes: 8, serviceMs: 20 },
      { lanes: 8, serviceMs: 10 },
    ]);
    const { setting } = searched(point, { aim: 'cost', targetRatePerSec: 190 });
    assert.deepEqual(setting.slice(0, 2), [4, 2]);
  });

  it('keeps to a limit on latency', () => {
    const point = pipeline([{ lanes: 4, serviceMs: 20 }]);
    const open = searched(point).setting;
    const limited = searched(point, { aim: 'throughput', maxLatencyP95Ns: 1 }).setting;
    assert.ok((open[0] ?? 0) > 4);
    assert.deepEqual(limited, [4, 8]);
  });

  it('needs no more simulations for six stages with twelve knobs than it can be left with', () => {
    const { simulations } = searched(
      pipeline(
        Array.from({ length: 6 }, (_, i) => ({ lanes: 2 + (i % 3), serviceMs: 10 + 3 * i })),
      ),
    );
    // 171 as it is. Without an end it would be all values of all knobs: billions.
    assert.ok(simulations <= 250, `${simulations} simulations`);
  });
});
