import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  amdahlHeadroom,
  bubbleShare,
  fixedPipeline,
  kneeInFlight,
  littleError,
  microBatchEfficiency,
  serviceDemandNs,
  stageRate,
  throughputBound,
  utilization,
  type SystemDemands,
} from '../../../../extension/core/laws/operational.js';

const MS = 1e6;

describe('operational laws', () => {
  /** 4, 2 and 2 workers of 10, 20 and 8 ms: at most 400, 100 and 250 a second. */
  const system: SystemDemands = {
    stages: [
      { demandNs: 10 * MS, servers: 4, cpuDemandNs: 10 * MS },
      { demandNs: 20 * MS, servers: 2 },
      { demandNs: 8 * MS, servers: 2, cpuDemandNs: 8 * MS },
    ],
    cores: null,
    inFlight: null,
    thinkNs: 0,
  };

  it('give the figures of one stage', () => {
    assert.equal(utilization({ busyNs: 3e9, servers: 2, windowNs: 3e9 }), 0.5);
    assert.equal(utilization({ busyNs: 0, servers: 2, windowNs: 0 }), 0);
    assert.equal(stageRate(0.1, 250), 25);
    assert.equal(serviceDemandNs(3, 5), 15);
  });

  it("check measurements by Little's law", () => {
    const measured = { meanDepth: 5, ratePerSec: 100, meanWaitNs: 50 * MS };
    assert.equal(littleError(measured), 0);
    assert.ok(Math.abs(littleError({ ...measured, meanDepth: 6 }) - 0.2) < 1e-12);
    assert.equal(littleError({ meanDepth: 0, ratePerSec: 0, meanWaitNs: 0 }), 0);
    assert.equal(littleError({ meanDepth: 1, ratePerSec: 0, meanWaitNs: 0 }), Infinity);
  });

  it('bound the throughput by the slowest stage, the cores, or the items in flight', () => {
    assert.deepEqual(throughputBound(system), { perSec: 100, by: 1 });
    const cores = { cpuDemandNs: 18 * MS, cores: 1 };
    assert.deepEqual(throughputBound({ ...system, cores }), {
      perSec: 1e9 / (18 * MS),
      by: 'cores',
    });
    const closed = throughputBound({ ...system, inFlight: 2, thinkNs: 2 * MS });
    assert.deepEqual(closed, { perSec: 50, by: 'inFlight' });
    assert.deepEqual(throughputBound({ ...system, stages: [] }), { perSec: Infinity, by: null });
  });

  it('tell how many items in flight are enough', () => {
    assert.ok(Math.abs(kneeInFlight(system) - 3.8) < 1e-12);
    assert.ok(Math.abs(kneeInFlight({ ...system, thinkNs: 62 * MS }) - 10) < 1e-12);
  });

  it('tell what one stage holds back', () => {
    assert.equal(amdahlHeadroom(system, 1), 1.5);
    assert.equal(amdahlHeadroom(system, 0), 0);
    const bound = { ...system, cores: { cpuDemandNs: 18 * MS, cores: 1 } };
    // Without the 10 ms the core does 125 a second, but the second stage no more than 100.
    assert.ok(Math.abs(amdahlHeadroom(bound, 0) - 0.8) < 1e-12);
    assert.equal(amdahlHeadroom({ ...system, stages: [{ demandNs: 1, servers: 1 }] }, 0), Infinity);
  });

  it('time pipelines of fixed stages', () => {
    assert.deepEqual(fixedPipeline([4e9, 3e9, 5e9]), { periodNs: 5e9, latencyNs: 12e9 });
    assert.equal(microBatchEfficiency(4, 4), 4 / 7);
    assert.ok(Math.abs(bubbleShare(4, 4) - 3 / 7) < 1e-12);
    assert.equal(microBatchEfficiency(1, 3), 1);
  });
});
