import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { foldKey, layout } from '../../webview/timeline/layout.js';
import { rangeToSee, scrollToSee } from '../../webview/timeline/intoView.js';
import { spanOf } from '../../webview/timeline/timeScale.js';
import { emptyReport, queueRow, stageRow } from './builders.js';

const range = { fromNs: 0, toNs: 1e9 };
const WIDTH_PX = 1000;

describe('the range in which something can be seen', () => {
  it('is the present one where it can be seen already', () => {
    assert.equal(rangeToSee(range, WIDTH_PX, { fromNs: 0.5e9, toNs: 0.6e9 }, 'part'), null);
  });

  it('is moved to what is elsewhere, and keeps its length', () => {
    const next = rangeToSee(range, WIDTH_PX, { fromNs: 2e9, toNs: 2.1e9 }, 'part');
    assert.deepEqual(next, { fromNs: 1.55e9, toNs: 2.55e9 });
  });

  it('is narrower for what is too short to be read, wider for what is too long', () => {
    const short = rangeToSee(range, WIDTH_PX, { fromNs: 0.5e9, toNs: 0.501e9 }, 'part');
    assert.ok(short !== null);
    assert.equal(Math.round((1e6 / spanOf(short)) * WIDTH_PX), 120);
    const long = rangeToSee(range, WIDTH_PX, { fromNs: 0, toNs: 4e9 }, 'part');
    assert.ok(long !== null && long.fromNs < 0 && long.toNs > 4e9);
  });

  it('is filled by what one wants to see all of', () => {
    const wanted = { fromNs: 0.5e9, toNs: 0.52e9 };
    const next = rangeToSee(range, WIDTH_PX, wanted, 'fill');
    assert.ok(next !== null);
    assert.equal(Math.round((spanOf(wanted) / spanOf(next)) * 100), 85);
    assert.equal(rangeToSee(range, WIDTH_PX, { fromNs: 0.5e9, toNs: 0.6e9 }, 'fill'), null);
  });

  it('shows a moment with some surroundings, and does not zoom out for it', () => {
    const at = { fromNs: 0.5e9, toNs: 0.5e9 };
    const next = rangeToSee(range, WIDTH_PX, at, 'part');
    assert.ok(next !== null && spanOf(next) > 0);
    const close = { fromNs: 0.5e9 - 500, toNs: 0.5e9 + 500 };
    assert.equal(rangeToSee(close, WIDTH_PX, at, 'part'), null);
  });

  it('always holds what is wanted', () => {
    const ns = fc.double({ min: 0, max: 1e10, noNaN: true });
    const size = fc.constantFrom('fill' as const, 'part' as const);
    fc.assert(
      fc.property(ns, fc.double({ min: 0, max: 3e9, noNaN: true }), size, (fromNs, length, how) => {
        const wanted = { fromNs, toNs: fromNs + length };
        const shown = rangeToSee(range, WIDTH_PX, wanted, how) ?? range;
        const air = 1e-6 * spanOf(shown);
        assert.ok(shown.fromNs <= wanted.fromNs + air && shown.toNs >= wanted.toNs - air);
      }),
    );
  });
});

describe('scrolling to rows', () => {
  const many = stageRow(
    1,
    'many',
    Array.from({ length: 40 }, (_, i) => [100 + i, 1] as const),
  );
  const rows = [stageRow(5, 'first', [[50, 1]]), queueRow(6, 'q', 4), many];
  const open = layout(rows, emptyReport, new Map([[foldKey(many), false]]));
  const at = (...ids: readonly number[]): { row: number; level: number }[] =>
    ids.map((row) => ({ row, level: 0 }));

  it('stays where all of them can be seen, and where none of them is', () => {
    const window = { scrollPx: 0, heightPx: 1000 };
    assert.equal(scrollToSee(open, window, at(50, 139)), 0);
    assert.equal(scrollToSee(open, { scrollPx: 30, heightPx: 50 }, at(999)), 30);
  });

  it('goes no further than is needed', () => {
    const down = scrollToSee(open, { scrollPx: 0, heightPx: 200 }, at(139));
    assert.ok(down > 0 && down < open.heightPx - 100);
    assert.equal(scrollToSee(open, { scrollPx: down, heightPx: 200 }, at(139)), down);
    assert.equal(scrollToSee(open, { scrollPx: 200, heightPx: 100 }, at(50)), 0);
  });

  it('shows the first of rows that are too far apart', () => {
    assert.equal(scrollToSee(open, { scrollPx: 150, heightPx: 100 }, at(50, 139)), 0);
  });

  it('goes to the strip of a lane that is folded away', () => {
    const folded = layout(rows, emptyReport, new Map([[foldKey(many), true]]));
    const to = scrollToSee(folded, { scrollPx: 0, heightPx: 100 }, at(139));
    assert.ok(to > 0 && to + 100 <= folded.heightPx + 30);
  });
});
