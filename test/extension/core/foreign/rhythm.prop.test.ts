/** Places by rhythm: the right one of an irregular run, and none for another run or for a regular one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { placeByRhythm } from '../../../../extension/core/foreign/rhythm.js';

/** Beginnings with distances in microseconds, in nanoseconds from 0. */
function starts(distancesUs: readonly number[]): number[] {
  let at = 0;
  return [0, ...distancesUs].map((us) => (at += us * 1000));
}

/** Distances of 5 to 25 ms without a pattern. */
const irregular = (length: number): fc.Arbitrary<number[]> =>
  fc.integer().map((seed) => {
    let state = seed | 0;
    return Array.from({ length }, () => {
      // Mulberry32.
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return 5000 + (((t ^ (t >>> 14)) >>> 0) % 20_000);
    });
  });

describe('a place by rhythm', () => {
  it('is where the trace was recorded, whatever part of the run that is', () => {
    fc.assert(
      fc.property(
        irregular(120),
        fc.nat({ max: 90 }),
        fc.integer({ min: 12, max: 30 }),
        fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 30, maxLength: 30 }),
        (distances, from, length, lateNs) => {
          const capture = starts(distances);
          const originNs = 5e9;
          const trace = capture
            .slice(from, from + length)
            .map((at, i) => at - originNs + (lateNs[i] ?? 0));
          const place = placeByRhythm(capture, trace);
          assert.ok(place !== null);
          assert.ok(Math.abs(place.shiftNs - originNs) <= 40_000, String(place.shiftNs));
        },
      ),
    );
  });

  it('is none in another run', () => {
    fc.assert(
      fc.property(irregular(60), irregular(30), (ours, theirs) => {
        fc.pre(ours[0] !== theirs[0]);
        assert.equal(placeByRhythm(starts(ours), starts(theirs)), null);
      }),
    );
  });

  it('is none where the work is regular, or too little', () => {
    const regular = starts(Array.from({ length: 50 }, (_, i) => 20_000 + (i % 3)));
    assert.equal(placeByRhythm(regular, regular.slice(0, 50)), null);
    const few = starts([5000, 9000, 7000]);
    assert.equal(placeByRhythm(few, few), null);
    assert.equal(placeByRhythm([], []), null);
    const long = starts(Array.from({ length: 20 }, (_, i) => 5000 + ((i * 7919) % 9000)));
    assert.equal(placeByRhythm(long.slice(0, 12), long), null, 'the trace has more');
    assert.ok(placeByRhythm(long, long) !== null);
  });

  it('is none where a pattern repeats', () => {
    const pattern = Array.from({ length: 20 }, (_, i) => 5000 + ((i * 7919) % 9000));
    const capture = starts([...pattern, ...pattern, ...pattern]);
    assert.equal(placeByRhythm(capture, capture.slice(0, 18)), null);
  });
});
