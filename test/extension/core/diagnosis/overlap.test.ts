import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { overlapOf } from '../../../../extension/core/diagnosis/overlap.js';
import { measured } from '../points.js';
import { near } from '../simulation/near.js';

const starts = (fromMs: number): readonly number[] =>
  Array.from({ length: 100 }, (_, i) => fromMs + 10 * i);

describe('overlapOf', () => {
  it('tells how much of the time each runs, and two or more do', () => {
    // Of each 10 ms the first runs 0 to 6, the second 3 to 8.
    const overlap = overlapOf([
      measured('a', { startsMs: starts(0), serviceMs: 6 }),
      measured('b', { startsMs: starts(3), serviceMs: 5 }),
    ]);
    near(overlap?.active[0], 0.6, 0.01);
    near(overlap?.active[1], 0.5, 0.01);
    near(overlap?.together, 0.3, 0.01);
    // 0.6 x 0.5, if they knew nothing of each other.
    near(overlap?.expected, 0.3, 0.02);
    assert.equal(overlap?.pauses, 99);
  });

  it('one after the other is not at the same time', () => {
    const overlap = overlapOf([
      measured('a', { startsMs: starts(0), serviceMs: 5 }),
      measured('b', { startsMs: starts(5), serviceMs: 5 }),
    ]);
    assert.equal(overlap?.together, 0);
  });

  it('counts a stage with several lanes at work once', () => {
    const overlap = overlapOf([measured('a', { startsMs: starts(0), serviceMs: 30, lanes: 3 })]);
    assert.equal(overlap?.together, 0);
    near(overlap.active[0], 1, 0.01);
  });
});
