import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Memory } from '../../../../extension/host/trials/ignored.js';
import { outcomeOf, promiseOf, readPromises } from '../../../../extension/host/source/promises.js';
import { PromiseStore } from '../../../../extension/host/source/promiseStore.js';
import type { Report } from '../../../../extension/core/report/report.js';
import { pipelineOf, reportOf, sessionId } from '../fakes.js';

const gain = { low: 1.31, mid: 1.38, high: 1.44 };
const steadyAt = (throughputPerSec: number, seconds = 10) => ({
  fromNs: 0,
  toNs: seconds * 1e9,
  throughputPerSec,
});

const [knob] = pipelineOf().knobs;
assert.ok(knob !== undefined);
const made = promiseOf(pipelineOf({ steady: steadyAt(100) }), [{ knob, to: 12 }], gain, 2);

/** A later run with this value and throughput. */
function later(value: number, perSec: number, seconds = 10): Report {
  const knobs = [{ ...knob, value } as typeof knob].flatMap((k) => k ?? []);
  return reportOf({ pipelines: [pipelineOf({ knobs, steady: steadyAt(perSec, seconds) })] });
}

export function memory(): Memory & { readonly stored: Map<string, unknown> } {
  const stored = new Map<string, unknown>();
  return {
    stored,
    get: (key) => stored.get(key),
    update: async (key, value) => {
      // As VS Code does it: what comes back is JSON.
      stored.set(key, JSON.parse(JSON.stringify(value)));
      return Promise.resolve();
    },
  };
}

describe('a promise', () => {
  it('holds where a run under its values is within or above the interval', () => {
    assert.equal(outcomeOf(made, later(12, 136))?.verdict, 'held');
    assert.equal(outcomeOf(made, later(12, 200))?.verdict, 'held');
    assert.equal(outcomeOf(made, later(12, 105))?.verdict, 'missed');
    assert.equal(outcomeOf(made, later(12, 136))?.observed, 1.36);
  });

  it('says nothing of other values, or of a run that was short', () => {
    assert.equal(outcomeOf(made, later(4, 136)), null);
    assert.equal(outcomeOf(made, later(12, 136, 1)), null);
  });

  it('cannot be judged on another machine', () => {
    const report = later(12, 136);
    const environment = {
      platform: 'linux',
      arch: 'x64',
      cpuModel: '',
      cores: 8,
      memoryBytes: 1,
      quotaCores: null,
    };
    const elsewhere = { ...report, capture: { ...report.capture, environment } };
    assert.equal(outcomeOf(made, elsewhere)?.verdict, 'unclear');
  });

  it('is read back, and what is malformed is not', () => {
    const stored: unknown = JSON.parse(JSON.stringify([made, { pipeline: 1 }, 'x']));
    assert.deepEqual(readPromises(stored), [made]);
    assert.deepEqual(readPromises(undefined), []);
  });
});

describe('the store of promises', () => {
  it('judges each by the first later run, and never by the one that runs', async () => {
    const remembered = memory();
    const store = new PromiseStore(remembered, () => [sessionId('old')]);
    const told: string[] = [];
    store.onOutcome(({ outcome }) => told.push(outcome.verdict));
    await store.add(pipelineOf({ steady: steadyAt(100) }), [{ knob, to: 12 }], gain, 2);
    await store.judge(sessionId('old'), later(12, 136));
    assert.equal(told.length, 0);
    const afterReload = new PromiseStore(remembered, () => []);
    afterReload.onOutcome(({ outcome }) => told.push(outcome.verdict));
    await afterReload.judge(sessionId('new'), later(12, 136));
    await afterReload.judge(sessionId('newer'), later(12, 100));
    assert.deepEqual(told, ['held']);
    assert.equal(afterReload.outcomesOf(sessionId('new')).length, 1);
  });

  it('keeps a promise that a run on another machine could not judge, and says so once', async () => {
    const remembered = memory();
    const store = new PromiseStore(remembered, () => []);
    const told: string[] = [];
    store.onOutcome(({ outcome }) => told.push(outcome.verdict));
    await store.add(pipelineOf({ steady: steadyAt(100) }), [{ knob, to: 12 }], gain, 2);
    const report = later(12, 136);
    const environment = {
      platform: 'linux',
      arch: 'x64',
      cpuModel: '',
      cores: 8,
      memoryBytes: 1,
      quotaCores: null,
    };
    const elsewhere = { ...report, capture: { ...report.capture, environment } };
    await store.judge(sessionId('a'), elsewhere);
    await store.judge(sessionId('a'), elsewhere);
    await store.judge(sessionId('b'), report);
    assert.deepEqual(told, ['unclear', 'held']);
  });

  it('keeps the newest of the same knob', async () => {
    const remembered = memory();
    const store = new PromiseStore(remembered, () => []);
    await store.add(pipelineOf(), [{ knob, to: 12 }], gain, 2);
    await store.add(pipelineOf(), [{ knob, to: 8 }], gain, 2);
    assert.equal(readPromises(remembered.get('sluice.promises')).length, 1);
  });
});
