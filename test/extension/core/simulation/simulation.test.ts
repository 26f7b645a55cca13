import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulate, simulation } from '../../../../extension/core/simulation/simulation.js';
import type {
  SimulatedStageResult,
  SimulationOptions,
  SimulationResult,
  Workload,
} from '../../../../extension/core/simulation/workload.js';
import { near } from './near.js';
import {
  closed,
  every,
  exponentialCpu,
  exponentialWait,
  MS,
  poisson,
  saturated,
  stage,
  workload,
} from './workloads.js';

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

describe('cores', () => {
  const decode = (lanes: number, cores: number | null): Workload =>
    workload([stage('decode', { lanes, cpuMs: 10 })], { cores });

  it('give 4 lanes that compute the rate of 2 when there are 2', () => {
    near(perSec(decode(4, 2)), 200, 1e-3);
    near(perSec(decode(4, null)), 400, 1e-3);
    near(perSec(decode(4, 8)), 400, 1e-3);
    near(perSec(decode(3, 1.5)), 150, 1e-3);
  });

  it('are shared between stages', () => {
    const of = workload(
      [stage('a', { lanes: 4, cpuMs: 10 }), stage('b', { lanes: 4, queueCapacity: 4, cpuMs: 30 })],
      { cores: 2 },
    );
    near(perSec(of), 2000 / 40, 0.01);
  });

  it('are not needed by who waits', () => {
    const of = workload([stage('fetch', { lanes: 8, cpuMs: 1, waitMs: 19 })], { cores: 8 });
    near(perSec(of), 400, 1e-3);
  });
});

describe('an event loop', () => {
  it('gives the rate of 1 whatever the lanes and cores', () => {
    for (const lanes of [1, 2, 50]) {
      for (const cores of [null, 8]) {
        const of = workload([stage('parse', { lanes, cpuMs: 4, loop: 0 })], { cores, loops: 1 });
        near(perSec(of), 250, 1e-3);
      }
    }
  });

  it('lets what waits wait side by side', () => {
    const of = workload([stage('fetch', { lanes: 10, cpuMs: 1, waitMs: 49, loop: 0 })], {
      loops: 1,
    });
    near(perSec(of), 200, 0.01);
  });

  it('is shared between stages, and two are twice as much', () => {
    const of = (loops: number): Workload =>
      workload(
        [
          stage('a', { lanes: 2, cpuMs: 4, loop: 0 }),
          stage('b', { lanes: 2, queueCapacity: 8, cpuMs: 4, loop: loops - 1 }),
        ],
        { loops },
      );
    near(perSec(of(1)), 125, 0.01);
    near(perSec(of(2)), 250, 0.01);
  });
});

describe('a rate limit', () => {
  it('caps, and is no cap where there is not so much to do', () => {
    const of = (ratePerSec: number): Workload =>
      workload([stage('call', { lanes: 20, waitMs: 100, ratePerSec })]);
    near(perSec(of(50)), 50, 1e-3);
    near(perSec(of(1000)), 200, 1e-3);
  });

  it('lets a batch begin when there is room for its items', () => {
    near(
      perSec(workload([stage('call', { ratePerSec: 50, batch: { max: 10 }, waitMs: 1 })])),
      50,
      0.01,
    );
  });

  it('is enough of a limit for any number of lanes', () => {
    near(
      perSec(workload([stage('call', { lanes: Infinity, waitMs: 500, ratePerSec: 40 })])),
      40,
      1e-3,
    );
  });
});

describe('contention', () => {
  it('follows the Universal Scalability Law', () => {
    const contention = { alpha: 0.1, beta: 0.01, sampledAt: 1 };
    for (const lanes of [1, 4, 8, 16]) {
      const of = workload([stage('s', { lanes, waitMs: 10, contention })]);
      const expected = (100 * lanes) / (1 + 0.1 * (lanes - 1) + 0.01 * lanes * (lanes - 1));
      near(perSec(of), expected);
    }
  });

  it('starts from how many there were', () => {
    const contention = { alpha: 0.5, beta: 0, sampledAt: 4 };
    near(perSec(workload([stage('s', { lanes: 4, waitMs: 10, contention })])), 400);
    near(perSec(workload([stage('s', { lanes: 1, waitMs: 10, contention })])), 250);
  });
});

describe('lanes with keys', () => {
  it('are limited by the hot one', () => {
    const of = (laneShares: number[] | null, queueCapacity: number | null): Workload =>
      workload([
        stage('source', { waitMs: 0.1 }),
        stage('shard', { lanes: 4, queueCapacity, waitMs: 10, laneShares }),
      ]);
    near(perSec(of(null, 16)), 400, 0.01);
    // The lane that gets half of the items does 100 a second.
    near(perSec(of([0.5, 0.2, 0.2, 0.1], 200), { items: 40_000 }), 200);
    near(perSec(of([1, 0, 0, 0], 16)), 100, 0.01);
    const hot = run(of([5, 2, 2, 1], 200), { items: 40_000 });
    near(stageOf(hot, 1).busyShare, 0.5);
  });

  it('wait for their own items when nothing fits before them', () => {
    const of = (lanes: number): Workload =>
      workload([
        stage('source', { lanes, waitMs: 0.001 }),
        stage('shard', { lanes: 2, queueCapacity: 0, waitMs: 10, laneShares: [1, 1] }),
      ]);
    // One item at a time that waits for its lane: 2 lanes, the next goes to the same with probability 1/2.
    const one = perSec(of(1));
    assert.ok(one > 110 && one < 190, `${one}`);
    assert.ok(perSec(of(16)) > one);
  });

  it('can be the first', () => {
    const of = workload([stage('shard', { lanes: 2, waitMs: 10, laneShares: [1, 0] })]);
    near(perSec(of), 100, 1e-3);
  });
});

describe('batches', () => {
  const cost = { fixedNs: 8 * MS, perItemNs: MS, sampledItems: 1 };

  it('of b reach b / (a + c b)', () => {
    for (const max of [1, 4, 32]) {
      const of = workload([
        stage('source', { waitMs: 0.01 }),
        stage('infer', { queueCapacity: 64, waitMs: 9, batch: { max }, batchCost: cost }),
      ]);
      near(perSec(of, { items: 20_000 }), (max / (8 + max)) * 1000, 0.01);
    }
  });

  it('are filled by a source that has more', () => {
    const of = workload([stage('infer', { waitMs: 9, batch: { max: 8 }, batchCost: cost })]);
    near(perSec(of, { items: 8000 }), 500, 0.01);
  });

  it('wait for their least number, or for as long as they may', () => {
    const of = (lingerMs?: number): Workload =>
      workload(
        [stage('write', { waitMs: 1, batch: { min: 4, max: 4, ...(lingerMs && { lingerMs }) } })],
        { arrivals: every(10) },
      );
    // The first of four waits for 30 ms, the last not at all.
    near(run(of()).latencyNs.mean, 16 * MS, 1e-3);
    // After 15 ms there are two of them.
    const lingering = run(of(15));
    near(lingering.latencyNs.mean, (16 * MS + 6 * MS) / 2, 1e-3);
    near(stageOf(lingering, 0).executions, 2500, 1e-2);
  });

  it('that cannot fill any more begin with what there is', () => {
    const of = workload([
      stage('source', { waitMs: 10 }),
      stage('write', { waitMs: 1, batch: { min: 4, max: 4 } }),
    ]);
    const result = run(of, { items: 10, warmUpItems: 0, sourceEnds: true });
    assert.equal(result.items, 10);
    assert.equal(stageOf(result, 1).executions, 3);
    // The last execution of the source ends at 100 ms; nobody waits for more.
    near(result.durationNs, 101 * MS, 1e-9);
  });

  it('take from those at the door what does not fit before them', () => {
    const of = workload([
      stage('source', { lanes: 4, waitMs: 1 }),
      stage('write', { waitMs: 1, queueCapacity: 2, batch: { min: 6, max: 6 } }),
    ]);
    assert.equal(run(of).ended, 'complete');
  });

  it('that never fill end the simulation', () => {
    const short = workload([stage('write', { waitMs: 1, batch: { min: 4, max: 4 } })], {
      arrivals: saturated(3),
    });
    const options = { items: 100, warmUpItems: 0, seed: 1 };
    assert.equal(simulate(short, options).ended, 'stuck');
    const few = workload([stage('write', { waitMs: 1, batch: { min: 4, max: 4 } })], {
      arrivals: closed(3, 10),
    });
    const { ended, items, throughputPerSec, latencyNs } = simulate(few, options);
    assert.deepEqual([ended, items, throughputPerSec, latencyNs.mean], ['stuck', 0, 0, 0]);
  });
});

describe('arrivals', () => {
  it('that come by themselves wait without end, and latency counts from when they came', () => {
    const of = workload([stage('slow', { queueCapacity: 1, waitMs: 20 })], { arrivals: every(10) });
    const result = run(of, { items: 100, warmUpItems: 0 });
    near(result.throughputPerSec, 50, 0.01);
    // The nth leaves at 10 + 20 n ms and came at 10 n ms.
    near(result.latencyNs.mean, (10 + 10 * 50.5) * MS, 1e-3);
    assert.ok(stageOf(result, 0).meanQueue > 40);
  });

  it('of a saturated source come when there is room', () => {
    const of = (queueCapacity: number | null): Workload =>
      workload([stage('s', { lanes: 2, queueCapacity, waitMs: 10 })]);
    near(run(of(null)).latencyNs.mean, 10 * MS, 1e-3);
    near(run(of(0)).latencyNs.mean, 10 * MS, 1e-3);
    const queued = run(of(4));
    near(queued.latencyNs.mean, 30 * MS, 1e-2);
    near(stageOf(queued, 0).meanQueue, 4, 1e-2);
  });

  it('keep their bursts', () => {
    // Ten at once, then a pause: as many as with equal gaps, but they wait for each other.
    const gapsNs = Float64Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 100 * MS : 0));
    const stages = [stage('s', { waitMs: 5 })];
    const burst = run(workload(stages, { arrivals: { kind: 'open', gapsNs } }), { items: 20_000 });
    near(burst.throughputPerSec, 100);
    assert.ok(burst.latencyNs.mean > 20 * MS, `${burst.latencyNs.mean}`);
    near(run(workload(stages, { arrivals: every(10) })).latencyNs.mean, 5 * MS, 1e-9);
  });
});

describe('blocking', () => {
  it('hands over without a queue: the lane before is held until the next is free', () => {
    const of = workload([
      stage('fast', { waitMs: 1 }),
      stage('slow', { queueCapacity: 0, waitMs: 10 }),
    ]);
    const result = run(of);
    near(result.throughputPerSec, 100, 1e-3);
    near(stageOf(result, 0).blockedShare, 0.9, 1e-2);
    near(stageOf(result, 0).busyShare, 0.1, 1e-2);
    assert.equal(stageOf(result, 1).meanQueue, 0);
  });

  it('is first come, first served', () => {
    const of = workload([
      stage('read', { lanes: 8, waitMs: 1 }),
      stage('slow', { queueCapacity: 1, waitMs: 10 }),
    ]);
    const { latencyNs } = run(of);
    // Before each: eight that are read or held up, one in the queue, one under way.
    near(latencyNs.p50, 100 * MS, 1e-2);
    near(latencyNs.p99, 100 * MS, 1e-2);
  });

  it('of one branch holds up the others', () => {
    const of = workload([
      stage('split', { waitMs: 1, to: ['slow', 'fast'] }),
      stage('slow', { queueCapacity: 2, waitMs: 10, to: [] }),
      stage('fast', { queueCapacity: 2, waitMs: 1 }),
    ]);
    near(perSec(of), 100, 1e-2);
  });
});

describe('a simulation', () => {
  const of = workload(
    [
      stage('read', { lanes: 2, samples: exponentialWait(3, 1) }),
      stage('work', { lanes: 3, queueCapacity: 4, samples: exponentialCpu(5, 2) }),
    ],
    { arrivals: poisson(300), cores: 2 },
  );
  const options = { items: 3000, warmUpItems: 100, seed: 9 };

  it('is the same in steps, again, and another one for another seed', () => {
    const work = simulation(of, options);
    let steps = 0;
    let next = work.next();
    for (; next.done !== true; next = work.next()) steps++;
    assert.ok(steps > 3, `${steps}`);
    assert.deepEqual(next.value, simulate(of, options));
    assert.notDeepEqual(next.value, simulate(of, { ...options, seed: 10 }));
  });

  it('ends after as many events as it may take', () => {
    const result = simulate(of, { ...options, maxEvents: 1000 });
    assert.equal(result.ended, 'limit');
    assert.ok(result.items > 0 && result.items < 1000);
  });

  it('ends when too many items are under way', () => {
    const flood = workload([
      stage('burst', { waitMs: 1, to: { s: 1e6 } }),
      stage('s', { waitMs: 1 }),
    ]);
    assert.equal(simulate(flood, options).ended, 'limit');
  });

  it('counts nothing when it ends while it warms up', () => {
    const { stages, items, meanInFlight } = simulate(of, {
      ...options,
      warmUpItems: 1e6,
      maxEvents: 500,
    });
    const nothing = { busyShare: 0, blockedShare: 0, meanQueue: 0, meanWaitNs: 0, executions: 0 };
    assert.deepEqual(
      { stages, items, meanInFlight },
      { stages: [nothing, nothing], items: 0, meanInFlight: 0 },
    );
  });

  it('keeps slow stretches of the samples together', () => {
    const waitMs = Array.from({ length: 1000 }, (_, i) => (i % 100 < 20 ? 30 : 2));
    const mixed = waitMs.map((_, i) => waitMs[(i * 387) % 1000] ?? 0);
    const wait = (samples: readonly number[]): number =>
      stageOf(
        run(workload([stage('s', { waitMs: samples })], { arrivals: poisson(80) }), {
          items: 50_000,
        }),
        0,
      ).meanWaitNs;
    assert.ok(wait(waitMs) > 3 * wait(mixed), `${wait(waitMs)}, mixed ${wait(mixed)}`);
  });

  it('refuses what cannot be simulated', () => {
    const none = { ...of, stages: [] };
    assert.throws(() => simulate(none, options), /there is no stage/);
    assert.throws(() => simulate(of, { ...options, items: 0 }), /0 items/);
  });
});
