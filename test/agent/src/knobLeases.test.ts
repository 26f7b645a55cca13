import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnobLeases } from '../../../agent/src/drain/knobLeases.js';

describe('leases of knobs', () => {
  it('run out unless they are held', () => {
    const leases = new KnobLeases();
    leases.take(1, { value: 4, leaseMs: 100 }, 0);
    leases.take(2, { value: Infinity, leaseMs: 1000 }, 0);
    assert.deepEqual([...leases.takeExpired(99)], []);
    assert.ok(leases.hold(99));
    assert.deepEqual([...leases.takeExpired(198)], []);
    assert.deepEqual([...leases.takeExpired(199)], [[1, 4]]);
    assert.deepEqual([...leases.takeExpired(1e9)], [[2, Infinity]]);
    assert.equal(leases.size, 0);
    assert.equal(leases.hold(1e9), false);
  });

  it('end when the value is confirmed, and begin anew with another value', () => {
    const leases = new KnobLeases();
    leases.take(1, { value: 4, leaseMs: 100 }, 0);
    leases.take(2, { value: 5, leaseMs: 100 }, 0);
    leases.end(1);
    leases.take(2, { value: 6, leaseMs: 100 }, 50);
    assert.deepEqual([...leases.takeExpired(100)], []);
    assert.deepEqual([...leases.takeAll()], [[2, 6]]);
  });
});
