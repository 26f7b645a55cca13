import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { LogHistogram } from '../../../../extension/core/model/histogram.js';
import { IntervalTable } from '../../../../extension/core/model/intervals.js';
import { StepHistory } from '../../../../extension/core/model/steps.js';

const duration = fc.oneof(
  fc.integer({ min: 0, max: 5000 }),
  fc.integer({ min: 0, max: 2 ** 40 }),
  fc.constantFrom(0, 1, 2047, 2048, 4095, 4096, 2 ** 32 - 1, 2 ** 32, 2 ** 52),
);

describe('LogHistogram', () => {
  it('gives quantiles within 1 part in 1024 of the sorted values, and exact sums', () => {
    const values = fc.array(duration, { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const histogram = new LogHistogram();
        for (const value of list) histogram.record(value);
        const sorted = [...list].sort((a, b) => a - b);
        const exact = sorted[Math.max(Math.ceil(share * list.length - 1e-9) - 1, 0)] ?? NaN;
        const got = histogram.quantile(share);
        assert.ok(got >= exact && got <= exact + exact / 1024 + 1, `${got} for ${exact}`);
        assert.equal(histogram.max, sorted.at(-1));
        assert.equal(histogram.weight, list.length);
      }),
    );
  });

  it('agrees with HdrHistogram, and takes in its encoded histograms', () => {
    const values = fc.array(fc.integer({ min: 1, max: 2 ** 40 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, (list) => {
        const theirs = build({ numberOfSignificantValueDigits: 3, autoResize: true });
        const ours = new LogHistogram();
        for (const value of list) {
          theirs.recordValue(value);
          ours.record(value);
        }
        const merged = new LogHistogram();
        assert.equal(merged.addEncoded(encodeIntoCompressedBase64(theirs)).ok, true);
        for (const percent of [1, 50, 95, 99]) {
          const expected = theirs.getValueAtPercentile(percent);
          const got = ours.quantile(percent / 100);
          assert.ok(got === Math.min(expected, ours.max), `p${percent}: ${got}, HDR ${expected}`);
          assert.ok(Math.abs(merged.quantile(percent / 100) - expected) <= expected / 1024);
        }
        assert.equal(merged.weight, list.length);
      }),
      { numRuns: 50 },
    );
  });

  it('says why a text is no histogram, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 200 })), (text) => {
        const histogram = new LogHistogram();
        const added = histogram.addEncoded(text);
        assert.equal(added.ok, false);
        assert.equal(histogram.weight, 0);
      }),
    );
  });
});

describe('IntervalTable', () => {
  const interval = fc.tuple(
    fc.integer({ min: 0, max: 500 }),
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 3 }),
  );

  it('is sorted after settling, whenever that happens, and sums as a plain loop does', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(interval, fc.boolean()), { maxLength: 300 }), (steps) => {
        const table = new IntervalTable();
        const plain: [number, number, number][] = [];
        for (const [[start, length, word], isSettled] of steps) {
          table.add(start, length, plain.length, word);
          plain.push([start, length, word]);
          if (isSettled) table.settle();
          if (isSettled) table.durationBefore(table.length);
        }
        table.settle();
        plain.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
        let sum = 0;
        for (const [i, [start, length]] of plain.entries()) {
          assert.equal(table.durationBefore(i), sum);
          assert.deepEqual([table.startNs.at(i), table.durationNs.at(i)], [start, length]);
          sum += length;
        }
      }),
    );
  });

  it('tells a reader when something came in front of what it has read', () => {
    const table = new IntervalTable();
    table.add(10, 5, 0, 0);
    table.add(20, 5, 0, 0);
    table.claim(2);
    table.add(30, 5, 0, 0);
    assert.equal(table.epoch, 0);
    table.add(15, 1, 0, 0);
    assert.equal(table.epoch, 1);
  });
});

describe('StepHistory', () => {
  it('takes the exact time of a change, whether its declaration came before or after', () => {
    const [before, after] = [new StepHistory(), new StepHistory()];
    before.declare(2, 0);
    before.declare(4, 900);
    before.change(700, 2, 4);
    after.declare(2, 0);
    after.change(700, 2, 4);
    after.declare(4, 900);
    for (const history of [before, after]) {
      assert.deepEqual([history.at(-5), history.at(699), history.at(700)], [2, 2, 4]);
      assert.equal(history.current, 4);
    }
  });
});
