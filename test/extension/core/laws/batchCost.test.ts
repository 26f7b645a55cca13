import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  batchDurationNs,
  batchForShare,
  batchRatePerSec,
  fitBatchCost,
  largestBatchFor,
  smallestStableBatch,
} from '../../../../extension/core/laws/batchCost.js';
import { Random } from '../../../../extension/core/statistics/random.js';

const MS = 1e6;
const sizes = [1, 2, 4, 8, 16, 32, 64];
const line = (items: number): number => 20 * MS + 0.5 * MS * items;

describe('what a batch costs', () => {
  it('is found through noise and stray executions', () => {
    const random = new Random(1);
    const executions = sizes.flatMap((items) =>
      Array.from({ length: 20 }, (_, i) => ({
        items,
        durationNs: i === 0 ? 900 * MS : line(items) * Math.exp(0.05 * random.normal()),
      })),
    );
    const fit = fitBatchCost(executions);
    assert.ok(fit !== null);
    assert.ok(Math.abs(fit.fixedNs / (20 * MS) - 1) < 0.05, String(fit.fixedNs));
    assert.ok(Math.abs(fit.perItemNs / (0.5 * MS) - 1) < 0.1, String(fit.perItemNs));
    assert.ok(fit.perItemInterval.low <= 0.5 * MS && fit.perItemInterval.high >= 0.5 * MS);
    assert.ok(fit.fixedInterval.low <= 20 * MS && fit.fixedInterval.high >= 20 * MS);
    assert.deepEqual([fit.sizes, fit.largestItems, fit.kneeItems], [7, 64, null]);
  });

  it('needs three sizes', () => {
    const two = [1, 2, 2, 1].map((items) => ({ items, durationNs: line(items) }));
    assert.equal(fitBatchCost(two), null);
    assert.equal(
      fitBatchCost([...two, { items: 0, durationNs: 5 }, { items: 3, durationNs: NaN }]),
      null,
    );
    assert.notEqual(fitBatchCost([...two, { items: 3, durationNs: line(3) }]), null);
  });

  it('is fitted up to the knee where items begin to cost more', () => {
    const bent = [1, 2, 4, 8, 16, 24, 32, 48, 64].map((items) => ({
      items,
      durationNs: line(items) + Math.max(items - 16, 0) * 3 * MS,
    }));
    const fit = fitBatchCost(bent);
    assert.equal(fit?.kneeItems, 16);
    assert.ok(Math.abs(fit.perItemNs / (0.5 * MS) - 1) < 1e-9);
    assert.equal(fit.largestItems, 16);
  });

  it('is exact on lines, and never negative', () => {
    const part = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(part, part, (fixed, perItem) => {
        fc.pre(fixed + perItem > 0);
        const fit = fitBatchCost(sizes.map((b) => ({ items: b, durationNs: fixed + perItem * b })));
        assert.ok(fit !== null && fit.kneeItems === null);
        assert.ok(Math.abs(fit.fixedNs - fixed) < 1e-6 && Math.abs(fit.perItemNs - perItem) < 1e-6);
      }),
    );
    const falling = fitBatchCost([1, 2, 3].map((items) => ({ items, durationNs: 10 - items })));
    assert.deepEqual([falling?.fixedNs, falling?.perItemNs], [8, 0]);
    const convex = fitBatchCost([1, 2, 3].map((items) => ({ items, durationNs: 10 * items - 5 })));
    assert.equal(convex?.fixedNs, 0);
  });
});

describe('the size of a batch', () => {
  const cost = { fixedNs: 20 * MS, perItemNs: 0.5 * MS };

  it('follows from the share of the best rate that it is to reach', () => {
    assert.equal(batchForShare(cost, 0.9), 360);
    assert.equal(batchForShare(cost, 0.5), 40);
    const best = 1e9 / cost.perItemNs;
    assert.ok(Math.abs(batchRatePerSec(cost, 360) / best - 0.9) < 1e-12);
    assert.equal(batchForShare({ fixedNs: 0, perItemNs: 1 }, 0.9), 1);
    assert.equal(batchForShare({ fixedNs: 1, perItemNs: 0 }, 0.9), Infinity);
    assert.equal(batchForShare(cost, 1), Infinity);
  });

  it('is the smallest that keeps up', () => {
    assert.equal(smallestStableBatch(cost, 2000), null);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1990 }), (rate) => {
        const batch = smallestStableBatch(cost, rate);
        assert.ok(batch !== null);
        assert.ok(batchRatePerSec(cost, batch) > rate);
        if (batch > 1) assert.ok(batchRatePerSec(cost, batch - 1) <= rate * (1 + 1e-6));
      }),
    );
    assert.equal(batchDurationNs(cost, 40), 40 * MS);
  });

  it('is limited by memory', () => {
    const memory = { limitBytes: 1000, fixedBytes: 100, perItemBytes: 80 };
    assert.equal(largestBatchFor(memory), 10);
    assert.equal(largestBatchFor({ ...memory, marginShare: 0 }), 11);
    assert.equal(largestBatchFor({ ...memory, fixedBytes: 900 }), 0);
    assert.equal(largestBatchFor({ ...memory, perItemBytes: 0 }), Infinity);
  });
});
