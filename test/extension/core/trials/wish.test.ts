/** What people ask for, as options of the engine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Suggestion } from '../../../../extension/core/report/report.js';
import {
  checkTuneWish,
  defaultWish,
  trialOptionsFor,
  tuneOptionsFor,
} from '../../../../extension/core/trials/wish.js';
import { pipelineOf } from '../../host/fakes.js';

const interval = { low: 1, mid: 1, high: 1 };
const suggestion = (aim: Suggestion['aim']): Suggestion => ({
  id: '7:1=8',
  knob: '7:1',
  from: 4,
  to: 8,
  aim,
  expression: null,
  predicted: { throughputPerSec: interval, gain: interval, latencyP95Ns: null },
  reason: '',
  evidence: [],
  costs: [],
});

describe('a wish for a search', () => {
  it('has its limits in milliseconds and MiB', () => {
    const tuning = tuneOptionsFor({ ...defaultWish, maxP99Ms: 20, maxRssMiB: 512, timeSec: 60 });
    assert.ok(tuning.ok);
    assert.deepEqual(tuning.value.options.guards, [
      { metric: 'p99', limit: { kind: 'absolute', value: 20e6 } },
      { metric: 'rssBytes', limit: { kind: 'absolute', value: 512 * 2 ** 20 } },
    ]);
    assert.equal(tuning.value.timeMs, 60_000);
    assert.equal(tuning.value.options.isFarAllowed, false);
  });

  it('keeps the target rate of a search for less', () => {
    const tuning = tuneOptionsFor({ ...defaultWish, objective: 'cost', targetRatePerSec: 600 });
    assert.ok(tuning.ok);
    assert.deepEqual(tuning.value.options.objective, { kind: 'cost', targetRatePerSec: 600 });
    assert.deepEqual(tuning.value.options.guards, [
      { metric: 'ratePerSec', limit: { kind: 'absolute', value: 600 } },
    ]);
    assert.equal(tuneOptionsFor({ ...defaultWish, objective: 'cost' }).ok, false);
  });

  it('is checked when it comes from outside', () => {
    assert.equal(checkTuneWish(defaultWish, 'wish').ok, true);
    assert.equal(checkTuneWish({ ...defaultWish, timeSec: 0 }, 'wish').ok, false);
    assert.equal(checkTuneWish({ ...defaultWish, maxP95Ms: -1 }, 'wish').ok, false);
  });
});

describe('a change that is tried', () => {
  const moves = [{ knob: '7:1', to: 8 }];

  it('is judged by throughput, unless it was suggested for something else', () => {
    assert.deepEqual(trialOptionsFor(pipelineOf(), moves).objective, { kind: 'throughput' });
    const latencyNs = { p50: 1, p95: 2, p99: 3 };
    const shorter = pipelineOf({ suggestions: [suggestion('latency')], latencyNs });
    const options = trialOptionsFor(shorter, moves);
    assert.deepEqual(options.objective, { kind: 'latency', metric: 'p95' });
    assert.equal(options.guards[0]?.metric, 'ratePerSec');
    // Another value of that knob was not.
    assert.equal(trialOptionsFor(shorter, [{ knob: '7:1', to: 5 }]).objective.kind, 'throughput');
  });

  it('must not cost throughput where less is the aim', () => {
    const options = trialOptionsFor(pipelineOf({ suggestions: [suggestion('cost')] }), moves);
    assert.deepEqual(options.objective, { kind: 'cost', targetRatePerSec: 0.95 * 120 });
    assert.equal(options.guards[0]?.metric, 'ratePerSec');
  });
});
