import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { highHalf, highOfNs, joinWord, lowHalf, nsSince } from '../../../agent/wire/ticks.js';

const word = fc.bigInt(0n, (1n << 64n) - 1n);

it('halves join to the word they came from', () => {
  fc.assert(
    fc.property(word, (w) => {
      assert.equal(joinWord(highHalf(w), lowHalf(w)), w);
    }),
  );
});

it('nsSince is the exact difference below 2^53, whatever the uptime', () => {
  const limit = Number.MAX_SAFE_INTEGER;
  const difference = fc.integer({ min: -limit, max: limit });
  fc.assert(
    fc.property(fc.bigInt(1n << 53n, (1n << 63n) - 1n), difference, (anchor, ns) => {
      const at = anchor + BigInt(ns);
      const since = nsSince(highHalf(anchor), lowHalf(anchor), highHalf(at), lowHalf(at));
      assert.equal(since, ns);
    }),
  );
});

it('highOfNs and the low 32 bits are the halves of a number', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (ns) => {
      assert.equal(joinWord(highOfNs(ns), ns >>> 0), BigInt(ns));
    }),
  );
});
