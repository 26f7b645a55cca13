import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { meanServiceNs } from '../../../../extension/core/measure/operatingPoint.js';
import {
  isSynchronous,
  meanSplit,
  splitSamples,
} from '../../../../extension/core/prediction/serviceSplit.js';
import { measured, pointOf, WINDOW_NS } from '../points.js';
import { near } from '../simulation/near.js';

const sum = (values: Iterable<number>): number => {
  let all = 0;
  for (const value of values) all += value;
  return all;
};

describe('meanSplit of threads', () => {
  it('divides by what the system measured', () => {
    const stage = measured('work', { serviceMs: 10 }, { cpuShare: 0.3, coreWaitShare: 0.2 });
    const { cpuNs, waitNs } = meanSplit(pointOf([stage]), stage);
    near(cpuNs, 3e6, 1e-9);
    near(waitNs, 5e6, 1e-9);
  });

  it('takes the kind for it where nothing was measured', () => {
    const compute = measured('work', { serviceMs: 10 });
    const call = measured('call', { serviceMs: 10 }, { kind: 'io' });
    const point = pointOf([compute, call]);
    assert.deepEqual(meanSplit(point, compute), { cpuNs: 10e6, waitNs: 0 });
    assert.deepEqual(meanSplit(point, call), { cpuNs: 0, waitNs: 10e6 });
  });

  it('on a full machine what is not computing waits for a core', () => {
    const stage = measured('work', { serviceMs: 10 }, { cpuShare: 0.5 });
    const full = pointOf([stage], { cores: 4, cpuCores: 3.9 });
    assert.deepEqual(meanSplit(full, stage), { cpuNs: 5e6, waitNs: 0 });
    const free = pointOf([stage], { cores: 4, cpuCores: 1 });
    assert.deepEqual(meanSplit(free, stage), { cpuNs: 5e6, waitNs: 5e6 });
  });
});

describe('meanSplit on an event loop', () => {
  it('adds up to the time that the loop computed', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            ms: fc.double({ min: 1, max: 50, noNaN: true }),
            n: fc.integer({ min: 1, max: 2000 }),
          }),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (parts, share) => {
          const stages = parts.map(({ ms, n }, i) =>
            measured(`s${i}`, { serviceMs: ms, executions: n, lanes: 8 }, { kind: 'io', loop: 0 }),
          );
          const loops = [{ name: 'main', cpuShare: share, utilization: null }];
          const point = pointOf(stages, { loops });
          const cpu = sum(stages.map((s) => meanSplit(point, s).cpuNs * s.executions));
          const all = sum(stages.map((s) => meanServiceNs(s) * s.executions));
          // No more than the executions lasted can be told apart.
          const expected = Math.min(share * WINDOW_NS, all);
          assert.ok(Math.abs(cpu - expected) <= 1e-6 * expected + 1, `${cpu}, not ${expected}`);
          for (const s of stages) {
            const { cpuNs, waitNs } = meanSplit(point, s);
            assert.ok(cpuNs >= 0 && waitNs >= 0);
            near(cpuNs + waitNs, meanServiceNs(s), 1e-9);
          }
        },
      ),
    );
  });

  it('gives those that compute without a break all of their time first', () => {
    const parse = measured('parse', { serviceMs: 2, executions: 1000 }, { loop: 0 });
    const fetch = measured(
      'fetch',
      { serviceMs: 40, executions: 1000, lanes: 8 },
      { kind: 'io', loop: 0 },
    );
    const loops = [{ name: 'main', cpuShare: 0.5, utilization: null }];
    const point = pointOf([parse, fetch], { loops });
    assert.ok(isSynchronous(parse) && !isSynchronous(fetch));
    assert.equal(meanSplit(point, parse).cpuNs, 2e6);
    near(meanSplit(point, fetch).cpuNs, 3e6, 1e-9);
  });
});

describe('splitSamples', () => {
  it('keeps each execution’s time, and adds a hand-over to each', () => {
    const stage = measured('work', { serviceMs: [5, 15, 40], executions: 999 });
    const { cpuNs, waitNs } = splitSamples(
      stage,
      { cpuNs: 5e6, waitNs: 15e6 },
      { extraWaitNs: 1e6 },
    );
    for (const [i, ms] of [5, 15, 40].entries()) {
      near((cpuNs[i] ?? 0) + (waitNs[i] ?? 0), ms * 1e6 + 1e6, 1e-9);
    }
    near(sum(cpuNs) / sum(waitNs.map((ns) => ns - 1e6)), 1 / 3, 0.01);
  });

  it('leaves out what is not the stage’s own', () => {
    const stage = measured('work', { serviceMs: 10, executions: 10 });
    const besideNs = new Float64Array(10).fill(4e6);
    const held = { ...stage, sampled: { ...stage.sampled, besideNs } };
    const split = meanSplit(pointOf([held]), held);
    assert.ok(splitSamples(held, split).cpuNs.every((ns) => Math.abs(ns - 6e6) < 1));
  });
});
