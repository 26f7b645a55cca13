import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeclarationOf } from '../../../../agent/wire/manifest.js';
import { Tenants } from '../../../../extension/core/model/tenants.js';
import type { SessionModel } from '../../../../extension/core/sessionModel.js';
import {
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

const MS = 1_000_000;

function laneOf(thread: string, lane = 500): DeclarationOf<'lane'> {
  return { kind: 'lane', lane, stage: 'work', pipeline: null, thread, slot: 0 };
}

function run(trace: TraceText, atMs: number, endMs: number, lane = 500): void {
  trace.interval(lane, {
    category: 'stage',
    name: 'work',
    startNs: drawingStartNs + atMs * MS,
    endNs: drawingStartNs + endMs * MS,
  });
}

function laneAt(model: SessionModel, atMs: number): string | undefined {
  const row = model.snapshot().rows.find((r) => r.kind === 'stage');
  assert.ok(row?.kind === 'stage');
  const [lane] = row.lanes;
  const { hit } = model.hit({ seq: 1, row: lane?.id ?? -1, atNs: atMs * MS, toleranceNs: 0 });
  return hit?.kind === 'execution' ? hit.lane : undefined;
}

describe('a lane that goes from thread to thread', () => {
  it('is one row, and each execution is of the thread that ran it', () => {
    const trace = new TraceText();
    trace.declare(processDeclaration(), stageDeclaration('work'));
    for (const [i, thread] of ['worker 3', 'worker 7', 'worker 9'].entries()) {
      trace.declare(laneOf(thread));
      run(trace, i * 10, i * 10 + 4);
      run(trace, i * 10 + 5, i * 10 + 8);
      // Tables are told again after a reconnect; that changes nothing.
      trace.declare(laneOf(thread));
    }
    const model = modelOf(trace.take());
    const row = model.snapshot().rows.find((r) => r.kind === 'stage');
    assert.deepEqual(row?.kind === 'stage' ? row.lanes.map((l) => l.label) : [], [
      'worker 3 ... worker 9 #0',
    ]);
    assert.deepEqual(
      [1, 6, 11, 16, 21, 27].map((ms) => laneAt(model, ms)),
      ['worker 3', 'worker 3', 'worker 7', 'worker 7', 'worker 9', 'worker 9'].map(
        (t) => `${t} #0`,
      ),
    );
    const [stage] = model.report().pipelines.flatMap((p) => p.stages);
    assert.equal(stage?.executions, 6);
    // There was never more than one of them.
    assert.equal(stage.parallelism, 1);
  });

  it('may change hands for ever', () => {
    const tenants = new Tenants();
    for (let i = 0; i < 25_000; i++) tenants.enter(`worker ${i}`, i * 10);
    assert.equal(tenants.label, 'worker 0 ... worker 24999');
    assert.equal(tenants.at(249_999), 'worker 24999');
    assert.equal(tenants.at(20_000 * 10 + 5), 'worker 20000');
    // What is forgotten is not said to be somebody else's.
    assert.equal(tenants.at(55), 'an earlier thread');
  });

  it('does not use up what one session may have', () => {
    const trace = new TraceText();
    trace.declare(processDeclaration(), stageDeclaration('work'));
    for (let i = 0; i < 30_000; i++) trace.declare(laneOf(`worker ${i}`));
    run(trace, 0, 1);
    const report = modelOf(trace.take()).report();
    assert.equal(report.pipelines[0]?.stages[0]?.executions, 1);
    assert.ok(!report.notes.some((n) => n.includes('More than')), report.notes.join());
  });
});

it('executions for which there is no row any more are counted for their stage', () => {
  const trace = new TraceText();
  trace.declare(processDeclaration(), stageDeclaration('work'));
  const lanes = 20_010;
  for (let lane = 1; lane <= lanes; lane++) {
    run(trace, lane, lane + 1, lane);
    if (lane % 50 === 0) trace.declare(laneOf('main', lane));
  }
  const report = modelOf(trace.take(), 1 << 20).report();
  assert.equal(report.capture.executions, lanes);
  assert.equal(report.pipelines[0]?.stages[0]?.executions, lanes);
  assert.ok(report.notes.some((n) => n.includes('More than 20000 lanes')));
});

it('spans of too many names are kept under one', () => {
  const trace = new TraceText();
  trace.declare(processDeclaration(), stageDeclaration('work'), laneOf('main'));
  run(trace, 0, 10_000);
  for (let i = 0; i < 2100; i++) {
    const startNs = drawingStartNs + (i + 1) * MS;
    trace.interval(500, { category: 'span', name: `span ${i}`, startNs, endNs: startNs + MS });
  }
  const model = modelOf(trace.take(), 1 << 20);
  const row = model.snapshot().rows.find((r) => r.kind === 'stage');
  assert.ok(row?.kind === 'stage');
  const spanAt = (i: number): string | undefined => {
    const request = { seq: 1, row: row.lanes[0]?.id ?? -1, fromNs: i * MS, toNs: (i + 2) * MS };
    return model.view({ ...request, widthPx: 200, rows: [request.row] }).names.at(-1);
  };
  assert.equal(spanAt(5), 'span 5');
  assert.equal(spanAt(2050), '(other)');
});
