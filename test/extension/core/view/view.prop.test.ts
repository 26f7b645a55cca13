import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SessionModel } from '../../../../extension/core/sessionModel.js';
import {
  drawingBytes,
  drawingStartNs,
  modelOf,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';
import { anyDrawing, slowPicture, STEPS, textOf, windowOf } from '../randomDrawing.js';
import { areasOf, boxesOf, cellsOf, columnsOf, type DecodedCells } from './decode.js';

const STEP_NS = 1e6;

function laneRows(model: SessionModel, stage: string): readonly number[] {
  const row = model.snapshot().rows.find((r) => r.kind === 'stage' && r.stage === stage);
  return row?.kind === 'stage' ? row.lanes.map((lane) => lane.id) : [];
}

describe('a dense lane', () => {
  it('shows its waiting in proportion, as the numbers have it', () => {
    const trace = new TraceText();
    trace.declare({ kind: 'pipeline', name: 'p' });
    trace.declare(stageDeclaration('s', { pipeline: 'p', parallelism: 1 }));
    trace.declare({ kind: 'lane', lane: 9, stage: 's', pipeline: 'p', thread: 'main', slot: 0 });
    const link = { from: null, to: 's', pipeline: 'p', via: 'api', source: null };
    trace.declare({ kind: 'queue', id: 1, name: 'q', capacity: null, ...link });
    // Runs 300 ns of every microsecond, waits for a limit 100 ns; the queue is empty for the first half of the time.
    const count = 20_000;
    for (let i = 0; i < count; i++) {
      const startNs = drawingStartNs + i * 1000;
      if (i % (count / 2) === 0) {
        const values = { depth: i === 0 ? 0 : 5 };
        trace.counter('queue', { name: 'q', id: 1, atNs: startNs, values });
      }
      trace.interval(9, {
        category: 'wait',
        name: 'limit',
        startNs: startNs + 100,
        endNs: startNs + 200,
      });
      trace.interval(9, { category: 'stage', name: 's', startNs, endNs: startNs + 400 });
    }
    const model = modelOf(trace.take(), 65_536);
    const [fromNs, toNs] = model.snapshot().extentNs;
    const [row = -1] = laneRows(model, 's');
    const shares = model.report().pipelines[0]?.stages[0]?.shares;
    assert.ok(
      shares !== undefined && Math.abs(shares.starved - 0.3) < 1e-3,
      String(shares?.starved),
    );
    const widthPx = 25;
    const midNs = (fromNs + toNs) / 2;
    const reply = model.view({ seq: 1, fromNs, toNs: midNs, widthPx, rows: [row] });
    assert.deepEqual(boxesOf(reply, row), [], 'nothing is wide enough to be a box');
    assert.ok(
      columnsOf(reply, row).length <= 1.5 * widthPx + 2,
      'a column is not far from a pixel',
    );
    // The columns at the edges reach beyond what was asked for.
    for (const { busy, starved } of columnsOf(reply, row).slice(1, -1)) {
      assert.ok(Math.abs(busy - 0.3) < 0.01, `busy ${busy}`);
      assert.ok(Math.abs(starved - 0.6) < 0.01, `starved ${starved}`);
    }
    const later = model.view({ seq: 2, fromNs: midNs, toNs, widthPx, rows: [row] });
    for (const { limited } of columnsOf(later, row).slice(1, -1)) {
      assert.ok(Math.abs(limited - 0.1) < 0.01, `limited ${limited}`);
    }
  });
});

describe('picture and numbers', () => {
  it('agree: every step of a lane is drawn as what it is counted as', () => {
    fc.assert(
      fc.property(anyDrawing, fc.integer({ min: 2, max: 9 }), (raw, pxPerStep) => {
        // No more lanes than may run at once: else free time belongs to no lane in particular.
        const drawing = { ...raw, sourceParallelism: 4, workParallelism: 4 };
        const window = windowOf(drawing) ?? [0, 0];
        fc.pre(window[1] > 0);
        const model = modelOf(drawingBytes(textOf(drawing)));
        // The queue's first record stands at step 0.
        const [fromNs] = model.snapshot().extentNs;
        for (const which of ['source', 'work'] as const) {
          const rows = [...laneRows(model, which === 'source' ? 'read' : 'work')];
          const toNs = fromNs + STEPS * STEP_NS;
          const reply = model.view({ seq: 1, fromNs, toNs, widthPx: STEPS * pxPerStep, rows });
          const drawn = rows.map((row) => areasOf(reply, row));
          const states = ['busy', 'starved', 'blocked', 'limited'] as const;
          const slow = slowPicture(drawing, which, window);
          for (const kind of states) {
            const steps = slow[kind] ?? 0;
            const area = drawn.reduce((sum, areas) => sum + areas[kind], 0);
            const isClose = Math.abs(area - steps * pxPerStep) < 2e-3;
            assert.ok(
              isClose,
              `${which} ${kind}: drew ${area} px for ${steps} steps of ${pxPerStep}`,
            );
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('conserve busy time at every width, also where thousands share a pixel', () => {
    const times = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 60 })),
      {
        minLength: 200,
        maxLength: 2000,
      },
    );
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 300 }), (pairs, widthPx) => {
        const trace = new TraceText();
        trace.declare(stageDeclaration('s', { parallelism: 1 }));
        trace.declare({
          kind: 'lane',
          lane: 9,
          stage: 's',
          pipeline: null,
          thread: 'main',
          slot: 0,
        });
        let atNs = drawingStartNs;
        let busyNs = 0;
        for (const [gap, length] of pairs) {
          trace.interval(9, {
            category: 'stage',
            name: 's',
            startNs: atNs + gap,
            endNs: atNs + gap + length,
          });
          atNs += gap + length;
          busyNs += length;
        }
        const model = modelOf(trace.take(), 65_536);
        const { extentNs } = model.snapshot();
        const [fromNs, toNs] = extentNs;
        fc.pre(toNs > fromNs);
        const [row = -1] = laneRows(model, 's');
        const reply = model.view({ seq: 1, fromNs, toNs, widthPx, rows: [row] });
        const { busy } = areasOf(reply, row);
        const drawnNs = (busy / widthPx) * (toNs - fromNs);
        // A share is one of 127 steps, and columns reach a little beyond what was asked for.
        assert.ok(
          Math.abs(drawnNs - busyNs) <= (toNs - fromNs + 2 * reply.columnNs) / 127,
          `drew ${drawnNs} of ${busyNs} ns`,
        );
        assert.equal(model.report().pipelines[0]?.stages[0]?.executions, pairs.length);
      }),
      { numRuns: 40 },
    );
  });

  it('conserve a queue’s time however it is cut into columns, and agree with a slow count', () => {
    const changes = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 300 })),
      {
        minLength: 2,
        maxLength: 3000,
      },
    );
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 9 }), (pairs, columns) => {
        const trace = new TraceText();
        let atNs = drawingStartNs;
        const samples: { atNs: number; depth: number }[] = [];
        for (const [gap, depth] of pairs) {
          atNs += gap;
          samples.push({ atNs: atNs - drawingStartNs, depth });
          trace.counter('queue', { name: 'q', id: 1, atNs, values: { depth } });
        }
        const model = modelOf(trace.take(), 65_536);
        const row = model.snapshot().rows.find((r) => r.kind === 'queue');
        assert.ok(row !== undefined);
        const [firstNs, lastNs] = model.snapshot().extentNs;
        fc.pre(lastNs > firstNs);
        const reply = model.view({
          seq: 1,
          fromNs: firstNs,
          toNs: lastNs,
          widthPx: columns,
          rows: [row.id],
        });
        const cells = cellsOf(reply, row.id);
        const origin = samples[0]?.atNs ?? 0;
        const { columnNs } = reply;
        const slow = slowCells(
          samples.map((x) => ({ ...x, atNs: x.atNs - origin })),
          cells,
          { columnNs, originNs: reply.originNs + cells.first * columnNs },
        );
        for (const [cell, share] of slow.entries()) {
          const drawn = cells.at(Math.floor(cell / cells.buckets), cell % cells.buckets);
          if (share > 1e-9) assert.ok(drawn >= 1, 'time at a depth is never invisible');
          const tolerance = share < 1 / 255 ? 1.01 : 0.51;
          assert.ok(
            Math.abs(drawn - share * 255) <= tolerance,
            `cell ${cell}: ${drawn} for ${share}`,
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Share of each cell, by going through all samples for all columns. */
function slowCells(
  samples: readonly { readonly atNs: number; readonly depth: number }[],
  { columns, buckets, depthPerBucket }: DecodedCells,
  { columnNs, originNs }: { readonly columnNs: number; readonly originNs: number },
): Float64Array {
  const slow = new Float64Array(columns * buckets);
  for (const [i, { atNs, depth }] of samples.entries()) {
    const toNs = samples[i + 1]?.atNs ?? atNs;
    for (let column = 0; column < columns; column++) {
      const startNs = originNs + column * columnNs;
      const overlap = Math.min(toNs, startNs + columnNs) - Math.max(atNs, startNs);
      const cell = column * buckets + Math.floor(depth / depthPerBucket);
      if (overlap > 0) slow[cell] = (slow[cell] ?? 0) + overlap / columnNs;
    }
  }
  return slow;
}
