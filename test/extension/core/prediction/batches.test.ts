import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  batchCostOf,
  batchRuleOf,
  meanBatch,
} from '../../../../extension/core/prediction/batches.js';
import { knobOf, measured, pointOf, type Seen } from '../points.js';
import { near } from '../simulation/near.js';

/** A stage that takes 10 ms and 0.5 ms for each item. */
const infer = (sizes: readonly number[], seen: Seen = {}): ReturnType<typeof measured> =>
  measured('infer', { items: sizes, serviceMs: sizes.map((n) => 10 + 0.5 * n), ...seen });

describe('batchCostOf', () => {
  it('fits the fixed part and that of an item to three sizes', () => {
    const point = pointOf([infer([4, 8, 16])]);
    const cost = batchCostOf([point], infer([4]));
    assert.equal(cost?.by, 'fit');
    near(cost.fixedNs, 10e6, 0.01);
    near(cost.perItemNs, 0.5e6, 0.01);
  });

  it('draws a line through two, also of two settings', () => {
    const points = [pointOf([infer([4])]), pointOf([infer([16])])];
    const cost = batchCostOf(points, infer([16]));
    assert.equal(cost?.by, 'line');
    near(cost.fixedNs, 10e6, 0.01);
    near(cost.perItemNs, 0.5e6, 0.01);
  });

  it('counts service, not the wait for room within an execution', () => {
    const stage = infer([4, 8, 16]);
    const besideNs = stage.sampled.items.length;
    const held = {
      ...stage,
      sampled: {
        ...stage.sampled,
        durationNs: stage.sampled.durationNs.map((ns) => ns + 5e6),
        besideNs: new Float64Array(besideNs).fill(5e6),
      },
    };
    near(batchCostOf([pointOf([held])], held)?.fixedNs, 10e6, 0.01);
  });

  it('claims no negative part where a larger batch took less time', () => {
    const points = [
      pointOf([measured('infer', { items: 4, serviceMs: 12 })]),
      pointOf([measured('infer', { items: 8, serviceMs: 11 })]),
    ];
    const cost = batchCostOf(points, infer([8]));
    assert.equal(cost?.perItemNs, 0);
    assert.ok(cost.fixedNs > 0);
  });

  it('knows nothing from one size, or from sizes that came seldom', () => {
    assert.equal(batchCostOf([pointOf([infer([8])])], infer([8])), null);
    const seldom = infer([...new Array<number>(300).fill(8), 4], { executions: 600 });
    assert.equal(batchCostOf([pointOf([seldom])], seldom), null);
  });
});

describe('batchRuleOf', () => {
  const withKnob = { knobs: [knobOf('infer', 16, { kind: 'batchSize', name: 'batchSize' })] };

  it('takes one at a time where nobody says otherwise', () => {
    assert.equal(batchRuleOf(pointOf([infer([1])]), infer([1])), null);
  });

  it('takes what is there, up to the knob', () => {
    const stage = infer([3, 7, 16, 9]);
    assert.deepEqual(batchRuleOf(pointOf([stage], withKnob), stage), {
      min: 1,
      max: 16,
      lingerNs: null,
    });
    assert.equal(meanBatch(stage), 8.75);
  });

  it('waits for a full batch where all were full although there was time for less', () => {
    const stage = infer([16], { executions: 100 });
    assert.equal(batchRuleOf(pointOf([stage], withKnob), stage)?.min, 16);
  });

  it('does not where a busy stage never had the time', () => {
    const stage = infer([16], { executions: 555 });
    assert.equal(batchRuleOf(pointOf([stage], withKnob), stage)?.min, 1);
  });
});
