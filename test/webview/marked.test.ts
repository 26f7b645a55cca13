import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  gripAt,
  movedMark,
  newMark,
  stretchBetween,
  type MarkWindow,
} from '../../webview/range/marked.js';

const window: MarkWindow = {
  range: { fromNs: 0, toNs: 1000 },
  extent: { fromNs: 0, toNs: 1000 },
  widthPx: 100,
};
const marked = { fromNs: 200, toNs: 600 };

describe('what can be grasped of a marked stretch', () => {
  it('is an edge nearby, the stretch between them, or nothing', () => {
    const grips = [10, 15, 20, 25, 26, 59, 64, 66].map((x) => gripAt(marked, window, x));
    assert.deepEqual(grips, [null, 'from', 'from', 'from', 'inside', 'to', 'to', null]);
    assert.equal(gripAt(null, window, 20), null);
  });

  it('is the nearer one of two edges that are close together', () => {
    const narrow = { fromNs: 200, toNs: 240 };
    assert.deepEqual(
      [19, 21, 23, 25].map((x) => gripAt(narrow, window, x)),
      ['from', 'from', 'to', 'to'],
    );
  });
});

describe('dragging', () => {
  it('marks from where it began, to either side', () => {
    const drag = newMark(40, window);
    assert.deepEqual(drag(70, window), { fromNs: 400, toNs: 700 });
    assert.deepEqual(drag(10, window), { fromNs: 100, toNs: 400 });
  });

  it('keeps its beginning when the picture is moved or zoomed meanwhile', () => {
    const drag = newMark(40, window);
    const zoomed = { ...window, range: { fromNs: 300, toNs: 500 } };
    assert.deepEqual(drag(100, zoomed), { fromNs: 400, toNs: 500 });
  });

  it('moves an edge by as much as the pointer, also beyond the other one', () => {
    const drag = movedMark(marked, 'from', 22, window);
    assert.deepEqual(drag(32, window), { fromNs: 300, toNs: 600 });
    assert.deepEqual(drag(82, window), { fromNs: 600, toNs: 800 });
    assert.deepEqual(movedMark(marked, 'to', 60, window)(90, window), { fromNs: 200, toNs: 900 });
  });

  it('moves the whole stretch, which keeps its length at the ends of the session', () => {
    const drag = movedMark(marked, 'inside', 40, window);
    assert.deepEqual(drag(50, window), { fromNs: 300, toNs: 700 });
    assert.deepEqual(drag(-100, window), { fromNs: 0, toNs: 400 });
    assert.deepEqual(drag(200, window), { fromNs: 600, toNs: 1000 });
  });

  it('never leaves the session, and never marks nothing', () => {
    const moment = fc.double({ min: -5000, max: 5000, noNaN: true });
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        const { fromNs, toNs } = stretchBetween(a, b, window.extent);
        assert.ok(fromNs >= 0 && toNs <= 1000 && toNs > fromNs, `${fromNs} ${toNs}`);
      }),
    );
  });

  it('can mark what is shown of a session without data', () => {
    const { fromNs, toNs } = stretchBetween(0, 500, { fromNs: 0, toNs: 0 });
    assert.ok(toNs > fromNs);
  });
});
