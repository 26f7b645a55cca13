import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BoxFlag, BoxKind, StripFlag } from '../../../../extension/core/panel/view.js';
import type { SessionModel } from '../../../../extension/core/sessionModel.js';
import {
  check,
  drawingBytes,
  drawingStartNs,
  modelOf,
  TraceText,
} from '../../../support/pipelineText.js';
import { boxesOf, cellsOf, columnsOf } from './decode.js';

const drawing = `
  read source x1           | aabbCC>>dd
  queue files read>work 2  | 0011222211
  work cpu x1              | --aaabbbcc
`;

function rowsOf(model: SessionModel): { lanes: number[]; queues: number[] } {
  const { rows } = model.snapshot();
  return {
    lanes: rows.flatMap((row) => (row.kind === 'stage' ? row.lanes.map((lane) => lane.id) : [])),
    queues: rows.flatMap((row) => (row.kind === 'queue' ? [row.id] : [])),
  };
}

function brief(model: SessionModel, row: number, widthPx: number): unknown[] {
  const reply = model.view({ seq: 1, fromNs: 0, toNs: 10e6, widthPx, rows: [row] });
  const names = Object.entries(BoxKind);
  return boxesOf(reply, row).map((b) => [
    names.find(([, kind]) => kind === b.kind)?.[0],
    b.x,
    b.width,
    b.flags,
  ]);
}

describe('view of lanes', () => {
  it('draws executions and recorded waits where they were, failures flagged', () => {
    const model = check(drawing, {});
    const [read = -1, work = -1] = rowsOf(model).lanes;
    assert.deepEqual(brief(model, read, 100), [
      ['busy', 0, 20, 0],
      ['busy', 20, 20, 0],
      ['busy', 40, 20, BoxFlag.error],
      ['blocked', 60, 20, 0],
      ['busy', 80, 20, 0],
    ]);
    assert.deepEqual(brief(model, work, 100), [
      ['starved', 0, 20, 0],
      ['busy', 20, 30, 0],
      ['busy', 50, 30, 0],
      ['busy', 80, 20, 0],
    ]);
  });

  it('merges what is narrower than a pixel, and keeps the failure', () => {
    const model = check(drawing, {});
    const [read = -1] = rowsOf(model).lanes;
    // A column of 2^23 ns is the nearest to the ten milliseconds that the one pixel stands for.
    const reply = model.view({ seq: 1, fromNs: 0, toNs: 10e6, widthPx: 1, rows: [read] });
    assert.equal(reply.columnNs, 2 ** 23);
    assert.deepEqual(boxesOf(reply, read), []);
    const round = (share: number): number => Math.round(share * 100) / 100;
    assert.deepEqual(
      columnsOf(reply, read).map((c) => [round(c.busy), round(c.blocked), c.flags]),
      [
        // Busy for six milliseconds and the first 0.39 of those behind the wait, which took two.
        [round(6.39 / 8.39), round(2 / 8.39), StripFlag.error | StripFlag.many],
        [round(1.61 / 8.39), 0, 0],
      ],
    );
  });

  it('leaves out rows that it does not know, and draws nothing in an empty range', () => {
    const model = check(drawing, {});
    const [read = -1] = rowsOf(model).lanes;
    const some = model.view({ seq: 5, fromNs: 0, toNs: 10e6, widthPx: 10, rows: [read, 4711] });
    assert.deepEqual(
      some.sections.map((s) => s.row),
      [read],
    );
    const none = model.view({ seq: 6, fromNs: 5, toNs: 5, widthPx: 10, rows: [read] });
    assert.deepEqual([none.seq, none.sections.length, none.buffer.byteLength], [6, 0, 0]);
    const outside = model.view({ seq: 7, fromNs: 1e12, toNs: 2e12, widthPx: 10, rows: [read] });
    assert.deepEqual(boxesOf(outside, read), []);
  });

  it('nests spans by level and tells GPU work apart', () => {
    const trace = new TraceText();
    const at = (us: number): number => drawingStartNs + us * 1000;
    trace.declare({ kind: 'lane', lane: 3, stage: 's', pipeline: 'p', thread: 'main', slot: 0 });
    trace.interval(3, { category: 'span', name: 'inner', startNs: at(20), endNs: at(30) });
    trace.interval(3, { category: 'span', name: 'outer', startNs: at(10), endNs: at(60) });
    trace.interval(3, { category: 'gpu', name: 'kernel', startNs: at(70), endNs: at(90) });
    trace.interval(3, { category: 'stage', name: 's', startNs: at(0), endNs: at(100) });
    const model = modelOf(trace.take());
    const row = model.snapshot().rows[0];
    assert.ok(row?.kind === 'stage');
    const [lane] = row.lanes;
    assert.ok(lane !== undefined);
    assert.equal(lane.levels, 3);
    const { id } = lane;
    const { extentNs } = model.snapshot();
    const fromNs = extentNs[0];
    const reply = model.view({ seq: 1, fromNs, toNs: fromNs + 100e3, widthPx: 100, rows: [id] });
    assert.deepEqual(
      boxesOf(reply, id).map((b) => [b.kind, b.level, b.name, b.x, b.width]),
      [
        [BoxKind.busy, 0, '', 0, 100],
        [BoxKind.span, 1, 'outer', 10, 50],
        [BoxKind.gpu, 1, 'kernel', 70, 20],
        [BoxKind.span, 2, 'inner', 20, 10],
      ],
    );
  });
});

describe('heatmap', () => {
  it('shows the share of each column that the queue spent at each depth', () => {
    const model = check(drawing, {});
    const [queue = -1] = rowsOf(model).queues;
    const reply = model.view({ seq: 1, fromNs: 0, toNs: 10e6, widthPx: 2, rows: [queue] });
    const cells = cellsOf(reply, queue);
    // Depths 3 and 4 never occur: the axis has at least so many, so that a shallow queue does not fill its row.
    assert.deepEqual([cells.columns, cells.buckets, cells.depthPerBucket], [3, 5, 1]);
    // Columns of 2^22 ns: 0011 and a bit of the first 2, then 2222 and a bit of the first 1, then what is left of it.
    const ms = (from: number, to: number): number => Math.round(((to - from) / 4.194304) * 255);
    const at = (column: number): readonly number[] =>
      [0, 1, 2, 3, 4].map((bucket) => cells.at(column, bucket));
    assert.deepEqual(at(0), [ms(0, 2), ms(2, 4), ms(4, 4.194304), 0, 0]);
    assert.deepEqual(at(1), [0, ms(8, 8.388608), ms(4.194304, 8), 0, 0]);
    assert.deepEqual(at(2), [0, ms(8.388608, 10), 0, 0, 0]);
  });
});

describe('hit', () => {
  it('finds executions, waits and depths exactly, and the nearest within the tolerance', () => {
    const model = check(drawing, {});
    const { lanes, queues } = rowsOf(model);
    const [read = -1, work = -1] = lanes;
    const hit = (row: number, atNs: number, toleranceNs = 0): unknown =>
      model.hit({ seq: 1, row, atNs, toleranceNs }).hit;
    assert.deepEqual(hit(read, 4.5e6), {
      kind: 'execution',
      stage: 'read',
      lane: 'main #0',
      startNs: 4e6,
      durationNs: 2e6,
      item: 99,
      items: 1,
      failed: true,
    });
    assert.deepEqual(hit(read, 7e6), {
      kind: 'wait',
      lane: 'main #0',
      state: 'blocked',
      startNs: 6e6,
      durationNs: 2e6,
    });
    assert.deepEqual(hit(work, 1e6), {
      kind: 'wait',
      lane: 'main #0',
      state: 'starved',
      startNs: 0,
      durationNs: 2e6,
    });
    assert.equal(
      (hit(work, 1.9e6, 0.2e6) as { kind: string }).kind,
      'execution',
      'within the tolerance of its start',
    );
    assert.deepEqual(hit(queues[0] ?? -1, 5e6), {
      kind: 'depth',
      queue: 'files',
      atNs: 4e6,
      depth: 2,
    });
    assert.equal(hit(4711, 5e6), null);
    assert.equal(hit(read, 50e6), null);
  });

  it('reads the same bytes the same way, however they were cut', () => {
    const bytes = drawingBytes(drawing);
    const [a, b] = [modelOf(bytes, 7), modelOf(bytes, 4096)];
    assert.deepEqual(a.report(), b.report());
  });
});
