import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  leversOf,
  stepsFrom,
  withSetting,
  type Lever,
} from '../../../../extension/core/prediction/levers.js';
import { workloadOf } from '../../../../extension/core/prediction/workloadOf.js';
import { knobOf, measured, pointOf, queued } from '../points.js';

const call = measured('call', { lanes: 4 }, { kind: 'io' });
const work = measured('work', { lanes: 2 }, { cpuShare: 1, coreWaitShare: 0 });

function lever(point: Parameters<typeof leversOf>[0], seen = [point]): Lever {
  const [only, ...others] = leversOf(point, seen);
  assert.ok(only !== undefined && others.length === 0);
  return only;
}

describe('leversOf', () => {
  it('speaks of twice the lanes that were seen of what waits, and no more', () => {
    const point = pointOf([call], { knobs: [knobOf('call', 4)] });
    assert.equal(lever(point).max, 8);
    const earlier = pointOf([call], { knobs: [knobOf('call', 10)] });
    assert.equal(lever(point, [earlier, point]).max, 20);
  });

  it('speaks of as many lanes of what computes as there are cores', () => {
    const point = pointOf([work], { knobs: [knobOf('work', 2)], cores: 16 });
    assert.equal(lever(point).max, 16);
  });

  it('never goes beyond the knob’s own ends', () => {
    const point = pointOf([call], { knobs: [knobOf('call', 4, { min: 3, max: 5 })] });
    const { min, max } = lever(point);
    assert.deepEqual([min, max], [3, 5]);
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 5 }), (value) => {
        for (const step of stepsFrom(lever(point), value)) {
          assert.ok(step >= 3 && step <= 5 && step !== value && Number.isInteger(step));
        }
      }),
    );
  });

  it('leaves alone what only bounds something else, what is unlimited, and what is nobody’s', () => {
    const knobs = [
      knobOf('call', 4, { name: 'minThreads' }),
      knobOf('call', 7, { id: '1:other' }),
      knobOf('call', null, { id: '1:none' }),
      knobOf('gone', 4, { id: '1:gone' }),
    ];
    assert.deepEqual(leversOf(pointOf([call], { knobs }), []), []);
  });
});

describe('withSetting', () => {
  const queueKnob = knobOf('', 8, {
    id: '1:q',
    kind: 'queueDepth',
    stage: null,
    queue: 'read>call',
  });
  const point = pointOf([measured('read'), call], {
    knobs: [knobOf('call', 4), queueKnob],
    queues: [queued('read', 'call')],
  });
  const levers = leversOf(point, [point]);
  const workload = workloadOf(point, [point]);

  it('turns what the knobs are about, and nothing else', () => {
    const turned = withSetting(workload, levers, [6, 16]);
    assert.equal(turned.stages[1]?.lanes, 6);
    assert.equal(turned.stages[1].queueCapacity, 16);
    assert.deepEqual(turned.stages[0], workload.stages[0]);
  });

  it('is the present for the present values', () => {
    assert.deepEqual(withSetting(workload, levers, [4, 8]), workload);
  });
});
