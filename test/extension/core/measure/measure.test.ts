import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordingNs } from '../../../../extension/core/measure/besideTime.js';
import { meanServiceNs } from '../../../../extension/core/measure/operatingPoint.js';
import type { MadePipeline } from '../../../support/madeRun.js';
import { madeSession, pointOf, pointsOf } from '../../../support/madeSession.js';
import { named } from '../pitfalls/asked.js';
import { near } from '../simulation/near.js';

const turned: MadePipeline = {
  runMs: 6000,
  changes: [
    { atMs: 2000, stage: 'work', to: 4 },
    { atMs: 4000, stage: 'work', to: 3 },
  ],
  stages: [
    { name: 'read', kind: 'source', lanes: 1, serviceMs: 1 },
    { name: 'work', lanes: 2, serviceMs: 10, queue: 8, lanesKnob: [1, 8] },
  ],
};

describe('epochs', () => {
  it('a point for each setting of a knob, with its values', () => {
    const points = pointsOf(madeSession(turned));
    assert.deepEqual(
      points.map(({ knobs }) => knobs.map(({ name, value }) => [name, value])),
      [2, 4, 3].map((value) => [['work lanes', value]]),
    );
    for (const [i, lanes] of [2, 4, 3].entries()) {
      const point = points[i];
      near(point?.throughputPerSec, 100 * lanes, 0.03);
      assert.equal(point?.stages[1]?.parallelism, lanes);
      // Behind a turned knob the pipeline first has to find its new pace.
      assert.ok((point.window.fromNs - 2e9 * i) / 1e6 >= (i === 0 ? 0 : 150));
      assert.ok(point.window.toNs <= 2e9 * (i + 1));
    }
  });

  it('changes that follow each other at once are one', () => {
    const changes = [
      { atMs: 3000, stage: 'work', to: 3 },
      { atMs: 3050, stage: 'work', to: 4 },
    ];
    const values = pointsOf(madeSession({ ...turned, changes })).map(
      ({ knobs }) => knobs[0]?.value,
    );
    assert.deepEqual(values, [2, 4]);
  });
});

describe('a point', () => {
  const session = madeSession({
    runMs: 4000,
    stages: [
      { name: 'read', kind: 'source', lanes: 1, serviceMs: 2, cpu: 0.5 },
      { name: 'look', kind: 'io', lanes: 3, serviceMs: 12, cpu: 0.1, coreWait: 0.2, queue: 6 },
      { name: 'store', kind: 'io', lanes: 8, serviceMs: 5, loopMs: 1, threads: 'main', queue: 6 },
    ],
  });
  const point = pointOf(session);

  it('tells rates, shares and CPU time as they were', () => {
    near(point.throughputPerSec, 250);
    near(named(point, 'look').shares.busy, 1);
    near(named(point, 'read').shares.busy, 0.5, 0.03);
    near(named(point, 'read').shares.blocked, 0.5, 0.03);
    near(meanServiceNs(named(point, 'look')), 12e6);
    near(named(point, 'look').cpuShare ?? NaN, 0.1);
    near(named(point, 'look').coreWaitShare ?? NaN, 0.2);
    for (const rate of point.blockRates) near(rate, 250, 0.05);
  });

  it('samples executions in order of start, each of them once', () => {
    const { startNs, durationNs, items, lane } = named(point, 'look').sampled;
    assert.deepEqual(startNs, startNs.toSorted());
    assert.deepEqual([...new Set(lane)].sort(), [0, 1, 2]);
    assert.ok(items.every((n) => n === 1));
    assert.ok(durationNs.every((ns) => Math.abs(ns - 12e6) <= 1));
    assert.equal(startNs.length, durationNs.length);
    const inWindow = session.run.executions.filter(
      ({ stage, startMs, doneMs }) =>
        stage === 1 &&
        startMs * 1e6 >= point.window.fromNs - 1 &&
        doneMs * 1e6 < point.window.toNs + 1,
    );
    assert.ok(Math.abs(inWindow.length - startNs.length) <= 3);
  });

  it('finds the thread on which lanes take turns, and how busy it is', () => {
    assert.deepEqual(
      point.stages.map(({ loop }) => loop),
      [null, null, 0],
    );
    near(point.loops[0]?.utilization ?? NaN, 0.25, 0.05);
    assert.equal(point.cores, 8);
    near(point.cpuCores ?? NaN, 0.25 + 0.3 + 0.25, 0.1);
  });

  it('finds a worker on which lanes take turns as well', () => {
    const worker = pointOf(
      madeSession({
        runMs: 1000,
        stages: [
          { name: 'read', kind: 'source', lanes: 1, serviceMs: 2 },
          { name: 'look', kind: 'io', lanes: 3, serviceMs: 12, threads: 'one', queue: 6 },
        ],
      }),
    );
    const { loop } = named(worker, 'look');
    assert.equal(worker.loops[loop ?? NaN]?.name, 'look worker');
    assert.equal(named(worker, 'read').loop, null);
  });

  it('knows nothing of threads where nobody measured them', () => {
    const blind = pointOf(madeSession(session.run.pipeline, { withoutThreads: true }));
    assert.equal(blind.cpuCores, null);
    assert.equal(named(blind, 'look').cpuShare, null);
    assert.equal(blind.loops[0]?.utilization, null);
  });
});

describe('recordingNs', () => {
  it('is half a record, and all of each record within', () => {
    assert.equal(recordingNs({ durationNs: 1e6, recordNs: 200, recordsWithin: 0 }), 100);
    assert.equal(recordingNs({ durationNs: 1e6, recordNs: 200, recordsWithin: 3 }), 700);
  });

  it('never takes all of an execution', () => {
    assert.equal(recordingNs({ durationNs: 100, recordNs: 1000, recordsWithin: 0 }), 90);
  });
});
