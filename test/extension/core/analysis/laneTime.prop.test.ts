import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import type { Report, StateShares } from '../../../../extension/core/report/report.js';
import { SessionModel } from '../../../../extension/core/sessionModel.js';
import { drawingBytes, modelOf } from '../../../support/pipelineText.js';
import { anyDrawing, slowShares, textOf, windowOf } from '../randomDrawing.js';

const states = ['busy', 'starved', 'blocked', 'limited', 'idle'] as const;

function sharesOf(report: Report, stage: string): StateShares {
  const found = report.pipelines[0]?.stages.find((s) => s.name === stage);
  assert.ok(found !== undefined, `no stage ${stage}`);
  return found.shares;
}

function assertClose(actual: StateShares, expected: StateShares, what: string): void {
  for (const state of states) {
    const difference = Math.abs(actual[state] - expected[state]);
    assert.ok(difference < 1e-9, `${what} ${state}: ${actual[state]}, expected ${expected[state]}`);
  }
}

describe('lane time', () => {
  it('is what counting character by character gives, and adds up to 1', () => {
    fc.assert(
      fc.property(anyDrawing, (drawing) => {
        fc.pre(windowOf(drawing) !== null);
        const report = modelOf(drawingBytes(textOf(drawing))).report();
        for (const [stage, which] of [
          ['read', 'source'],
          ['work', 'work'],
        ] as const) {
          const shares = sharesOf(report, stage);
          const sum = states.reduce((total, state) => total + shares[state], 0);
          assert.ok(Math.abs(sum - 1) < 1e-9, `${stage}: shares add up to ${sum}`);
          assertClose(shares, slowShares(drawing, which), stage);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is the same whether reports were asked for in between or not, in whatever order records came', () => {
    // Steps of a second: longer than the time after which records count as settled, so that late ones must undo folds.
    const stepNs = 1e9;
    fc.assert(
      fc.property(anyDrawing, fc.integer({ min: 8, max: 400 }), (drawing, chunkBytes) => {
        fc.pre(windowOf(drawing) !== null);
        const bytes = drawingBytes(textOf(drawing), { stepNs });
        const live = new SessionModel({ title: 'drawing' });
        live.setState('live');
        const reader = new FxtReader(live.sink);
        for (let at = 0; at < bytes.length; at += chunkBytes) {
          reader.push(bytes.subarray(at, at + chunkBytes));
          live.report();
        }
        live.addBytes(bytes.length);
        live.setState('capture');
        const step = live.report();
        const whole = modelOf(bytes).report();
        assert.deepEqual(rounded(step), rounded(whole));
      }),
      { numRuns: 100 },
    );
  });
});

/** Sums of doubles in another order differ in their last bits. */
function rounded(report: Report): unknown {
  return JSON.parse(
    JSON.stringify(report, (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(9)) + 0 : value,
    ),
  );
}
