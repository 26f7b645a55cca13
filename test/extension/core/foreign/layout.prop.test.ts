/** Slices on lanes: nothing overlaps but by nesting, nothing is lost, and what nests stays together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Nesting, Slots } from '../../../../extension/core/foreign/layout.js';

interface Placed {
  readonly lane: number;
  readonly isTop: boolean;
  readonly startNs: number;
  readonly endNs: number;
}

function placeAll(slices: readonly (readonly [number, number])[]): readonly Placed[] {
  const nesting = new Nesting();
  const sorted = slices.toSorted((a, b) => a[0] - b[0] || b[1] - a[1]);
  return sorted.map(([startNs, durationNs]) => ({
    ...nesting.place(startNs, startNs + durationNs),
  }));
}

const slices = fc.array(fc.tuple(fc.nat(100_000), fc.nat(30_000)), { maxLength: 60 });

describe('slices of a thread', () => {
  it('never overlap on a lane, but by lying in each other', () => {
    fc.assert(
      fc.property(slices, (all) => {
        const placed = placeAll(all);
        assert.equal(placed.length, all.length);
        for (const [i, a] of placed.entries()) {
          assert.ok(a.endNs >= a.startNs);
          for (const b of placed.slice(i + 1)) {
            if (a.lane !== b.lane) continue;
            const isApart = b.startNs >= a.endNs || b.endNs <= a.startNs;
            const isNested = b.startNs >= a.startNs && b.endNs <= a.endNs;
            assert.ok(isApart || isNested, JSON.stringify([a, b]));
            if (a.isTop && b.isTop) assert.ok(isApart, JSON.stringify([a, b]));
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('keep their times to a microsecond', () => {
    fc.assert(
      fc.property(slices, (all) => {
        const sorted = all.toSorted((a, b) => a[0] - b[0] || b[1] - a[1]);
        for (const [i, place] of placeAll(all).entries()) {
          const [startNs = 0, durationNs = 0] = sorted[i] ?? [];
          assert.ok(Math.abs(place.startNs - startNs) <= 1000);
          assert.ok(place.endNs - (startNs + durationNs) <= 1000);
          assert.ok(startNs + durationNs - place.endNs <= 1000);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('stay on one lane when they are well nested', () => {
    const placed = placeAll([
      [0, 100_000],
      [0, 50_000],
      [10_000, 10_000],
      [50_000, 50_000],
      [100_000, 5000],
    ]);
    assert.ok(placed.every(({ lane }) => lane === 0));
    assert.deepEqual(
      placed.map(({ isTop }) => isTop),
      [true, false, false, false, true],
    );
  });

  it('are clipped where only rounding makes them overlap', () => {
    const placed = placeAll([
      [0, 10_000],
      // Stands out by 0.4 µs.
      [5000, 5400],
      // Starts 0.5 µs too early.
      [9500, 10_000],
    ]);
    assert.deepEqual(
      placed.map(({ lane, startNs, endNs, isTop }) => [lane, startNs, endNs, isTop]),
      [
        [0, 0, 10_000, true],
        [0, 5000, 10_000, false],
        [0, 10_000, 19_500, true],
      ],
    );
  });

  it('go to a row of their own when they overlap in earnest, with what lies in them', () => {
    const placed = placeAll([
      [0, 10_000],
      [5000, 15_000],
      [12_000, 3000],
    ]);
    assert.deepEqual(
      placed.map(({ lane, isTop }) => [lane, isTop]),
      [
        [0, true],
        [1, true],
        [1, false],
      ],
    );
  });

  it('are cut, and counted, when there are no rows left', () => {
    const nesting = new Nesting();
    for (let i = 0; i < 100; i++) nesting.place(i * 5000, 1e6 + i * 5000);
    assert.equal(nesting.cut, 100 - 64);
  });
});

describe('slots', () => {
  it('hold one execution at a time, on the first that is free', () => {
    fc.assert(
      fc.property(slices, (all) => {
        const slots = new Slots(1000);
        const ends: number[] = [];
        for (const [startNs, durationNs] of all.toSorted((a, b) => a[0] - b[0])) {
          const slot = slots.place(startNs, startNs + durationNs);
          assert.ok((ends[slot] ?? -1) <= startNs);
          for (let i = 0; i < slot; i++) assert.ok((ends[i] ?? -1) > startNs);
          ends[slot] = startNs + durationNs;
        }
      }),
    );
  });

  it('are as many as allowed', () => {
    const slots = new Slots(2);
    assert.deepEqual([slots.place(0, 10), slots.place(1, 10), slots.place(2, 10)], [0, 1, -1]);
  });
});
