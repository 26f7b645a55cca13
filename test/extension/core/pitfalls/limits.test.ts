/** Pitfalls about what more, or fewer, lanes would do. Each test also shows that a naive tuner falls into it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rateOf, type MadePipeline } from '../../../support/madeRun.js';
import {
  adviceOf,
  asPlanned,
  madeSession,
  pointsOf,
  withStage,
} from '../../../support/madeSession.js';
import { near } from '../simulation/near.js';
import { isOff, raises } from './asked.js';
import { busyShare, doubled, observedPerSec } from './naive.js';

describe('pitfall 6: the mean of all lanes hides the hot one', () => {
  it('sees the key that all wait for', () => {
    const pipeline: MadePipeline = {
      runMs: 3000,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 1, putsInside: true },
        {
          name: 'index',
          lanes: 4,
          serviceMs: 10,
          queue: 8,
          laneFor: (item) => (item % 10 < 7 ? 0 : 1 + (item % 3)),
          lanesKnob: [1, 16],
        },
      ],
    };
    const session = madeSession(pipeline);
    // Naive: its lanes are busy a third of the time, so something else is the limit.
    assert.ok(busyShare(session.run, 1) < 0.5);
    const advice = adviceOf(session);
    const found = advice.findings.find(({ kind }) => kind === 'skew');
    assert.equal(found?.stage, 'index');
    assert.deepEqual(raises(advice), []);
    near(rateOf(withStage(pipeline, 1, { lanes: 8 })), rateOf(pipeline));
  });
});

describe('pitfall 10: somebody else has a limit', () => {
  it('a rate limit is no lack of lanes', () => {
    const pipeline: MadePipeline = {
      runMs: 3000,
      stages: [
        { name: 'read', kind: 'source', lanes: 2, serviceMs: 10, lanesKnob: [1, 16] },
        {
          name: 'call',
          kind: 'sink',
          lanes: 4,
          serviceMs: 10,
          perSec: 50,
          queue: 8,
          lanesKnob: [1, 16],
        },
      ],
    };
    const session = madeSession(pipeline);
    const twice = rateOf(withStage(pipeline, 1, { lanes: 8 }));
    isOff(2 * observedPerSec(session.run, 1), twice, 0.8);
    const advice = adviceOf(session);
    assert.equal(advice.bottleneck.kind, 'external');
    assert.ok(advice.findings.some(({ kind }) => kind === 'rateLimit'));
    assert.deepEqual(raises(advice), []);
  });

  it('a service that does so many a second, whoever asks, is not sped up by asking more', () => {
    const serviceMs = ({ running }: { readonly running: number }): number => 8 * running;
    const pipeline: MadePipeline = {
      runMs: 6000,
      changes: [{ atMs: 3000, stage: 'call', to: 8 }],
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 1 },
        { name: 'call', kind: 'io', lanes: 4, serviceMs, cpu: 0.01, queue: 8, lanesKnob: [1, 32] },
      ],
    };
    const session = madeSession(pipeline);
    assert.equal(pointsOf(session).length, 2);
    const now = withStage(pipeline, 1, { lanes: 8 });
    isOff(doubled(madeSession(now).run, 1).perSec, rateOf(withStage(now, 1, { lanes: 16 })), 0.8);
    const advice = adviceOf(session);
    assert.ok(advice.findings.some(({ kind }) => kind === 'external'));
    assert.deepEqual(raises(advice), []);
  });
});

describe('pitfall 11: what is expected is of what will be set', () => {
  it('predicts for the value within the bounds of its knob', () => {
    const pipeline: MadePipeline = {
      runMs: 3000,
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 1, cpu: 0.1 },
        {
          name: 'call',
          kind: 'io',
          lanes: 4,
          serviceMs: 40,
          cpu: 0.01,
          queue: 8,
          lanesKnob: [1, 5],
        },
      ],
    };
    const session = madeSession(pipeline);
    const { lanes, perSec } = doubled(session.run, 1);
    // Naive: eight lanes do 200 a second; then five are set.
    isOff(perSec, rateOf(withStage(pipeline, 1, { lanes: Math.min(lanes, 5) })), 0.5);
    const advice = adviceOf(session);
    const [only] = advice.suggestions;
    assert.equal(only?.to, 5);
    near(only.predicted.throughputPerSec.mid, rateOf(asPlanned(pipeline, advice)), 0.03);
  });
});

describe('pitfall 18: fewer may be more', () => {
  it('takes lanes away that are in each other’s way', () => {
    const pipeline: MadePipeline = {
      runMs: 9000,
      changes: [
        { atMs: 3000, stage: 'update', to: 4 },
        { atMs: 6000, stage: 'update', to: 8 },
      ],
      stages: [
        { name: 'read', kind: 'source', lanes: 1, serviceMs: 1, cpu: 0.1 },
        {
          name: 'update',
          kind: 'io',
          lanes: 2,
          serviceMs: ({ running: n }) => 10 * (1 + 0.1 * n * (n - 1)),
          cpu: 0.01,
          queue: 8,
          lanesKnob: [1, 32],
        },
      ],
    };
    const session = madeSession(pipeline);
    const now = withStage(pipeline, 1, { lanes: 8 });
    // Naive: all lanes are busy, so more.
    const naive = doubled(madeSession(now).run, 1);
    assert.ok(rateOf(withStage(now, 1, { lanes: naive.lanes })) < 0.8 * rateOf(now));
    const advice = adviceOf(session);
    const [only] = advice.suggestions;
    assert.ok(only !== undefined && only.to < 8, JSON.stringify(advice.suggestions));
    const truth = rateOf(asPlanned(now, advice));
    assert.ok(truth > 1.3 * rateOf(now));
    near(advice.plan?.throughputPerSec.mid, truth, 0.1);
    assert.ok(advice.findings.some(({ kind }) => kind === 'contention'));
  });
});
