import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Slots } from '../../../agent/src/slots.js';

it('always gives out the lowest free slot, and -1 when all are taken', () => {
  const operation = fc.oneof(fc.constant(null), fc.nat(1000));
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 600 }),
      fc.constantFrom(32, 64, 256),
      (list, max) => {
        const slots = new Slots(max);
        const taken = new Set<number>();
        for (const release of list) {
          const victim =
            release === null ? undefined : [...taken][release % Math.max(1, taken.size)];
          if (victim === undefined) {
            let lowest = 0;
            while (taken.has(lowest)) lowest++;
            const slot = slots.take();
            assert.equal(slot, lowest < max ? lowest : -1);
            if (slot >= 0) taken.add(slot);
          } else {
            taken.delete(victim);
            slots.release(victim);
          }
        }
      },
    ),
  );
});
