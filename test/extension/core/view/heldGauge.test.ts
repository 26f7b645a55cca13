import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GaugeSeries } from '../../../../extension/core/model/series.js';
import { HeldPart } from '../../../../extension/core/view/heldGauge.js';
import {
  modelOf,
  drawingStartNs,
  processDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

function partOf(...samples: readonly (readonly [number, number])[]): HeldPart {
  const series = new GaugeSeries();
  for (const [atNs, value] of samples) series.add(atNs, value);
  return new HeldPart(series);
}

describe('a counter of another tool', () => {
  it('holds its value until the next one, however long that takes', () => {
    const part = partOf([10, 5], [20, 1], [1_000_000, 7]);
    assert.ok(Number.isNaN(part.valueIn(0, 10)));
    assert.equal(part.valueIn(0, 11), 5);
    assert.equal(part.valueIn(12, 15), 5);
    assert.equal(part.valueIn(15, 30), 5);
    assert.equal(part.valueIn(500_000, 600_000), 1);
    assert.equal(part.valueIn(2_000_000, 3_000_000), 7);
    assert.deepEqual(part.sampleAt(500), { value: 1, fromNs: 20, toNs: 1_000_000 });
    assert.equal(part.sampleAt(5), null);
  });

  it('has its mean by time, and its highest value', () => {
    assert.deepEqual(partOf([0, 4], [30, 8], [40, 100]).total(), {
      mean: 5,
      max: 100,
      fromNs: 0,
      toNs: 40,
    });
    assert.equal(partOf().total(), null);
    assert.equal(partOf([7, 3]).total()?.mean, 3);
  });

  it('takes values that come late or are negative', () => {
    const part = partOf([20, 2], [10, 9], [30, -5]);
    assert.equal(part.valueIn(10, 20), 9);
    // Below 0 would mean that nothing is known.
    assert.equal(part.valueIn(35, 40), 0);
    assert.equal(part.sampleAt(35)?.value, -5);
  });

  it('is a row behind those of the agent, with bytes told by its name, and so many at most', () => {
    const trace = new TraceText();
    trace.declare(processDeclaration(), {
      ...{ kind: 'lane', lane: 1, stage: null, pipeline: null, thread: 'main', slot: 0 },
    });
    const names = ['heap bytes', 'memory allocated, GPU 0', 'memory MB', 'requests', 'cpuCores'];
    for (let i = 0; i < 40; i++) names.push(`n${i}`);
    for (const [i, name] of names.entries()) {
      trace.counter('gauge', {
        name,
        id: 0,
        atNs: drawingStartNs + i,
        lane: 1,
        values: { value: i },
      });
    }
    const rows = modelOf(trace.take())
      .snapshot()
      .rows.flatMap((r) => {
        return r.kind === 'gauges' ? r.gauges.map((g) => `${g.label} ${g.unit}`) : [];
      });
    assert.deepEqual(rows.slice(0, 6), [
      'CPU, cores cores',
      'heap bytes bytes',
      'memory allocated, GPU 0 bytes',
      'memory MB count',
      'requests count',
      'n0 count',
    ]);
    assert.equal(rows.length, 1 + 32);
  });
});
