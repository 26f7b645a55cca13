import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { steadyPart, warmUpLength } from '../../../../extension/core/measure/steadyWindow.js';
import { Random } from '../../../../extension/core/statistics/random.js';
import { near } from '../simulation/near.js';

/** Values around 100 behind a start of values that rise to it. */
function series(start: number, length: number, seed = 1): readonly number[] {
  const random = new Random(seed);
  return Array.from({ length }, (_, i) => (i < start ? (60 * i) / start : 100) + random.normal());
}

describe('warmUpLength', () => {
  it('finds where a start ends', () => {
    for (const start of [5, 20, 40]) {
      const found = warmUpLength(series(start, 100));
      assert.ok(Math.abs(found - start) <= 1, `${start}: ${found}`);
    }
  });

  it('leaves a steady series alone, nearly', () => {
    const cuts = Array.from({ length: 40 }, (_, seed) => warmUpLength(series(0, 100, seed)));
    const mean = cuts.reduce((sum, cut) => sum + cut, 0) / cuts.length;
    assert.ok(mean <= 15, `${mean} of 100 are cut off on average`);
    assert.equal(warmUpLength(new Array<number>(100).fill(7)), 0);
  });

  it('takes half at most, whatever the values are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 60 }),
        (values) => {
          const found = warmUpLength(values);
          assert.ok(Number.isInteger(found) && found >= 0 && found <= values.length / 2);
        },
      ),
    );
  });
});

describe('steadyPart', () => {
  /** One item a millisecond between two moments, in milliseconds. */
  const leaving = (fromMs: number, toMs: number, everyMs = 1): number[] =>
    Array.from({ length: (toMs - fromMs) / everyMs }, (_, i) => (fromMs + i * everyMs) * 1e6);
  const part = (atNs: readonly number[]): readonly [number, number] => {
    const departures = {
      atNs: Float64Array.from(atNs),
      items: new Uint32Array(atNs.length).fill(1),
    };
    const { fromNs, toNs } = steadyPart({ fromNs: 0, toNs: 1e9 }, departures);
    return [fromNs / 1e6, toNs / 1e6];
  };

  it('leaves out a slow start and a slow end', () => {
    const [fromMs, toMs] = part([
      ...leaving(0, 200, 5),
      ...leaving(200, 900),
      ...leaving(900, 1000, 10),
    ]);
    near(fromMs, 200, 0.06);
    near(toMs, 900, 0.02);
  });

  it('takes all of a steady stretch', () => {
    assert.deepEqual(part(leaving(0, 1000)), [0, 1000]);
  });

  it('takes all when too little left to tell', () => {
    assert.deepEqual(part(leaving(800, 829)), [0, 1000]);
  });

  it('counts items, not executions', () => {
    // As many executions all the time, of one item in the first quarter and of four behind it.
    const atNs = Float64Array.from(leaving(0, 1000));
    const items = Uint32Array.from(atNs, (ns) => (ns < 0.25e9 ? 1 : 4));
    near(steadyPart({ fromNs: 0, toNs: 1e9 }, { atNs, items }).fromNs / 1e6, 250, 0.05);
  });
});
