import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelOf, drawingBytes } from '../../../support/pipelineText.js';

describe('throughput over time', () => {
  // One item a millisecond, for 400 ms.
  const steady = modelOf(drawingBytes(`work cpu x1 | ${'ab'.repeat(200)}`)).snapshot().throughput;

  it('has steps wide enough to show a rate, not the counting of single items', () => {
    assert.ok(steady.perSec.length >= 30, `${steady.perSec.length} steps`);
    assert.ok(steady.stepNs >= 8e6, `steps of ${steady.stepNs} ns`);
    for (const rate of steady.perSec.slice(1, -1))
      assert.ok(Math.abs(rate - 1000) <= 150, `${rate}/s`);
  });

  it('ends with the rate of the time that the last step has had', () => {
    const last = steady.perSec.at(-1) ?? 0;
    assert.ok(Math.abs(last - 1000) <= 300, `${last}/s`);
  });
});
