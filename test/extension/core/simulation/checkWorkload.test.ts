import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkWorkload } from '../../../../extension/core/simulation/checkWorkload.js';
import type { SimulatedStage, Workload } from '../../../../extension/core/simulation/workload.js';
import { closed, saturated, stage, workload } from './workloads.js';

const good = workload([stage('read', { waitMs: 1 }), stage('work', { cpuMs: 2, lanes: 2 })]);

/** The workload with another second stage. */
function changed(change: Partial<SimulatedStage>): Workload {
  return { ...good, stages: good.stages.map((own, i) => (i === 1 ? { ...own, ...change } : own)) };
}

function complaint(of: Workload): string {
  const checked = checkWorkload(of);
  return checked.ok ? 'nothing' : checked.error;
}

describe('what is wrong with a workload', () => {
  it('is nothing as a rule', () => {
    assert.equal(complaint(good), 'nothing');
    assert.equal(complaint(changed({ lanes: Infinity, queueCapacity: 0 })), 'nothing');
  });

  const batchCost = { fixedNs: 0, perItemNs: 1, sampledItems: 0 };
  const of = (...values: number[]): Float64Array => Float64Array.from(values);
  const cases: readonly (readonly [Partial<SimulatedStage>, RegExp])[] = [
    [{ lanes: 0 }, /stage 1 \(work\): lanes must be 1 or more/],
    [{ lanes: 1.5 }, /lanes must be/],
    [{ lanes: NaN }, /lanes must be/],
    [{ queueCapacity: -1 }, /queue capacity/],
    [{ queueCapacity: Infinity }, /queue capacity/],
    [{ batch: { min: 0, max: 4, lingerNs: null } }, /batch must have 1 item/],
    [{ batch: { min: 5, max: 4, lingerNs: null } }, /largest batch is too small/],
    [{ batch: { min: 1, max: 4, lingerNs: -1 } }, /linger/],
    [{ batchCost }, /cost of the batches that were measured/],
    [{ batchCost: { ...batchCost, fixedNs: -1 } }, /costs must not be negative/],
    [{ samples: { cpuNs: of(), waitNs: of() } }, /no samples/],
    [{ samples: { cpuNs: of(1), waitNs: of() } }, /not as many/],
    [{ samples: { cpuNs: of(1, NaN), waitNs: of(1, 1) } }, /finite and not negative/],
    [{ samples: { cpuNs: of(1), waitNs: of(-1) } }, /finite and not negative/],
    [{ loop: 0 }, /no such event loop/],
    [{ ratePerSec: 0 }, /rate must be more than 0/],
    [{ contention: { alpha: -1, beta: 0, sampledAt: 1 } }, /contention/],
    [{ contention: { alpha: 1, beta: 0, sampledAt: 0 } }, /contention/],
    [{ laneShares: [1] }, /as many lane shares as lanes/],
    [{ laneShares: [1, -1] }, /lane shares must be 0 or more/],
    [{ laneShares: [0, 0] }, /all lane shares are 0/],
    [{ heldUntil: 1 }, /held only until a later stage/],
    [{ next: [{ to: 0, itemsPerItem: 1 }] }, /only go to a later stage/],
    [{ next: [{ to: 2, itemsPerItem: 1 }] }, /only go to a later stage/],
  ];
  for (const [change, message] of cases) {
    it(`is found: ${message.source}, ${Object.keys(change).join(' ')}`, () => {
      assert.match(complaint(changed(change)), message);
    });
  }

  it('is found in what is around the stages', () => {
    assert.match(complaint({ ...good, stages: [] }), /no stage/);
    assert.match(complaint({ ...good, cores: 0 }), /cores/);
    assert.match(complaint({ ...good, loops: -1 }), /event loops/);
    assert.match(complaint({ ...good, arrivals: saturated(0) }), /in flight/);
    assert.match(complaint({ ...good, arrivals: closed(0, 1) }), /customers/);
    assert.match(complaint({ ...good, arrivals: closed(1, NaN) }), /think/);
    const gaps = (...ns: number[]): Workload => ({
      ...good,
      arrivals: { kind: 'open', gapsNs: of(...ns) },
    });
    assert.match(complaint(gaps()), /no gaps/);
    assert.match(complaint(gaps(1, -1)), /gaps must be/);
    assert.match(complaint(gaps(0, 0)), /all gaps/);
    const none = workload([stage('read', { waitMs: 1, to: { work: 0 } }), stage('work')]);
    assert.match(complaint(none), /stage 0 \(read\): items per item/);
  });

  it('is that it would never end', () => {
    const endless = workload([stage('s', { lanes: Infinity, waitMs: 1 })]);
    assert.match(complaint(endless), /needs a limit/);
    assert.equal(complaint({ ...endless, arrivals: saturated(5) }), 'nothing');
    assert.match(complaint(workload([stage('s')])), /nothing takes any time/);
  });
});
