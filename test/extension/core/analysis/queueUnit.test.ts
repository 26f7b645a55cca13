import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { QueueReport, Report } from '../../../../extension/core/report/report.js';
import { renderText } from '../../../../extension/core/report/text.js';
import {
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

const MS = 1e6;

interface Batches {
  /** Items of each execution before and behind the queue. */
  readonly made: number;
  readonly taken: number;
  /** What the program says of the depth when a batch comes, and each time something is taken of it. */
  readonly in: number;
  readonly out: readonly number[];
}

/** Forty batches, one every 10 ms: made in 5 ms, in the queue for 2 ms, used for 2 ms. */
function reportOf({ made, taken, ...depth }: Batches): Report {
  const text = new TraceText();
  const pipeline = 'p';
  text.declare(
    processDeclaration(),
    stageDeclaration('load', { pipeline, parallelism: 1 }),
    stageDeclaration('use', { pipeline, parallelism: 1 }),
    { kind: 'lane', lane: 1, stage: 'load', pipeline, thread: 'worker', slot: 0 },
    { kind: 'lane', lane: 2, stage: 'use', pipeline, thread: 'main', slot: 0 },
    {
      ...{ kind: 'queue', id: 1, name: 'ready', pipeline, capacity: 64, from: 'load', to: 'use' },
      ...{ via: 'api', source: null },
    },
  );
  const at = (ms: number): number => drawingStartNs + ms * MS;
  for (let i = 0; i < 40; i++) {
    const start = i * 10;
    const deep = (ms: number, value: number): void => {
      text.counter('queue', { name: 'ready', id: 1, atNs: at(ms), values: { depth: value } });
    };
    const load = { startNs: at(start), endNs: at(start + 5), items: made };
    text.interval(1, { category: 'stage', name: 'load', ...load });
    deep(start + 5, depth.in);
    for (const [k, value] of depth.out.entries()) deep(start + 7 + k * 0.1, value);
    const use = { startNs: at(start + 7), endNs: at(start + 9), items: taken };
    text.interval(2, { category: 'stage', name: 'use', ...use });
  }
  text.declare({ kind: 'end', atNs: at(400), executions: 80 });
  return modelOf(text.take()).report();
}

const queueOf = (report: Report): QueueReport | undefined => report.pipelines[0]?.queues[0];

describe('what a queue counts', () => {
  it('are batches, when it grows by one for each; waits are those of their items', () => {
    const report = reportOf({ made: 16, taken: 16, in: 1, out: [0] });
    assert.equal(queueOf(report)?.itemsPerEntry, 16);
    // 5 ms, 2 ms in the queue (a fifth of a batch on average), 2 ms.
    const meanMs = (report.pipelines[0]?.latencyMean?.meanNs ?? 0) / MS;
    assert.ok(Math.abs(meanMs - 9) < 0.2, `${meanMs} ms`);
    assert.match(renderText(report, { color: false, width: 100 }), /ready counts batches, of 16/);
  });

  it('are items, when it grows by as many as a batch has', () => {
    const all = reportOf({ made: 4, taken: 4, in: 4, out: [0] });
    const oneByOne = reportOf({ made: 4, taken: 4, in: 4, out: [3, 2, 1, 0] });
    for (const report of [all, oneByOne]) {
      assert.equal(queueOf(report)?.itemsPerEntry, undefined);
      const meanMs = (report.pipelines[0]?.latencyMean?.meanNs ?? 0) / MS;
      assert.ok(meanMs >= 8.9 && meanMs < 9.3, `${meanMs} ms`);
    }
  });

  it('are items between stages that do not work on the same batches', () => {
    assert.equal(
      queueOf(reportOf({ made: 1, taken: 1, in: 1, out: [0] }))?.itemsPerEntry,
      undefined,
    );
    assert.equal(
      queueOf(reportOf({ made: 2, taken: 8, in: 1, out: [0] }))?.itemsPerEntry,
      undefined,
    );
  });
});
