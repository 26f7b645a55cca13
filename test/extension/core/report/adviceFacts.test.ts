import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whatIfTexts } from '../../../../extension/core/report/adviceFacts.js';
import { pipelineOf } from '../../host/fakes.js';

const points = (...rates: readonly [at: number, rate: number][]) =>
  rates.map(([at, throughputPerSec]) => ({ at, throughputPerSec }));

describe('what a knob would do that no suggestion turns', () => {
  const [knob] = pipelineOf().knobs;
  assert.ok(knob !== undefined);
  const textsFor = (curve: ReturnType<typeof points>, value: number | null = 4) =>
    whatIfTexts(
      pipelineOf({
        steady: { fromNs: 0, toNs: 10e9, throughputPerSec: 100 },
        knobs: [{ ...knob, value }],
        suggestions: [],
        whatIf: { stages: [], knobs: [{ knob: knob.id, points: curve }] },
      }),
    );

  it('is told value by value', () => {
    assert.deepEqual(textsFor(points([2, 60], [4, 100], [8, 100.2])), [
      `${knob.name} instead of 4: 2 -40%, 8 +<1%`,
    ]);
  });

  it('is told in one go where it is nothing', () => {
    assert.deepEqual(textsFor(points([2, 99.5], [4, 100], [8, 100.2])), [
      `${knob.name} instead of 4: 2, 8 make no difference`,
    ]);
    assert.deepEqual(textsFor(points([16, 100]), null), [
      `${knob.name} instead of no limit: 16 makes no difference`,
    ]);
  });

  it('is not told of one that can have no other value', () => {
    assert.deepEqual(textsFor(points([4, 100])), []);
  });
});
