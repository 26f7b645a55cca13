import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  clampRange,
  MIN_SPAN_NS,
  panBy,
  rulerFor,
  spanOf,
  timeAt,
  xOf,
  zoomAround,
} from '../../webview/timeline/timeScale.js';

const range = fc
  .tuple(
    fc.double({ min: -1e12, max: 1e12, noNaN: true }),
    fc.double({ min: 1e4, max: 1e13, noNaN: true }),
  )
  .map(([fromNs, span]) => ({ fromNs, toNs: fromNs + span }));
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('time scale, properties', () => {
  it('keeps the time under the pointer when it zooms', () => {
    fc.assert(
      fc.property(range, share, fc.double({ min: 0.2, max: 5, noNaN: true }), (r, at, factor) => {
        const x = at * 1000;
        const atNs = timeAt(r, 1000, x);
        const next = zoomAround(r, atNs, factor);
        assert.ok(Math.abs(xOf(next, 1000, atNs) - x) < 1e-3);
        const span = Math.max(spanOf(r) * factor, MIN_SPAN_NS);
        assert.ok(Math.abs(spanOf(next) / span - 1) < 1e-6);
      }),
    );
  });

  it('finds the pixel of the moment of a pixel', () => {
    fc.assert(
      fc.property(range, share, (r, at) => {
        assert.ok(Math.abs(xOf(r, 800, timeAt(r, 800, at * 800)) - at * 800) < 1e-2);
      }),
    );
  });

  it('pans there and back again, and clamps to the same range twice', () => {
    fc.assert(
      fc.property(range, range, share, (r, extent, by) => {
        const back = panBy(panBy(r, by), -by);
        assert.ok(Math.abs(back.fromNs - r.fromNs) < spanOf(r) * 1e-6 + 1e-2);
        const once = clampRange(r, extent);
        const twice = clampRange(once, extent);
        assert.ok(Math.abs(twice.fromNs - once.fromNs) <= spanOf(once) * 1e-9 + 1e-2);
        assert.ok(spanOf(once) > 0);
      }),
    );
  });

  it('gives ticks in order, inside the range, with labels that differ', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e14, noNaN: true }),
        fc.double({ min: MIN_SPAN_NS, max: 1e14, noNaN: true }),
        (fromNs, span) => {
          const r = { fromNs, toNs: fromNs + span };
          const { ticks, stepNs } = rulerFor(r, 900);
          assert.ok(ticks.length <= 10);
          for (const [i, tick] of ticks.entries()) {
            assert.ok(tick.atNs >= fromNs - stepNs * 1e-3 && tick.atNs <= r.toNs + stepNs * 1e-3);
            if (i > 0) assert.ok(tick.atNs > (ticks[i - 1]?.atNs ?? 0));
          }
          assert.equal(new Set(ticks.map((t) => t.label)).size, ticks.length);
        },
      ),
    );
  });
});
