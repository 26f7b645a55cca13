import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BlockPool } from '../../../../extension/core/model/blocks.js';
import { IntervalTable } from '../../../../extension/core/model/intervals.js';
import { LatencySeries } from '../../../../extension/core/view/latencySeries.js';

interface Left {
  readonly atNs: number;
  readonly tookNs: number;
}

const lefts = fc
  .array(
    fc.record({
      atNs: fc.integer({ min: 0, max: 5e9 }),
      tookNs: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 8e9 })),
    }),
    { minLength: 1, maxLength: 300 },
  )
  .map((all) => all.sort((a, b) => a.atNs - b.atNs || b.tookNs - a.tookNs));

function tableOf(all: readonly Left[]): IntervalTable {
  const table = new IntervalTable(new BlockPool());
  for (const { atNs, tookNs } of all) table.add(atNs, tookNs, 0, 0);
  return table;
}

/** The smallest of the sorted values that at least `share` of them do not exceed. */
const exact = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(Math.ceil(sorted.length * share), 1) - 1] ?? NaN;

describe('percentiles of latency over time', () => {
  it('are those of what left in each step, to 1 part in 64, however it is read', () => {
    fc.assert(
      fc.property(lefts, fc.integer({ min: 1, max: 40 }), (all, part) => {
        const table = new IntervalTable(new BlockPool());
        const series = new LatencySeries(table, 0);
        const toNs = (all.at(-1)?.atNs ?? 0) + 1;
        for (let i = 0; i < all.length; i += part) {
          for (const { atNs, tookNs } of all.slice(i, i + part)) table.add(atNs, tookNs, 0, 0);
          series.series(all[Math.min(i + part, all.length) - 1]?.atNs ?? 0);
        }
        const found = series.series(toNs);
        assert.ok(found !== null);
        assert.ok(found.steps.length <= 300);
        assert.ok(found.steps.length * found.stepNs >= toNs);
        found.steps.forEach((step, i) => {
          const there = all.filter(({ atNs }) => Math.floor(atNs / found.stepNs) === i);
          const sorted = there.map(({ tookNs }) => tookNs).sort((a, b) => a - b);
          assert.equal(step === null, sorted.length === 0, `step ${i}`);
          [0.5, 0.95, 0.99].forEach((share, which) => {
            const [told = NaN, want] = [step?.[which], exact(sorted, share)];
            if (sorted.length === 0) return;
            assert.ok(
              told >= want && told <= want + Math.max(16, want / 64),
              `${told} for ${want}`,
            );
          });
        });
      }),
    );
  });

  it('has steps wide enough for a percentile to be more than one item', () => {
    const all = Array.from({ length: 600 }, (_, i) => ({ atNs: i * 1e6, tookNs: 1000 + i }));
    const found = new LatencySeries(tableOf(all), 0).series(600e6);
    assert.ok((found?.stepNs ?? 0) >= 16e6, `${found?.stepNs} ns`);
    assert.ok((found?.steps.length ?? 0) >= 30);
  });

  it('is nothing where nothing left', () => {
    assert.equal(new LatencySeries(tableOf([]), 0).series(1e9), null);
  });
});
