import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PanelRow } from '../../extension/core/panel/rows.js';
import {
  bandOfRow,
  bandsBetween,
  CPU_LEVEL_PX,
  foldKey,
  GAUGE_PX,
  GROUP_PX,
  layout,
  levelHeightPx,
  MAX_LEVEL_PX,
  MIN_LEVEL_PX,
  MIN_STAGE_PX,
  placeAt,
  placeOfRow,
  QUEUE_PX,
  rowIdsBetween,
  STAGE_PAD_PX,
} from '../../webview/timeline/layout.js';
import { emptyReport, gaugesRow, queueRow, stageRow } from './builders.js';

const rows: readonly PanelRow[] = [
  stageRow(1, 'read', [
    [10, 1],
    [11, 1],
  ]),
  queueRow(2, 'texts', 8),
  stageRow(3, 'parse', [[30, 2]]),
];

describe('layout', () => {
  it('stacks the rows in their order without gap or overlap', () => {
    const { bands, heightPx } = layout(rows, emptyReport);
    assert.deepEqual(
      bands.map((b) => [b.kind, b.yPx, b.heightPx]),
      [
        ['stage', 0, MIN_STAGE_PX],
        ['queue', MIN_STAGE_PX, QUEUE_PX],
        ['stage', MIN_STAGE_PX + QUEUE_PX, MIN_STAGE_PX],
      ],
    );
    assert.equal(heightPx, 2 * MIN_STAGE_PX + QUEUE_PX);
  });

  it('gives CPU samples a height of their own, which takes nothing from the lanes', () => {
    const many = Array.from({ length: 32 }, (_, i) => [100 + i, 1] as const);
    const stage = stageRow(1, 'many', many);
    const cpu = { id: 11, label: 'main CPU', levels: 20, kind: 'cpu' } as const;
    const row = { ...stage, lanes: [...stage.lanes, cpu] };
    const { bands } = layout([row], emptyReport, new Map([[foldKey(row), false]]));
    const [band] = bands;
    assert.ok(band?.kind === 'stage');
    assert.equal(band.lanes[0]?.levelPx, levelHeightPx(32));
    assert.equal(band.lanes.at(-1)?.levelPx, CPU_LEVEL_PX);
    assert.equal(band.heightPx, 32 * levelHeightPx(32) + 20 * CPU_LEVEL_PX + 2 * STAGE_PAD_PX);
    const place = placeAt({ bands, heightPx: band.heightPx }, band.heightPx - STAGE_PAD_PX - 1);
    assert.ok(place?.kind === 'lane');
    assert.deepEqual([place.row, place.level], [11, 19]);
    // Folded lanes leave the samples where they can be read.
    const folded = layout([row], emptyReport).bands[0];
    assert.ok(folded?.kind === 'stage');
    assert.deepEqual([folded.lanes.length, folded.lanes[0]?.levelPx], [1, CPU_LEVEL_PX]);
    assert.equal(folded.heightPx, MIN_STAGE_PX + 20 * CPU_LEVEL_PX);
  });

  it('makes lanes thinner as they become many, down to a limit', () => {
    assert.equal(levelHeightPx(1), MAX_LEVEL_PX);
    assert.equal(levelHeightPx(8), 16);
    assert.equal(levelHeightPx(32), 7);
    assert.equal(levelHeightPx(5000), MIN_LEVEL_PX);
    for (let n = 1; n < 200; n += 1) assert.ok(levelHeightPx(n) >= levelHeightPx(n + 1));
  });

  it('puts gauges below everything, a line each, and folds them by process', () => {
    const other = { ...gaugesRow(200, [{}]), process: 2 };
    const all = [...rows, gaugesRow(100, [{}, {}]), other];
    const open = layout(all, emptyReport);
    const top = 2 * MIN_STAGE_PX + QUEUE_PX;
    assert.deepEqual(
      open.bands.slice(3).map((b) => [b.kind, b.yPx - top, b.heightPx]),
      [
        ['gauges', 0, GROUP_PX],
        ['gauge', GROUP_PX, GAUGE_PX],
        ['gauge', GROUP_PX + GAUGE_PX, GAUGE_PX],
        ['gauges', GROUP_PX + 2 * GAUGE_PX, GROUP_PX],
        ['gauge', 2 * GROUP_PX + 2 * GAUGE_PX, GAUGE_PX],
      ],
    );
    const atSecond = top + GROUP_PX + GAUGE_PX + 3;
    assert.equal(placeAt(open, top + 3), null);
    assert.equal(placeAt(open, atSecond)?.row, 102);
    assert.deepEqual(rowIdsBetween(open, atSecond, open.heightPx), [102, 201]);
    const folded = layout(all, emptyReport, new Map([[foldKey(gaugesRow(100, [])), true]]));
    assert.deepEqual(
      folded.bands.slice(3).map((b) => b.kind),
      ['gauges', 'gauges', 'gauge'],
    );
    assert.equal(folded.heightPx, open.heightPx - 2 * GAUGE_PX);
    assert.deepEqual(rowIdsBetween(folded, top, folded.heightPx), [201]);
  });

  it('folds the lanes of a stage into one strip when they are many, or when the reader wants it', () => {
    const lanes = (n: number, first: number) =>
      Array.from({ length: n }, (_, i) => [first + i, 1] as const);
    const few = stageRow(1, 'few', lanes(10, 100));
    const many = stageRow(2, 'many', lanes(11, 200));
    const single = stageRow(3, 'single', [[500, 1]]);
    const shapes = (folds: Map<string, boolean>): unknown =>
      layout([few, many, single], emptyReport, folds).bands.map(
        (b) => b.kind === 'stage' && [b.lanes.length, b.strip !== null],
      );
    assert.deepEqual(shapes(new Map()), [
      [10, false],
      [0, true],
      [1, false],
    ]);
    const turned = new Map([
      [foldKey(few), true],
      [foldKey(many), false],
      [foldKey(single), true],
    ]);
    assert.deepEqual(shapes(turned), [
      [0, true],
      [11, false],
      [1, false],
    ]);
    const geometry = layout([few, many, single], emptyReport);
    const strip = geometry.bands[1];
    assert.ok(strip?.kind === 'stage');
    assert.deepEqual(rowIdsBetween(geometry, strip.yPx, strip.yPx + strip.heightPx), [2]);
    assert.equal(placeAt(geometry, strip.yPx + 20)?.kind, 'strip');
    // A lane that is folded away stands where its stage's strip does.
    assert.deepEqual(placeOfRow(geometry, 203, 0), strip.strip);
    assert.equal(bandOfRow(geometry, 203), strip);
  });

  it('names the pipelines when there are several', () => {
    const other: PanelRow = { ...queueRow(9, 'other', null), pipeline: 'q' };
    const kinds = layout([...rows, other], emptyReport).bands.map((b) => b.kind);
    assert.deepEqual(kinds, ['group', 'stage', 'queue', 'stage', 'group', 'queue']);
  });

  it('finds lane and level at a height, and nothing on the padding', () => {
    const geometry = layout(rows, emptyReport);
    const parseY = MIN_STAGE_PX + QUEUE_PX + STAGE_PAD_PX;
    const at = (y: number): unknown => {
      const place = placeAt(geometry, y);
      if (place === null) return null;
      return place.kind === 'lane' ? [place.row, place.level] : place.row;
    };
    assert.equal(at(STAGE_PAD_PX - 1), null);
    assert.deepEqual(at(STAGE_PAD_PX), [10, 0]);
    assert.deepEqual(at(STAGE_PAD_PX + MAX_LEVEL_PX), [11, 0]);
    assert.equal(at(MIN_STAGE_PX + 1), 2);
    assert.deepEqual(at(parseY + 1), [30, 0]);
    assert.deepEqual(at(parseY + MAX_LEVEL_PX), [30, 1]);
    assert.equal(at(1e6), null);
    assert.equal(at(-5), null);
  });

  it('asks only for what is on screen, down to the lane, and never for too much', () => {
    const lanes = Array.from({ length: 10_000 }, (_, i) => [100_000 + i, 1] as const);
    const many = stageRow(1, 'many', lanes);
    const open = new Map([[foldKey(many), false]]);
    const geometry = layout([many, queueRow(2, 'q', 4)], emptyReport, open);
    const ids = rowIdsBetween(geometry, 3000, 3600);
    assert.equal(ids.length, 201);
    assert.equal(ids[0], 100_000 + Math.floor((3000 - STAGE_PAD_PX) / MIN_LEVEL_PX));
    assert.equal(rowIdsBetween(geometry, 0, 1e9).length, 4096);
    assert.deepEqual(rowIdsBetween(geometry, geometry.heightPx - 5, geometry.heightPx), [2]);
  });

  it('finds the same rows as a walk over all of them', () => {
    const row = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 20 }),
        fc.integer({ min: -50, max: 2500 }),
        (sizes, y) => {
          const made = sizes.map((lanes, i) =>
            lanes === 0
              ? queueRow(i, `q${i}`, 4)
              : stageRow(
                  i,
                  `s${i}`,
                  Array.from({ length: lanes }, (_, k) => [1000 * i + k, 1 + (k % 3)] as const),
                ),
          );
          const geometry = layout(made, emptyReport);
          const walked = geometry.bands.filter((b) => b.yPx < y + 300 && b.yPx + b.heightPx > y);
          assert.deepEqual(bandsBetween(geometry, y, y + 300), walked);
        },
      ),
    );
  });
});
