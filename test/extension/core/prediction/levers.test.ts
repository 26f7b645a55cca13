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

describe('a queue of batches that has a depth for each worker', () => {
  const fetch = measured('fetch', { lanes: 2, items: 16 }, { cpuShare: 1, coreWaitShare: 0 });
  const step = measured('step', { items: 16 });
  const prefetch = queued('fetch', 'step', { itemsPerEntry: 16, capacity: 64, maxDepth: 64 });
  const depth = knobOf('', 2, {
    ...{ kind: 'queueDepth', id: '1:q', name: 'prefetch_factor' },
    ...{ stage: null, queue: prefetch.name },
  });
  const knobs = [knobOf('fetch', 2), depth];
  const point = pointOf([fetch, step], { knobs, queues: [prefetch], cores: 8 });
  const levers = leversOf(point, [point]);
  const workload = workloadOf(point, [point]);
  const roomAt = (workers: number, factor: number): number | null | undefined =>
    withSetting(workload, levers, [workers, factor]).stages[1]?.queueCapacity;

  it('has room for items, that grows with both knobs', () => {
    assert.deepEqual(
      levers.map(({ kind, value }) => [kind, value]),
      [
        ['lanes', 2],
        ['queue', 2],
      ],
    );
    assert.deepEqual([roomAt(2, 2), roomAt(2, 3), roomAt(2, 1)], [64, 96, 32]);
    assert.deepEqual([roomAt(4, 2), roomAt(4, 1), roomAt(1, 4)], [128, 64, 64]);
  });

  it('is nobody’s knob whose value has nothing to do with its capacity', () => {
    const other = { ...prefetch, capacity: 48 };
    const without = pointOf([fetch, step], { knobs, queues: [other], cores: 8 });
    assert.deepEqual(
      leversOf(without, [without]).map(({ kind }) => kind),
      ['lanes'],
    );
  });
});

describe('a stage without workers', () => {
  const loops = [{ name: 'main', utilization: null, cpuShare: 1 }];
  const fetch = measured('fetch', {}, { loop: 0 });
  const step = measured('step', {}, { loop: 0 });
  const knobs = [knobOf('fetch', 0, { name: 'num_workers', min: 0 })];

  it('gets threads of its own from one worker on, as many as there are cores', () => {
    const point = pointOf([fetch, step], { knobs, cores: 4, loops });
    const found = lever(point);
    assert.deepEqual([found.value, found.min, found.max], [0, 0, 4]);
    const workload = workloadOf(point, [point]);
    assert.deepEqual(withSetting(workload, [found], [0]), workload);
    const [apart, same] = withSetting(workload, [found], [3]).stages;
    assert.deepEqual([apart?.loop, apart?.lanes, same?.loop], [null, 3, 0]);
    assert.deepEqual(stepsFrom(found, 0), [1]);
  });

  it('is none when it has a thread of its own already, or runs several at once', () => {
    for (const other of [measured('fetch'), measured('fetch', { lanes: 2 }, { loop: 0 })]) {
      assert.deepEqual(leversOf(pointOf([other, step], { knobs, cores: 4, loops }), []), []);
    }
  });
});
