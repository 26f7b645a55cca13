import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Heap } from '../../../../extension/core/model/heap.js';

it('a heap has the first of all things on top, whatever comes, goes and changes', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), value: fc.nat(20) }),
    fc.record({ kind: fc.constant('replace' as const), value: fc.nat(20) }),
    fc.record({ kind: fc.constant('change' as const), value: fc.nat(20) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const heap = new Heap<{ value: number }>((a, b) => a.value < b.value);
      const plain: number[] = [];
      for (const { kind, value } of steps) {
        plain.sort((a, b) => a - b);
        if (kind === 'change' && heap.top !== undefined) {
          heap.top.value = value;
          heap.topChanged();
        } else if (kind === 'replace') heap.replaceTop({ value });
        else if (kind === 'push') heap.push({ value });
        else continue;
        if (kind !== 'push') plain.shift();
        plain.push(value);
        assert.equal(heap.top?.value, Math.min(...plain));
        assert.equal(heap.size, plain.length);
        const all = heap.all().map((thing) => thing.value);
        assert.deepEqual(
          all.sort((a, b) => a - b),
          plain.sort((a, b) => a - b),
        );
      }
    }),
  );
});
