/** What holds in every simulation, over small workloads of everything that there is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkWorkload } from '../../../../extension/core/simulation/checkWorkload.js';
import { simulate } from '../../../../extension/core/simulation/simulation.js';
import type {
  Arrivals,
  Flow,
  SimulatedStage,
  SimulationResult,
  Workload,
} from '../../../../extension/core/simulation/workload.js';

const ms = fc.integer({ min: 0, max: 20 }).map((value) => value * 1e6);

const samples = fc.array(fc.tuple(ms, ms), { minLength: 1, maxLength: 12 }).map((pairs) => ({
  cpuNs: Float64Array.from(pairs, ([cpu]) => cpu),
  waitNs: Float64Array.from(pairs, ([, wait]) => wait),
}));

/** Batches that begin with one item, or not much later: nothing can get stuck. */
const patientBatch = fc.oneof(
  fc.record({
    min: fc.constant(1),
    max: fc.integer({ min: 1, max: 4 }),
    lingerNs: fc.constant(null),
  }),
  fc.record({
    min: fc.integer({ min: 2, max: 4 }),
    max: fc.integer({ min: 4, max: 6 }),
    lingerNs: ms,
  }),
);

const anyBatch = fc.record({
  min: fc.integer({ min: 1, max: 4 }),
  max: fc.integer({ min: 4, max: 6 }),
  lingerNs: fc.option(ms),
});

const anyArrivals: fc.Arbitrary<Arrivals> = fc.oneof(
  fc.record({
    kind: fc.constant('saturated' as const),
    inFlight: fc.option(fc.integer({ min: 1, max: 6 })),
  }),
  fc.record({
    kind: fc.constant('open' as const),
    gapsNs: fc
      .array(ms, { minLength: 1, maxLength: 9 })
      .map((gaps) => Float64Array.from([1e6, ...gaps])),
  }),
  fc.record({
    kind: fc.constant('closed' as const),
    customers: fc.integer({ min: 1, max: 6 }),
    thinkNs: ms,
  }),
);

function stageAt(
  i: number,
  count: number,
  batch: fc.Arbitrary<SimulatedStage['batch']>,
): fc.Arbitrary<SimulatedStage> {
  const later = fc.integer({ min: Math.min(i + 1, count - 1), max: count - 1 });
  const flow: fc.Arbitrary<Flow> = fc.record({
    to: later,
    itemsPerItem: fc.constantFrom(1, 1, 1, 0.25, 0.4, 2.5, 3),
  });
  const lanes = fc.integer({ min: 1, max: 3 });
  return fc
    .record({
      lanes,
      queueCapacity: fc.option(fc.integer({ min: 0, max: 3 })),
      batch: fc.option(batch),
      samples,
      batchCost: fc.option(fc.constantFrom({ fixedNs: 3e6, perItemNs: 1e6, sampledItems: 2 })),
      loop: fc.option(fc.constant(0)),
      ratePerSec: fc.option(fc.integer({ min: 20, max: 500 }), { freq: 2 }),
      contention: fc.option(fc.constant({ alpha: 0.2, beta: 0.05, sampledAt: 2 }), { freq: 2 }),
      isKeyed: fc.boolean(),
      shares: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 3 }),
      heldUntil: i + 1 < count ? fc.option(later, { freq: 2 }) : fc.constant(null),
      next: i + 1 < count ? fc.array(flow, { maxLength: 2 }) : fc.constant([]),
    })
    .map(({ isKeyed, shares, ...own }) => ({
      ...own,
      name: `stage ${i}`,
      laneShares: isKeyed ? shares.slice(0, own.lanes) : null,
    }));
}

function workloads(batch: fc.Arbitrary<SimulatedStage['batch']>): fc.Arbitrary<Workload> {
  return fc.integer({ min: 1, max: 4 }).chain((count) =>
    fc.record({
      arrivals: anyArrivals,
      stages: fc.tuple(...Array.from({ length: count }, (_, i) => stageAt(i, count, batch))),
      cores: fc.option(fc.constantFrom(0.5, 1, 2, 3)),
      loops: fc.constant(1),
    }),
  );
}

function near(value: number, expected: number, what: string): void {
  const scale = Math.max(Math.abs(expected), 1e-9);
  assert.ok(Math.abs(value - expected) <= 1e-6 * scale, `${what}: ${value}, not ${expected}`);
}

/** Shares are shares, and sums over the time agree with sums over the items. */
function checkResult(of: Workload, result: SimulationResult): void {
  for (const [i, own] of result.stages.entries()) {
    const { busyShare, blockedShare } = own;
    assert.ok(busyShare >= 0 && blockedShare >= 0 && busyShare + blockedShare <= 1 + 1e-9);
    const capacity = of.stages[i]?.queueCapacity ?? Infinity;
    const isBounded = capacity > 0 && (i > 0 || of.arrivals.kind === 'saturated');
    // What is left of a merge when a stage has run dry goes to the next whether there is room or not.
    const merges = of.stages.flatMap(({ next }) => next.filter((flow) => flow.to === i));
    const most = capacity + merges.filter((flow) => flow.itemsPerItem % 1 !== 0).length;
    if (isBounded) assert.ok(own.meanQueue <= most + 1e-9, `queue ${own.meanQueue}`);
    assert.ok(own.meanWaitNs >= 0);
  }
  const { latencyNs } = result;
  assert.ok(latencyNs.p50 <= latencyNs.p95 && latencyNs.p95 <= latencyNs.p99);
}

const options = fc.record({
  items: fc.integer({ min: 1, max: 60 }),
  warmUpItems: fc.constant(0),
  seed: fc.integer(),
  sourceEnds: fc.constant(true),
});

describe('every simulation', () => {
  it("that runs dry lets out what came in, and keeps Little's law to the rounding", () => {
    let complete = 0;
    fc.assert(
      fc.property(workloads(patientBatch), options, (of, how) => {
        if (!checkWorkload(of).ok) return;
        const result = simulate(of, how);
        // A merge may wait for items that are not let in before it is done.
        const mayStick =
          of.arrivals.kind !== 'open' &&
          of.stages.some(({ next }) => next.some(({ itemsPerItem }) => itemsPerItem % 1 !== 0));
        if (result.ended === 'stuck' && mayStick) return;
        assert.equal(result.ended, 'complete');
        complete++;
        assert.equal(result.items, how.items);
        checkResult(of, result);
        if (result.durationNs === 0) return;
        near(
          result.meanInFlight,
          (result.throughputPerSec * result.latencyNs.mean) / 1e9,
          "Little's law",
        );
      }),
      { numRuns: 400 },
    );
    assert.ok(complete > 200, `${complete} complete`);
  });

  it('is the same again, whatever can get stuck', () => {
    fc.assert(
      fc.property(workloads(anyBatch), options, fc.boolean(), (of, how, sourceEnds) => {
        if (!checkWorkload(of).ok) return;
        const bounded = { ...how, warmUpItems: 7, sourceEnds, maxEvents: 20_000 };
        const result = simulate(of, bounded);
        assert.deepEqual(result, simulate(of, bounded));
        checkResult(of, result);
        if (result.ended === 'complete') assert.ok(result.items >= how.items);
      }),
      { numRuns: 300 },
    );
  });

  it('of plain stages in a row executes each item once, for as long as it takes', () => {
    const row = fc.array(
      fc.record({
        lanes: fc.integer({ min: 1, max: 4 }),
        queueCapacity: fc.option(fc.integer({ min: 0, max: 3 })),
        waitNs: ms.map((ns) => ns + 1),
        cpuNs: ms,
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(row, anyArrivals, options, (stages, arrivals, how) => {
        const of: Workload = {
          arrivals,
          cores: null,
          loops: 0,
          stages: stages.map(({ lanes, queueCapacity, waitNs, cpuNs }, i) => ({
            name: `stage ${i}`,
            lanes,
            queueCapacity,
            batch: null,
            samples: { cpuNs: Float64Array.of(cpuNs), waitNs: Float64Array.of(waitNs) },
            batchCost: null,
            loop: null,
            ratePerSec: null,
            contention: null,
            laneShares: null,
            heldUntil: null,
            next: i + 1 < stages.length ? [{ to: i + 1, itemsPerItem: 1 }] : [],
          })),
        };
        const result = simulate(of, how);
        assert.equal(result.ended, 'complete');
        let leastNs = 0;
        for (const [i, own] of result.stages.entries()) {
          const { lanes = 0, waitNs = 0, cpuNs = 0 } = stages[i] ?? {};
          leastNs += waitNs + cpuNs;
          assert.equal(own.executions, how.items);
          const laneNs = result.durationNs * lanes;
          near(own.busyShare * laneNs, how.items * (waitNs + cpuNs), 'busy time');
          near(own.meanQueue * result.durationNs, own.meanWaitNs * how.items, 'time in the queue');
        }
        assert.ok(result.latencyNs.mean >= leastNs * (1 - 1e-9));
      }),
    );
  });
});
