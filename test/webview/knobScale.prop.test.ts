/** Where values stand on a slider: every one can be reached, in order, and nothing beyond the knob's range. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  knobScale,
  positionOf,
  STEPS,
  valueAfterKey,
  valueAt,
} from '../../webview/live/knobScale.js';

const knob = fc
  .record({
    min: fc.integer({ min: 0, max: 100 }),
    room: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
    at: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map(({ min, room, at }) => {
    const max = room === null ? null : min + room;
    const value = at === null ? null : Math.round(min + at * (room ?? 10_000));
    return { min, max, value };
  });
const position = fc.integer({ min: 0, max: STEPS });

describe('the scale of a knob', () => {
  it('has whole values in the range, more to the right', () => {
    fc.assert(
      fc.property(knob, position, position, (k, a, b) => {
        const scale = knobScale(k, k.value);
        const [low, high] = [valueAt(scale, Math.min(a, b)), valueAt(scale, Math.max(a, b))];
        assert.ok(Number.isInteger(low) && low >= k.min && low <= high);
        assert.ok(k.max === null || high <= k.max);
      }),
    );
  });

  it('begins and ends at the ends, and shows the unlimited there', () => {
    fc.assert(
      fc.property(knob, (k) => {
        const scale = knobScale(k, k.value);
        assert.equal(valueAt(scale, 0), k.min);
        assert.equal(valueAt(scale, STEPS), scale.max);
        assert.equal(positionOf(scale, null), STEPS);
      }),
    );
  });

  it('finds small values again, which a log scale keeps apart', () => {
    fc.assert(
      fc.property(knob, fc.integer({ min: 0, max: 50 }), (k, up) => {
        const scale = knobScale(k, k.value);
        const value = Math.min(k.min + up, scale.max);
        assert.equal(valueAt(scale, positionOf(scale, value)), value);
      }),
    );
  });

  it('stays as it is while a knob without a bound is drawn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), position, (start, at) => {
        const scale = knobScale({ min: 1, max: null, value: start }, start);
        const drawn = knobScale({ min: 1, max: null, value: valueAt(scale, at) }, start);
        assert.deepEqual(drawn, scale);
      }),
    );
  });

  it('goes by keys to every value, and not out of the range', () => {
    const scale = knobScale({ min: 1, max: 64, value: 8 }, 8);
    const after = (value: number, key: string): number | null => valueAfterKey(scale, value, key);
    assert.equal(after(8, 'ArrowUp'), 9);
    assert.equal(after(8, 'ArrowLeft'), 7);
    assert.equal(after(8, 'PageUp'), 16);
    assert.equal(after(9, 'PageDown'), 5);
    assert.equal(after(64, 'ArrowRight'), 64);
    assert.equal(after(1, 'PageDown'), 1);
    assert.equal(after(8, 'Home'), 1);
    assert.equal(after(8, 'End'), 64);
    assert.equal(after(8, 'a'), null);
    // Without a bound a number field may have gone beyond the slider's end.
    const open = knobScale({ min: 1, max: null, value: 8 }, 8);
    assert.equal(open.max, 64);
    assert.equal(valueAfterKey(open, null, 'ArrowLeft'), 63);
  });
});
