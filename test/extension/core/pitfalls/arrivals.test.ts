/** Pitfalls about how items come and how long they take. Each test also shows that a naive tuner falls into it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runJob, generatorJob } from '../../../../extension/core/job.js';
import type { OperatingPoint } from '../../../../extension/core/measure/operatingPoint.js';
import { arrivalsOf } from '../../../../extension/core/prediction/arrivals.js';
import { placesOf } from '../../../../extension/core/prediction/flows.js';
import { PipelineModel, type Prediction } from '../../../../extension/core/prediction/model.js';
import {
  made,
  rateOf,
  trueLatencyMs,
  trueRate,
  type MadePipeline,
  type Work,
} from '../../../support/madeRun.js';
import {
  adviceOf,
  asPlanned,
  madeSession,
  pointOf,
  withStage,
} from '../../../support/madeSession.js';
import { near } from '../simulation/near.js';
import { isOff } from './asked.js';
import {
  busyShare,
  latencyByOrderMs,
  meanMs,
  observedPerSec,
  outputRatio,
  sampledDepth,
  serviceQuantileMs,
} from './naive.js';

/** What is predicted of a point with its only knob turned. */
function predicted(point: OperatingPoint, value: number): Prediction {
  return runJob(
    generatorJob(
      (function* () {
        const model = yield* PipelineModel.of(point, [point]);
        return yield* model.predict([value]);
      })(),
    ),
  );
}

const exponential =
  (meanMs: number) =>
  ({ random }: Work): number =>
    random.exponential(meanMs);

describe('pitfall 4: in a closed loop the load follows the throughput', () => {
  it('rounds are given faster when they are done faster', () => {
    const pipeline: MadePipeline = {
      runMs: 5000,
      arrivals: { kind: 'rounds', items: 32, pauseMs: 5 },
      stages: [
        { name: 'fetch', lanes: 4, serviceMs: exponential(10), cpu: 0.1, lanesKnob: [1, 8] },
        { name: 'store', lanes: 16, serviceMs: exponential(2), cpu: 0.1 },
      ],
    };
    const session = madeSession(pipeline);
    // Naive: as much comes as is done, lanes are free a fifth of the time, so more of them bring nothing.
    const offered = observedPerSec(session.run, 0);
    const capacity = 4000 / meanMs(session.run, 0);
    assert.ok(offered < 0.9 * capacity);
    isOff(Math.min(offered, 2 * capacity), rateOf(withStage(pipeline, 0, { lanes: 8 })), 0.3);
    assert.deepEqual(arrivalsOf(pointOf(session)).kind, 'closed');
    const advice = adviceOf(session);
    assert.equal(advice.plan?.suggestions.length, 1);
    near(advice.plan.throughputPerSec.mid, rateOf(asPlanned(pipeline, advice)), 0.05);
    assert.ok(!advice.findings.some(({ kind }) => kind === 'source'));
  });
});

describe('pitfall 5: coordinated omission', () => {
  it('counts latency from when an item arrived, also while everything stood still', () => {
    // Each 10 ms an item of 5 ms; once a second one takes 400 ms, and all that come meanwhile wait.
    const session = madeSession({
      runMs: 6000,
      arrivals: { kind: 'at', atMs: Array.from({ length: 580 }, (_, i) => 10 * i + 1) },
      stages: [
        { name: 'serve', lanes: 1, serviceMs: ({ item }) => (item % 100 === 30 ? 400 : 5) },
        { name: 'reply', lanes: 4, serviceMs: 1 },
      ],
    });
    for (const [q, name] of [
      [0.5, 'p50'],
      [0.95, 'p95'],
    ] as const) {
      const truth = trueLatencyMs(session.run, q);
      isOff(serviceQuantileMs(session.run, 0, q) + 1, truth, 0.5);
      const { latencyNs } = pointOf(session);
      near((latencyNs?.[name] ?? NaN) / 1e6, truth, 0.1);
    }
  });
});

describe('pitfall 7: bursts are invisible in figures by the second', () => {
  it('knows the queue and the latency of bursts, and what another lane does to them', () => {
    const atMs = Array.from({ length: 12 * 40 }, (_, i) => 500 * Math.floor(i / 40) + 1 + (i % 40));
    const pipeline: MadePipeline = {
      runMs: 6000,
      arrivals: { kind: 'at', atMs },
      stages: [{ name: 'serve', lanes: 1, serviceMs: 5, lanesKnob: [1, 4] }],
    };
    const session = madeSession(pipeline);
    const point = pointOf(session);
    // Naive: it is busy 40 % of the time, and whenever somebody looks nothing waits; M/D/1 then says 7 ms at most.
    assert.equal(sampledDepth(session.run, 0, 1000), 0);
    const load = busyShare(session.run, 0);
    near(load, 0.4);
    const naiveMs = 5 * (1 + load / (2 * (1 - load)));
    const truthMs = trueLatencyMs(session.run, 0.95);
    isOff(naiveMs, truthMs, 0.9);
    near((point.latencyNs?.p95 ?? NaN) / 1e6, truthMs, 0.1);
    const depthNow = point.queues[0]?.meanDepth ?? NaN;
    const truthDepth = (trueLatencyMeanMs(session.run.items) - 5) * 0.08;
    near(depthNow, truthDepth, 0.1);
    const two = trueLatencyMs(made(withStage(pipeline, 0, { lanes: 2 })), 0.95);
    near((predicted(point, 2).latencyP95Ns?.mid ?? NaN) / 1e6, two, 0.15);
  });
});

function trueLatencyMeanMs(
  items: readonly { readonly arrivedMs: number; readonly leftMs: number }[],
): number {
  return items.reduce((sum, { arrivedMs, leftMs }) => sum + leftMs - arrivedMs, 0) / items.length;
}

describe('pitfall 9: ratios of a short window', () => {
  const pipeline = (runMs: number): MadePipeline => ({
    runMs,
    stages: [
      { name: 'read', kind: 'source', lanes: 1, serviceMs: 1 },
      { name: 'collect', lanes: 1, serviceMs: 0.5, queue: 8, merges: 40 },
      { name: 'store', lanes: 1, serviceMs: 5, queue: 8 },
    ],
  });

  it('counts what is merged over all of the steady part', () => {
    const session = madeSession(pipeline(3000));
    for (const from of [500, 560, 1000]) {
      isOff(outputRatio(session.run, 1, [from, from + 50]), 1 / 40, 0.15);
    }
    near(placesOf(pointOf(session))[1]?.next[0]?.itemsPerItem ?? NaN, 1 / 40, 0.03);
  });

  it('says nothing from too few', () => {
    assert.match(adviceOf(madeSession(pipeline(600))).unpredicted ?? '', /store ran \d+ times/);
  });
});

describe('pitfall 12: cold starts are no steady state', () => {
  it('leaves out the time in which workers warm up', () => {
    const session = madeSession({
      runMs: 5000,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 0.5 },
        { name: 'work', lanes: 2, serviceMs: ({ atMs }) => (atMs < 1500 ? 40 : 8), queue: 4 },
      ],
    });
    const truth = trueRate(session.run, 2000, 5000);
    isOff(observedPerSec(session.run, 1), truth, 0.15);
    const { throughputPerSec, window } = pointOf(session);
    near(throughputPerSec, truth, 0.03);
    near(window.fromNs / 1e6, 1500, 0.05);
  });
});

describe('pitfall 14: items overtake each other', () => {
  it('follows each by its id, whatever thread it comes out on', () => {
    const session = madeSession({
      runMs: 3000,
      arrivals: { kind: 'at', atMs: Array.from({ length: 700 }, (_, i) => 4 * i + 1) },
      stages: [
        { name: 'fetch', lanes: 8, serviceMs: ({ random }) => (random.next() < 0.3 ? 60 : 2) },
        { name: 'store', lanes: 8, serviceMs: 1 },
      ],
    });
    isOff(latencyByOrderMs(session.run, 0.5), trueLatencyMs(session.run, 0.5), 0.3);
    const { latencyNs } = pointOf(session);
    near((latencyNs?.p50 ?? NaN) / 1e6, trueLatencyMs(session.run, 0.5), 0.05);
    near((latencyNs?.p95 ?? NaN) / 1e6, trueLatencyMs(session.run, 0.95), 0.05);
  });
});

describe('pitfall 15: wall clocks of processes differ', () => {
  it('takes the monotonic clock that they share', () => {
    const wallClockOffMs = -250;
    const session = madeSession(
      {
        runMs: 3000,
        stages: [
          { name: 'read', kind: 'source', lanes: 1, serviceMs: 8, process: 1 },
          { name: 'store', lanes: 1, serviceMs: 5, process: 2 },
        ],
      },
      { wallClockOffMs },
    );
    const truth = trueLatencyMs(session.run, 0.5);
    // Naive: when it began by the first clock, when it left by the second.
    isOff(truth + wallClockOffMs, truth, 1);
    near((pointOf(session).latencyNs?.p50 ?? NaN) / 1e6, truth, 0.05);
  });
});
