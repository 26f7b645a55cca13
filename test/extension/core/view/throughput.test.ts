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

describe('latency over time', () => {
  it('is that of the items that left the last stage, where they can be followed', () => {
    // Each item takes one millisecond in each stage, and waits for none.
    const letters = 'ab'.repeat(100);
    const { latency, extentNs } = modelOf(
      drawingBytes(`first cpu x1 | ${letters}\nlast cpu x1 | -${letters}`),
    ).snapshot();
    assert.ok(latency !== null);
    assert.ok(latency.steps.length * latency.stepNs >= extentNs[1] - extentNs[0]);
    for (const step of latency.steps) {
      for (const ns of step ?? []) assert.ok(Math.abs(ns - 2e6) <= 2e6 / 64, `${ns} ns`);
    }
    assert.ok(latency.steps.some((step) => step !== null));
  });
});
