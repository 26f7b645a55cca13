/** Where items go after an execution: they split, merge, and hold lanes until they are through. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulate } from '../../../../extension/core/simulation/simulation.js';
import type {
  SimulatedStageResult,
  SimulationOptions,
  SimulationResult,
  Workload,
} from '../../../../extension/core/simulation/workload.js';
import { near } from './near.js';
import { MS, saturated, stage, workload } from './workloads.js';

function run(of: Workload, options: Partial<SimulationOptions> = {}): SimulationResult {
  const result = simulate(of, { items: 5000, warmUpItems: 500, seed: 3, ...options });
  assert.equal(result.ended, 'complete');
  return result;
}

function perSec(of: Workload, options: Partial<SimulationOptions> = {}): number {
  return run(of, options).throughputPerSec;
}

function stageOf(result: SimulationResult, at: number): SimulatedStageResult {
  const found = result.stages[at];
  assert.ok(found !== undefined);
  return found;
}

describe('flows', () => {
  it('make one of ten when the tenth is through', () => {
    const of = workload([
      stage('read', { waitMs: 1, to: { write: 0.1 } }),
      stage('write', { waitMs: 2 }),
    ]);
    const result = run(of, { items: 1000, warmUpItems: 0, sourceEnds: true });
    assert.deepEqual([result.items, stageOf(result, 1).executions], [1000, 100]);
    // The first of ten waits for nine more, and all of them for the write.
    near(result.latencyNs.mean, (1 + 4.5 + 2) * MS, 1e-3);
  });

  it('make two and three of one in turn, and an item has left when its last part has', () => {
    const of = workload(
      [stage('split', { waitMs: 1, to: { send: 2.5 } }), stage('send', { waitMs: 10 })],
      { arrivals: saturated(1) },
    );
    const result = run(of, { items: 1000, warmUpItems: 0, sourceEnds: true });
    assert.equal(stageOf(result, 1).executions, 2500);
    near(result.latencyNs.mean, 26 * MS, 1e-9);
  });

  it('flush what is left to be merged when nothing more comes', () => {
    const of = workload([
      stage('read', { waitMs: 1, to: { join: 0.25 } }),
      stage('join', { waitMs: 1, to: { out: 0.5 } }),
      stage('out', { waitMs: 1 }),
    ]);
    const result = run(of, { items: 11, warmUpItems: 0, sourceEnds: true });
    const executions = result.stages.map((one) => one.executions);
    assert.deepEqual([result.items, ...executions], [11, 11, 3, 2]);
  });

  it('bring an item that went two ways to the same stage twice', () => {
    const of = workload([
      stage('split', { waitMs: 1, to: ['left', 'right'] }),
      stage('left', { waitMs: 1, to: ['join'] }),
      stage('right', { waitMs: 1, to: ['join'] }),
      stage('join', { waitMs: 1 }),
    ]);
    const result = run(of, { items: 100, warmUpItems: 0, sourceEnds: true });
    assert.deepEqual([result.items, stageOf(result, 3).executions], [100, 200]);
  });
});

describe('a stage inside of another', () => {
  const of = (heldUntil: number | null, innerLanes: number): Workload =>
    workload([
      stage('handle', { lanes: 4, waitMs: 10, heldUntil }),
      stage('query', { lanes: innerLanes, waitMs: 30 }),
      stage('send', { lanes: 10, waitMs: 50 }),
    ]);

  it('holds the lane until the item has come out', () => {
    near(perSec(of(1, 8)), 4 / 0.04, 1e-2);
    near(perSec(of(2, 8)), 4 / 0.09, 1e-2);
    const result = run(of(1, 8));
    near(stageOf(result, 0).busyShare, 1, 1e-3);
    near(result.latencyNs.mean, 90 * MS, 0.01);
  });

  it('is held up by the queue in between', () => {
    near(perSec(of(1, 2)), 2 / 0.03, 1e-2);
    near(run(of(1, 2)).latencyNs.mean, (60 + 50) * MS, 0.01);
  });

  it('may hold another one inside', () => {
    const nested = workload([
      stage('outer', { lanes: 3, waitMs: 10, heldUntil: 2 }),
      stage('middle', { lanes: 2, waitMs: 10, heldUntil: 2 }),
      stage('inner', { lanes: 5, waitMs: 10, to: ['after'] }),
      stage('after', { lanes: 50, waitMs: 100 }),
    ]);
    near(perSec(nested), 2 / 0.02, 1e-2);
  });

  it('may hold another one for longer than the one inside', () => {
    const nested = workload([
      stage('outer', { lanes: 3, waitMs: 10, heldUntil: 3 }),
      stage('middle', { lanes: 3, waitMs: 10, heldUntil: 2 }),
      stage('inner', { lanes: 3, waitMs: 10 }),
      stage('late', { lanes: 5, waitMs: 30, to: ['after'] }),
      stage('after', { lanes: 50, waitMs: 100 }),
    ]);
    const result = run(nested);
    near(result.throughputPerSec, 3 / 0.06, 1e-2);
    near(stageOf(result, 1).busyShare, 20 / 60, 1e-2);
  });

  it('lets the lane go when all parts have come out', () => {
    const parts = workload([
      stage('outer', { waitMs: 10, heldUntil: 1, to: { inner: 3 } }),
      stage('inner', { waitMs: 10, to: ['after'] }),
      stage('after', { lanes: 50, waitMs: 100 }),
    ]);
    near(perSec(parts), 25, 1e-2);
  });
});
