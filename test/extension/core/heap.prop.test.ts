import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MinHeap } from '../../../extension/core/heap.js';

describe('a heap', () => {
  it('hands out everything in order, also while its least element grows', () => {
    const lists = fc.array(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }));
    fc.assert(
      fc.property(lists, (unsorted) => {
        const sorted = unsorted.map((list) => list.toSorted((a, b) => a - b));
        const readers = sorted.map((list) => ({ list, at: 0 }));
        const valueOf = ({ list, at }: { list: number[]; at: number }): number =>
          list[at] ?? Infinity;
        const heap = new MinHeap([...readers], (a, b) => valueOf(a) < valueOf(b));
        const merged: number[] = [];
        for (let next = heap.least; next !== undefined; next = heap.least) {
          const second = heap.second;
          if (second !== undefined) assert.ok(valueOf(second) >= valueOf(next));
          merged.push(valueOf(next));
          next.at++;
          if (next.at < next.list.length) heap.grown();
          else assert.equal(heap.pop(), next);
        }
        assert.deepEqual(
          merged,
          unsorted.flat().toSorted((a, b) => a - b),
        );
      }),
    );
  });
});
