import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  MeasuredQueue,
  MeasuredStage,
} from '../../../../extension/core/measure/operatingPoint.js';
import {
  handOverNs,
  isSkewed,
  limitOf,
  residenceNs,
  workloadOf,
} from '../../../../extension/core/prediction/workloadOf.js';
import type { SimulatedStage } from '../../../../extension/core/simulation/workload.js';
import { measured, pointOf, queued, WINDOW_NS } from '../points.js';
import { near } from '../simulation/near.js';

const blocked = { busy: 0.2, starved: 0, blocked: 0.8, limited: 0, idle: 0 };
const read = measured('read', {}, { kind: 'source', shares: blocked });

/** The second stage of a workload, behind a source that always has more. */
function second(stage: MeasuredStage, queues: readonly MeasuredQueue[] = []): SimulatedStage {
  const point = pointOf([read, stage], { queues });
  const found = workloadOf(point, [point]).stages[1];
  assert.ok(found !== undefined);
  return found;
}

describe('room before a stage', () => {
  it('is that of all its queues together: an unbounded one holds what it is seen to hold', () => {
    const bounded = queued('read', 'work', { capacity: 8 });
    const own = queued('read', 'work', { name: 'pool', capacity: null, maxDepth: 3 });
    assert.equal(second(measured('work'), [bounded, own]).queueCapacity, 11);
  });

  it('is more than was ever held where nothing has a bound', () => {
    const own = queued('read', 'work', { capacity: null, maxDepth: 200 });
    assert.equal(second(measured('work'), [own]).queueCapacity, 400);
  });

  it('is none before a source that always has more: its items have waited nowhere', () => {
    const point = pointOf([read, measured('work')]);
    assert.equal(workloadOf(point, [point]).stages[0]?.queueCapacity, null);
  });
});

describe('a hot lane', () => {
  const shares = { busy: 0.4, starved: 0, blocked: 0, limited: 0, idle: 0.6 };
  const laneBusy = [0.95, 0.2, 0.25, 0.2];
  const hot = measured('work', { lanes: 4 }, { shares, laneBusy, laneItems: [700, 100, 100, 100] });
  const waiting = [queued('read', 'work')];

  it('gets its share of the items, however free the others are', () => {
    assert.ok(isSkewed(pointOf([read, hot], { queues: waiting }), hot));
    assert.deepEqual(second(hot, waiting).laneShares, [0.7, 0.1, 0.1, 0.1]);
  });

  it('is none where nothing waits, or all are as busy', () => {
    assert.equal(second(hot, [queued('read', 'work', { emptyShare: 1 })]).laneShares, null);
    const even = { ...hot, laneBusy: [0.4, 0.4, 0.4, 0.4] };
    assert.equal(second(even, waiting).laneShares, null);
  });
});

describe('time that is nobody’s service', () => {
  it('handing over: lanes stand free beside waiting items', () => {
    const shares = { busy: 0.8, starved: 0, blocked: 0, limited: 0, idle: 0.2 };
    const work = measured('work', { lanes: 2, executions: 1000 }, { shares });
    const point = pointOf([read, work], { queues: [queued('read', 'work')] });
    near(handOverNs(point, work), (0.2 * 2 * WINDOW_NS) / 1000, 1e-9);
    assert.equal(handOverNs(pointOf([read, work]), work), 0);
  });

  it('a stage that waits for others inside of it: only its own part is simulated', () => {
    const outer = measured('outer', { serviceMs: 10 });
    const inner = measured('inner', { serviceMs: 6 }, { inside: 'outer' });
    const point = pointOf([read, outer, inner]);
    const found = workloadOf(point, [point]).stages[1];
    near(found?.samples.cpuNs[0], 4e6, 1e-6);
    assert.equal(found?.heldUntil, 2);
  });

  it('waiting before a stage follows from how many stand there: W = L / X', () => {
    const work = measured('work', { serviceMs: 5 });
    const point = pointOf([read, work], { queues: [queued('read', 'work', { meanDepth: 20 })] });
    // 20 items before 100 a second wait for 200 ms.
    near(residenceNs(point, work), 205e6, 1e-9);
  });

  it('a limit: what gets through is what it lets through', () => {
    const shares = { busy: 0.4, starved: 0, blocked: 0, limited: 0.6, idle: 0 };
    assert.equal(limitOf(measured('call', { executions: 500 }, { shares })), 50);
    assert.equal(limitOf(measured('call', { executions: 500 })), null);
  });
});

describe('computing that nobody is named for', () => {
  it('is given to the stages on the loop that wait for it, and to no loop', () => {
    // 100 executions a second wait for 10 ms; the loop computes 0.1 cores, and 0.9 are computed elsewhere.
    const resize = measured('resize', { serviceMs: 10, lanes: 4, executions: 1000 }, { loop: 0 });
    const loops = [{ name: 'main', cpuShare: 0.1, utilization: 0.1 }];
    const point = pointOf([read, resize], { loops, cores: 8, cpuCores: 1 + 0.1 });
    const found = workloadOf(point, [point]).stages[1];
    assert.equal(found?.loop, null);
    near((found.samples.cpuNs[0] ?? 0) + (found.samples.waitNs[0] ?? 0), 10e6, 1e-6);
    assert.ok((found.samples.cpuNs[0] ?? 0) > 8e6);
  });
});
