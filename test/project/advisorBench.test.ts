/** What judges the advisor must itself be right: scores, reading of advice, and the list of shapes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apply, planned, readAdvice } from '../bench/advisor/advice.js';
import { claimsOf } from '../bench/advisor/aa.js';
import {
  claimsGain,
  isCovered,
  isFalse,
  predictionError,
  shareOfBest,
} from '../bench/advisor/score.js';
import { gridOf, settingText, startOf, type Shape } from '../bench/advisor/shape.js';
import { shapes } from '../bench/advisor/shapes.js';

const interval = (mid: number) => ({ low: mid * 0.9, mid, high: mid * 1.1 });

const shape: Shape = {
  number: '0',
  name: 'pools',
  program: 'pools.mjs',
  what: 'Two pools.',
  knobs: [
    { key: 'a threads', name: 'maxThreads', stage: 'a', start: 1, values: [1, 2] },
    { key: 'b threads', name: 'maxThreads', stage: 'b', start: 1, values: [1, 2, 3] },
  ],
  load: 'cores',
  expects: 'gain',
  bottleneck: [],
};

function reportText(suggestions: readonly object[], plan: object | null): string {
  const knob = (id: string, stage: string) => ({ id, name: 'maxThreads', stage, queue: null });
  const pipeline = {
    name: 'pools',
    throughputPerSec: 100,
    bottleneck: { kind: 'stage', stage: 'b' },
    knobs: [knob('7:1', 'a'), knob('7:2', 'b')],
    suggestions,
    plan,
    steady: null,
    probes: [],
  };
  return JSON.stringify({ schema: 'sluice.report/1', pipelines: [pipeline] });
}

function suggestion(id: string, knob: string, to: number, perSec: number): object {
  return { id, knob, from: 1, to, predicted: { throughputPerSec: interval(perSec) } };
}

describe('scores', () => {
  it('count as the best what is within two percent of it', () => {
    assert.equal(shareOfBest(98.1, 100), 1);
    assert.equal(shareOfBest(101, 100), 1);
    assert.equal(shareOfBest(90, 100), 0.9);
  });
  it('compare a prediction with what came of it', () => {
    const outcome = { predicted: interval(120), observed: 100 };
    assert.ok(Math.abs(predictionError(outcome) - 0.2) < 1e-12);
    assert.equal(isCovered(outcome), false);
    assert.equal(isCovered({ ...outcome, observed: 110 }), true);
  });
  it('call a claim false where nothing was gained', () => {
    const claim = { predicted: interval(120), present: 100, truth: { before: 98, after: 98.5 } };
    assert.equal(isFalse(claim, 'gain'), true);
    assert.equal(isFalse({ ...claim, truth: { before: 98, after: 105 } }, 'gain'), false);
    assert.equal(isFalse({ ...claim, truth: undefined }, 'gain'), false);
    assert.equal(isFalse({ ...claim, truth: undefined }, 'nothing'), true);
  });
  it('take no offence at what claims no gain', () => {
    const claim = { predicted: interval(101), present: 100, truth: undefined };
    assert.equal(claimsGain(claim), false);
    assert.equal(isFalse(claim, 'nothing'), false);
  });
});

describe('advice', () => {
  it('is empty in a report that has none', () => {
    const json = `{ "pipelines": [{ "name": "p", "throughputPerSec": 1, "knobs": [], "suggestions": [],
      "bottleneck": { "kind": "none", "stage": null } }] }`;
    const advice = readAdvice(json);
    assert.equal(advice.plan, null);
    assert.deepEqual(planned(advice), []);
    assert.deepEqual(claimsOf(advice), []);
  });
  it('reaches the knobs of the program, told apart by their stage', () => {
    const plan = { suggestions: ['s2'], throughputPerSec: interval(150) };
    const json = reportText(
      [suggestion('s1', '7:1', 2, 101), suggestion('s2', '7:2', 3, 150)],
      plan,
    );
    const advice = readAdvice(json);
    const changes = planned(advice);
    const { setting, known } = apply(shape, startOf(shape), { advice, changes });
    assert.deepEqual(setting, { 'a threads': 1, 'b threads': 3 });
    assert.equal(known, 1);
    assert.deepEqual(claimsOf(advice), ['7:2 to 3: 150/s instead of 100/s']);
  });
  it('for a knob that the program does not take changes nothing', () => {
    const advice = readAdvice(reportText([suggestion('s1', '7:9', 2, 200)], null));
    const changes = advice.suggestions;
    const applied = apply(shape, startOf(shape), { advice, changes });
    assert.deepEqual(applied, { setting: startOf(shape), known: 0 });
  });
  it('that is no report is refused', () => {
    assert.throws(() => readAdvice('{}'), /report/);
    assert.throws(() => readAdvice('{ "pipelines": [] }'), /no pipeline/);
  });
});

describe('shapes', () => {
  it('have names, numbers and grids that are small enough to try out', () => {
    const names = new Set(shapes.map(({ name }) => name));
    assert.equal(names.size, shapes.length);
    for (const each of shapes) {
      const grid = gridOf(each).map(settingText);
      assert.ok(grid.length <= 16, each.name);
      assert.ok(grid.includes(settingText(startOf(each))), `${each.name} starts beside its grid`);
      assert.ok(each.sweepOf === undefined || names.has(each.sweepOf), each.name);
    }
  });
});
