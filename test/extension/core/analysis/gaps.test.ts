import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { knownNs, outsideGaps } from '../../../../extension/core/analysis/gaps.js';
import {
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

const MS = 1_000_000;

describe('gaps', () => {
  it('are cut out of a stretch of time, wherever they lie', () => {
    const gaps = [
      { fromNs: 0, toNs: 10 },
      { fromNs: 20, toNs: 30 },
      { fromNs: 50, toNs: 60 },
    ];
    assert.deepEqual(outsideGaps(gaps, 5, 55), [
      { fromNs: 10, toNs: 20 },
      { fromNs: 30, toNs: 50 },
    ]);
    assert.deepEqual(outsideGaps(gaps, 22, 28), []);
    assert.deepEqual(outsideGaps([], 5, 55), [{ fromNs: 5, toNs: 55 }]);
    assert.equal(knownNs(gaps, 5, 55), 30);
    assert.equal(knownNs(gaps, 40, 100), 50);
  });

  it('are nobody’s time: not idle, not in the rate, marked in the picture and told', () => {
    const trace = new TraceText();
    trace.declare(processDeclaration(), stageDeclaration('work', { parallelism: 1 }));
    // Ten executions of 1 ms, back to back, before and behind a gap of 80 ms.
    for (const at of [0, 90]) {
      for (let i = 0; i < 10; i++) {
        const startNs = drawingStartNs + (at + i) * MS;
        trace.interval(5, { category: 'stage', name: 'work', startNs, endNs: startNs + MS });
      }
      const gap = { fromNs: drawingStartNs + 10 * MS, toNs: drawingStartNs + 90 * MS };
      // Twice, as after another reconnect.
      trace.declare({ kind: 'gap', ...gap });
    }
    const model = modelOf(trace.take());
    const report = model.report();
    const [stage] = report.pipelines.flatMap((p) => p.stages);
    assert.equal(stage?.shares.busy, 1);
    assert.equal(stage.shares.idle, 0);
    assert.equal(stage.utilization, 1);
    assert.equal(stage.ratePerSec, 1000);
    assert.equal(stage.trueRatePerSec, 1000);
    assert.deepEqual(model.snapshot().losses, [{ fromNs: 10 * MS, toNs: 90 * MS, records: 0 }]);
    assert.ok(report.notes.some((n) => n.includes('was not recorded for 0.1 s')));
    assert.equal(report.capture.lost.records, 0);
  });
});
