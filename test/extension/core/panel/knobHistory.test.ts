/** What a knob was at before, by the changes that a session has seen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  knobReturns,
  startValue,
  valueBefore,
} from '../../../../extension/core/panel/knobHistory.js';
import { pipelineOf, reportOf } from '../../host/fakes.js';

const at = (sec: number, from: number | null, to: number | null, knob = '7:1') => {
  return { knob, name: 'n', atNs: sec * 1e9, from, to };
};

describe('the history of a knob', () => {
  it('knows the start, whatever came after', () => {
    const changes = [at(1, 4, 8), at(2, 1, 2, '7:2'), at(3, 8, 16), at(90, 16, null)];
    assert.deepEqual(startValue(changes, '7:1'), { value: 4 });
    assert.deepEqual(startValue(changes, '7:2'), { value: 1 });
    assert.equal(startValue(changes, '7:3'), null);
    assert.deepEqual(startValue([at(1, null, 8)], '7:1'), { value: null });
  });

  it('takes what follows closely for one change, as a slider makes it', () => {
    const changes = [at(1, 4, 8), at(60, 8, 9), at(60.1, 9, 12), at(61.5, 12, 16)];
    assert.deepEqual(valueBefore(changes, '7:1'), { value: 8 });
    assert.deepEqual(valueBefore(changes.slice(0, 1), '7:1'), { value: 4 });
    assert.equal(valueBefore(changes, '7:2'), null);
  });

  it('gives back only what is live and elsewhere', () => {
    const [knob] = pipelineOf().knobs;
    assert.ok(knob !== undefined);
    const knobs = [
      { ...knob, value: 16 },
      { ...knob, id: '7:2', value: 2 },
      { ...knob, id: '7:3', value: 5, live: false },
    ];
    const report = reportOf({ pipelines: [pipelineOf({ knobs })] });
    const knobChanges = [at(1, 4, 16), at(1, 2, 3, '7:2'), at(5, 3, 2, '7:2'), at(1, 1, 5, '7:3')];
    const returns = knobReturns({ report, knobChanges }, null, 'start');
    assert.deepEqual(
      returns.map((back) => [back.knob, back.value]),
      [['7:1', 4]],
    );
    assert.deepEqual(knobReturns({ report, knobChanges }, '7:2', 'start'), []);
    assert.deepEqual(knobReturns({ report, knobChanges }, '7:2', 'before')[0]?.value, 3);
  });
});
