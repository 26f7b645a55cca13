/** Pitfalls about what a stage can do. Each test also shows that a naive tuner falls into it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  meanServiceNs,
  trueRatePerSec,
} from '../../../../extension/core/measure/operatingPoint.js';
import { meanSplit } from '../../../../extension/core/prediction/serviceSplit.js';
import { rateOf, type MadePipeline } from '../../../support/madeRun.js';
import {
  adviceOf,
  asPlanned,
  madeSession,
  pointOf,
  withStage,
} from '../../../support/madeSession.js';
import { near } from '../simulation/near.js';
import { isOff, named, raises } from './asked.js';
import { busiest, busyShare, doubled, meanMs, observedPerSec } from './naive.js';

/** A fast stage before a slow one. */
const heldUp: MadePipeline = {
  runMs: 3000,
  stages: [
    { name: 'read', kind: 'source', lanes: 1, serviceMs: 1 },
    { name: 'work', lanes: 1, serviceMs: 5, queue: 4, lanesKnob: [1, 4] },
    { name: 'write', kind: 'sink', lanes: 1, serviceMs: 0.5, queue: 4 },
  ],
};

describe('pitfall 1: the observed rate is not the true one', () => {
  it('a stage that is held up can do more than it does', () => {
    const session = madeSession(heldUp, { cores: 64 });
    // Naive: reads 200 a second, so it can do 200 a second, and four times the work behind it brings nothing.
    near(observedPerSec(session.run, 0), 200);
    isOff(observedPerSec(session.run, 0), 1000, 0.5);
    near(trueRatePerSec(named(pointOf(session), 'read')) ?? NaN, 1000);
    const advice = adviceOf(session);
    near(advice.plan?.throughputPerSec.mid ?? NaN, rateOf(asPlanned(heldUp, advice)), 0.05);
    assert.ok(rateOf(asPlanned(heldUp, advice)) > 3 * rateOf(heldUp));
  });
});

describe('pitfall 2: blocked on put is not busy', () => {
  it('waiting for room inside of an execution is not its service', () => {
    const pipeline = withStage(heldUp, 0, { putsInside: true });
    const session = madeSession(pipeline, { cores: 64 });
    const [read, work] = [named(pointOf(session), 'read'), named(pointOf(session), 'work')];
    // Naive: both are busy all the time, and the first one is to blame.
    assert.ok(busyShare(session.run, 0) > 0.95);
    assert.equal(busiest(session.run), 'read');
    near(read.shares.busy, 0.2);
    near(read.shares.blocked, 0.8);
    near(meanServiceNs(read), 1e6);
    near(meanServiceNs(work), 5e6);
    near(read.laneBusy[0] ?? NaN, 0.2);
    const advice = adviceOf(session);
    assert.equal(advice.bottleneck.stage, 'work');
    near(advice.plan?.throughputPerSec.mid ?? NaN, rateOf(asPlanned(pipeline, advice)), 0.05);
  });
});

describe('pitfall 3: concurrency is not computing', () => {
  it('lanes on a full event loop only wait for it', () => {
    const pipeline: MadePipeline = {
      runMs: 3000,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 0.5 },
        {
          name: 'fetch',
          kind: 'io',
          lanes: 16,
          serviceMs: 40,
          loopMs: 4,
          threads: 'main',
          queue: 16,
          lanesKnob: [1, 64],
        },
      ],
    };
    const session = madeSession(pipeline);
    // Naive: sixteen lanes are busy, so thirty-two do twice as much.
    const { lanes, perSec } = doubled(session.run, 1);
    isOff(perSec, rateOf(withStage(pipeline, 1, { lanes })), 0.8);
    const advice = adviceOf(session);
    assert.equal(advice.bottleneck.kind, 'eventLoop');
    assert.ok(advice.findings.some(({ kind }) => kind === 'eventLoop'));
    assert.equal(advice.plan, null);
    const curve = advice.whatIf?.knobs[0]?.points.find(({ at }) => at === lanes);
    near(curve?.throughputPerSec ?? NaN, rateOf(withStage(pipeline, 1, { lanes })), 0.05);
  });
});

describe('pitfall 8: a quota or collections look like low capacity', () => {
  it('a quota that holds threads back is no reason for more of them', () => {
    // Two threads with 10 ms of computing for each item share one core's worth of time: 100 a second, however many they are.
    const pipeline: MadePipeline = {
      runMs: 3000,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 0.5, cpu: 0 },
        { name: 'work', lanes: 2, serviceMs: 20, cpu: 0.5, queue: 4, lanesKnob: [1, 8] },
      ],
    };
    const session = madeSession(pipeline, { quotaCores: 1, throttled: () => 0.5 });
    const possible = 100;
    isOff(doubled(session.run, 1).perSec, possible, 0.8);
    const advice = adviceOf(session);
    assert.ok(advice.findings.some(({ kind }) => kind === 'throttled'));
    assert.deepEqual(raises(advice), []);
  });

  it('collections are told of, beside the stage that seems slow', () => {
    const pipeline: MadePipeline = {
      runMs: 3000,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 0.5 },
        { name: 'work', lanes: 1, serviceMs: 1, loopMs: 9, threads: 'main', queue: 4 },
      ],
    };
    const gcMs = Array.from({ length: 30 }, (_, i) => [100 * i, 100 * i + 30] as const);
    // Naive: an item takes 10 ms; that 3 of them are the collector's is nowhere in a mean.
    const session = madeSession(pipeline, { gcMs });
    near(meanMs(session.run, 1), 10, 0.05);
    const found = adviceOf(session).findings.find(({ kind }) => kind === 'garbageCollection');
    assert.match(found?.text ?? '', /(29|30)%/);
  });
});

describe('pitfall 13: waiting for a core is not the service of a GPU', () => {
  it('leaves it out of what a launch takes', () => {
    // Of 10 ms that a launch takes 5 are spent waiting for one of the cores that decoding uses up.
    const session = madeSession(
      {
        runMs: 3000,
        stages: [
          { name: 'decode', lanes: 4, serviceMs: 30, queue: 4 },
          {
            name: 'infer',
            kind: 'gpu',
            lanes: 1,
            serviceMs: 10,
            cpu: 0.2,
            coreWait: 0.5,
            queue: 4,
          },
        ],
      },
      { cores: 4, cpuCores: 4 },
    );
    const point = pointOf(session);
    isOff(meanMs(session.run, 1), 5, 0.8);
    const { cpuNs, waitNs } = meanSplit(point, named(point, 'infer'));
    near(cpuNs + waitNs, 5e6);
    const found = adviceOf(session).findings.find(({ kind }) => kind === 'cores');
    assert.match(found?.evidence.join() ?? '', /infer waits for a core 50%/);
  });
});

describe('pitfall 16: recording makes short stages longer', () => {
  it('takes the calibrated cost of a record out', () => {
    // 2 us of work, and half of what a record costs lies between its two readings of the clock.
    const recordNs = 800;
    const session = madeSession(
      {
        runMs: 12,
        stages: [
          { name: 'pick', kind: 'source', lanes: 1, serviceMs: 0.002 + recordNs / 2e6 },
          { name: 'store', lanes: 1, serviceMs: 0.004 + recordNs / 2e6, queue: 8 },
        ],
      },
      { recordNs },
    );
    const point = pointOf(session);
    isOff(meanMs(session.run, 0), 0.002, 0.15);
    near(meanServiceNs(named(point, 'pick')), 2000, 0.01);
    near(meanServiceNs(named(point, 'store')), 4000, 0.01);
    assert.equal(session.model.report().capture.agentCost?.recordNs, recordNs);
  });
});

describe('pitfall 17: sampling profilers miss waits', () => {
  it('no function is to blame for what a stage waits for', () => {
    const pipeline: MadePipeline = {
      runMs: 3000,
      stages: [
        { name: 'list', kind: 'source', lanes: 1, serviceMs: 0.5 },
        { name: 'query', lanes: 2, serviceMs: 20, cpu: 0.05, queue: 4, lanesKnob: [1, 4] },
      ],
    };
    const session = madeSession(pipeline, {
      profile: { stage: 'query', function: 'parse', everyMs: 20 },
    });
    // Naive: all samples are in `parse`, so it is where the time goes; but without it an item takes 19 of 20 ms.
    const functions = session.model.report().pipelines[0]?.stages[1]?.functions ?? [];
    assert.equal(functions[0]?.name, 'parse');
    near(functions[0].selfShare, 1);
    isOff(2 * rateOf(pipeline), rateOf(withStage(pipeline, 1, { serviceMs: 19 })), 0.8);
    const advice = adviceOf(session);
    assert.ok(!advice.findings.some(({ kind }) => kind === 'slowFunction'));
    assert.match(advice.checks.find(({ topic }) => topic === 'code')?.text ?? '', /computes 5%/);
    near(advice.plan?.throughputPerSec.mid ?? NaN, rateOf(asPlanned(pipeline, advice)), 0.05);
  });
});
