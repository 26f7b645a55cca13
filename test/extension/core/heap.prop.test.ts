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

  it('has the least of all on top, whatever comes, goes and changes', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), value: fc.nat(20) }),
      fc.record({ kind: fc.constant('replace' as const), value: fc.nat(20) }),
      fc.record({ kind: fc.constant('change' as const), value: fc.nat(20) }),
      fc.record({ kind: fc.constant('pop' as const), value: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = new MinHeap<{ value: number }>([], (a, b) => a.value < b.value);
        const plain: number[] = [];
        for (const { kind, value } of steps) {
          plain.sort((a, b) => a - b);
          if (kind === 'change' && heap.least !== undefined) {
            heap.least.value = value;
            heap.grown();
          } else if (kind === 'replace') heap.replaceLeast({ value });
          else if (kind === 'push') heap.push({ value });
          else if (kind === 'pop') assert.equal(heap.pop()?.value, plain[0]);
          else continue;
          if (kind !== 'push') plain.shift();
          if (kind !== 'pop') plain.push(value);
          assert.equal(heap.least?.value ?? Infinity, Math.min(...plain));
          assert.equal(heap.size, plain.length);
          const all = heap.all.map((thing) => thing.value);
          assert.deepEqual(
            all.sort((a, b) => a - b),
            plain.sort((a, b) => a - b),
          );
        }
      }),
    );
  });
});
