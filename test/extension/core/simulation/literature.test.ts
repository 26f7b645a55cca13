/** Examples that are told about pipelines, with the figures that are told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulate } from '../../../../extension/core/simulation/simulation.js';
import type {
  SimulationOptions,
  SimulationResult,
  Workload,
} from '../../../../extension/core/simulation/workload.js';
import { near } from './near.js';
import { exponentialWait, MS, S, saturated, stage, workload } from './workloads.js';

function run(of: Workload, options: Partial<SimulationOptions> = {}): SimulationResult {
  const result = simulate(of, { items: 2000, warmUpItems: 200, seed: 3, ...options });
  assert.equal(result.ended, 'complete');
  return result;
}

describe('the laundry: stages of 4, 3 and 5 s', () => {
  const laundry = (dryerS: number): Workload['stages'] =>
    workload([
      stage('wash', { waitMs: 4000 }),
      stage('dry', { queueCapacity: 1, waitMs: dryerS * 1000 }),
      stage('fold', { queueCapacity: 1, waitMs: 5000 }),
    ]).stages;
  const saturatedLaundry = { arrivals: saturated(), cores: null, loops: 0 };

  it('is through every 5 s, and a lone item takes 12 s', () => {
    const full = run({ ...saturatedLaundry, stages: laundry(3) });
    near(full.throughputPerSec, 1 / 5, 1e-9);
    const lone = run({ ...saturatedLaundry, arrivals: saturated(1), stages: laundry(3) });
    near(lone.latencyNs.mean, 12 * S, 1e-9);
    near(lone.throughputPerSec, 1 / 12, 1e-9);
  });

  it('gains nothing from a dryer that is twice as fast', () => {
    near(run({ ...saturatedLaundry, stages: laundry(1.5) }).throughputPerSec, 1 / 5, 1e-9);
  });
});

describe('micro-batches', () => {
  for (const [stages, items] of [
    [4, 1],
    [4, 4],
    [4, 32],
    [8, 16],
  ] as const) {
    it(`keep ${stages} stages busy for m / (K + m - 1) of the time with m = ${items}`, () => {
      const names = Array.from({ length: stages }, (_, i) => `stage ${i}`);
      const of = workload(names.map((name) => stage(name, { waitMs: 10 })));
      const result = run(of, { items, warmUpItems: 0, sourceEnds: true });
      near(result.durationNs, (items + stages - 1) * 10 * MS, 1e-9);
      for (const one of result.stages) near(one.busyShare, items / (stages + items - 1), 1e-9);
    });
  }
});

describe('queues in place of barriers', () => {
  it('make a round cost the mean of the slowest stage, not the mean of the slowest in each round', () => {
    const means = [8, 10, 9];
    const samples = means.map((mean, i) => exponentialWait(mean, i + 1));
    // With a barrier everybody waits in every round for whoever is slowest in it.
    const rounds = samples[0]?.waitNs.length ?? 0;
    let barrierNs = 0;
    for (let round = 0; round < rounds; round++) {
      barrierNs += Math.max(...samples.map(({ waitNs }) => waitNs[round] ?? 0));
    }
    const barrierPerSec = (rounds / barrierNs) * S;
    const of = (queueCapacity: number): Workload =>
      workload(samples.map((own, i) => stage(`stage ${i}`, { queueCapacity, samples: own })));
    const shallow = run(of(1), { items: 50_000 }).throughputPerSec;
    const deep = run(of(200), { items: 200_000 }).throughputPerSec;
    assert.ok(shallow > 1.1 * barrierPerSec, `${shallow}, with barriers ${barrierPerSec}`);
    assert.ok(deep > 1.5 * barrierPerSec, `${deep}, with barriers ${barrierPerSec}`);
    near(deep, 100);
  });
});

describe('stages that do not need each other', () => {
  const times = { fetch: 3500, look: 3000, check: 3000 };
  const own = Object.entries(times);

  it('take 3.5 s side by side and 9.5 s in turn', () => {
    const aside = workload(
      [
        stage('split', { to: Object.keys(times) }),
        ...own.map(([name, waitMs]) => stage(name, { waitMs, to: [] })),
      ],
      { arrivals: saturated(1) },
    );
    near(run(aside).latencyNs.mean, 3.5 * S, 1e-9);
    const inTurn = workload(
      own.map(([name, waitMs]) => stage(name, { waitMs })),
      { arrivals: saturated(1) },
    );
    near(run(inTurn).latencyNs.mean, 9.5 * S, 1e-9);
  });
});

describe("Little's law", () => {
  // Requests that take 100 ms, before something that does 200 a second.
  const of = (inFlight: number): Workload =>
    workload([stage('request', { lanes: Infinity, waitMs: 95 }), stage('store', { waitMs: 5 })], {
      arrivals: saturated(inFlight),
    });

  it('gives 80 per second for 8 in flight', () => {
    const result = run(of(8));
    near(result.throughputPerSec, 80, 0.001);
    near(result.latencyNs.mean, 100 * MS, 0.001);
  });

  it('gives the limit for 50, and longer latency', () => {
    const result = run(of(50));
    near(result.throughputPerSec, 200, 0.001);
    near(result.latencyNs.mean, 250 * MS, 0.001);
    near(result.meanInFlight, 50, 0.001);
  });
});

describe('rounds with a barrier', () => {
  const of = (items: number, inRounds: boolean): Workload =>
    workload(
      Array.from({ length: 4 }, (_, i) => stage(`stage ${i}`, { waitMs: 10 })),
      { arrivals: { kind: 'closed', customers: items, thinkNs: 0, inRounds } },
    );

  it('fill and drain the pipeline each time: m / (K + m - 1) of what it could do', () => {
    for (const items of [1, 4, 12]) {
      const options = { items: 100 * items, warmUpItems: 10 * items };
      near(run(of(items, true), options).throughputPerSec, (100 * items) / (items + 3), 0.001);
    }
  });

  it('begin when all have left, also where some take no time', () => {
    const stages = [
      stage('at once', { lanes: 10 }),
      stage('slow', {
        samples: { cpuNs: new Float64Array(2), waitNs: Float64Array.of(0, 10 * MS) },
      }),
    ];
    const of = workload(stages, {
      arrivals: { kind: 'closed', customers: 10, thinkNs: 0, inRounds: true },
    });
    const result = run(of, { items: 2000, warmUpItems: 100 });
    near(result.throughputPerSec, 200, 0.1);
    assert.ok(result.meanInFlight <= 10, `${result.meanInFlight} in flight`);
  });

  it('cost nothing where each comes back by itself', () => {
    near(run(of(12, false)).throughputPerSec, 100, 0.001);
  });
});
