import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DepthTimes } from '../../../../extension/core/analysis/depthFill.js';
import { bucketsFor, DepthLevels } from '../../../../extension/core/analysis/depthLevels.js';
import { BlockPool } from '../../../../extension/core/model/blocks.js';
import { DepthSeries } from '../../../../extension/core/model/series.js';
import { MemoryPages } from '../../../support/memoryPages.js';

interface Scene {
  readonly seed: number;
  /** More than two blocks of records, so that some are closed off. */
  readonly records: number;
  readonly highest: number;
  readonly mergedShare: number;
  readonly meanGapNs: number;
  readonly memoryBytes: number;
  readonly bits: number;
  /** Where the columns begin, as a share of all the time. */
  readonly from: number;
}

const scene: fc.Arbitrary<Scene> = fc.record({
  seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
  records: fc.integer({ min: 9000, max: 14_000 }),
  highest: fc.constantFrom(1, 5, 30, 70_000),
  mergedShare: fc.constantFrom(0, 0.4, 1),
  meanGapNs: fc.constantFrom(3, 400),
  memoryBytes: fc.constantFrom(0, 1e9),
  bits: fc.integer({ min: 0, max: 24 }),
  from: fc.double({ min: 0, max: 0.9, noNaN: true }),
});

function randomFrom(seed: number): () => number {
  let x = seed;
  return () => (x = (x * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
}

/** Depths grow deeper on the way, so that early segments have finer buckets of depth than late ones. */
function seriesOf(what: Scene, pool: BlockPool): DepthSeries {
  const random = randomFrom(what.seed);
  const series = new DepthSeries(pool);
  let atNs = 100;
  for (let i = 0; i < what.records; i++) {
    atNs += Math.floor(2 * what.meanGapNs * random());
    const highest = Math.ceil((what.highest * (i + 1)) / what.records);
    const depth = Math.floor(random() * (highest + 1));
    if (random() < what.mergedShare) series.add(atNs, depth, Math.max(depth - 2, 0), depth + 3);
    else series.add(atNs, depth);
  }
  return series;
}

/** The same by going through all records for all columns. */
function slowTimes(series: DepthSeries, into: DepthTimes, horizonNs: number): Float64Array {
  const slow = new Float64Array(into.time.length);
  const widthNs = 2 ** into.bits;
  const fromNs = into.first * widthNs;
  for (let i = 0; i < series.length; i++) {
    const startNs = series.atNs.at(i);
    const endNs = i + 1 < series.length ? series.atNs.at(i + 1) : horizonNs;
    let [low, high] = [series.depth.at(i), series.depth.at(i)];
    if (i + 1 < series.length && series.low.at(i + 1) <= series.high.at(i + 1)) {
      [low, high] = [series.low.at(i + 1), series.high.at(i + 1)];
    }
    const firstColumn = Math.max(Math.floor((startNs - fromNs) / widthNs), 0);
    for (let column = firstColumn; column < into.count; column++) {
      const columnNs = fromNs + column * widthNs;
      if (columnNs >= endNs) break;
      const overlap = Math.min(endNs, columnNs + widthNs) - Math.max(startNs, columnNs);
      if (overlap <= 0) continue;
      for (let depth = low; depth <= high; depth++) {
        const at = column * into.depths + Math.floor(depth / into.depthPerBucket);
        slow[at] = (slow[at] ?? 0) + overlap / (high - low + 1);
      }
    }
  }
  return slow;
}

describe('levels of detail of a queue', () => {
  it('are, at every width of columns, what going through all records gives, and lose no time', () => {
    fc.assert(
      fc.property(scene, (what) => {
        const pool = new BlockPool(what.memoryBytes, new MemoryPages());
        const series = seriesOf(what, pool);
        const startNs = series.atNs.at(0);
        const horizonNs = series.atNs.at(series.length - 1) + 50;
        const levels = new DepthLevels(series, pool);
        levels.advance((startNs + horizonNs) / 2);
        pool.trim();
        levels.advance(horizonNs);
        pool.trim();
        const { buckets, depthPerBucket } = bucketsFor(series.maxDepth);
        const widthNs = 2 ** what.bits;
        const first = Math.floor((startNs + what.from * (horizonNs - startNs)) / widthNs);
        const count = Math.min(Math.ceil(horizonNs / widthNs) - first, 200);
        const time = new Float64Array(count * buckets);
        const into = { bits: what.bits, first, count, depths: buckets, depthPerBucket, time };
        levels.addTo(into, horizonNs);
        const slow = slowTimes(series, into, horizonNs);
        for (const [i, expected] of slow.entries()) {
          const got = time[i] ?? NaN;
          // Buckets are kept as floats: 24 bits of what they add up to.
          assert.ok(Math.abs(got - expected) <= 1e-6 * widthNs, `cell ${i}: ${got}, ${expected}`);
        }
        for (let column = 0; column < count; column++) {
          const columnNs = (first + column) * widthNs;
          const known = Math.min(columnNs + widthNs, horizonNs) - Math.max(columnNs, startNs);
          const sum = time
            .subarray(column * buckets, (column + 1) * buckets)
            .reduce((total, ns) => total + ns, 0);
          assert.ok(
            Math.abs(sum - known) <= 1e-6 * widthNs,
            `column ${column}: ${sum} of ${known}`,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are made anew when a record came late', () => {
    const series = seriesOf(
      {
        seed: 7,
        records: 9000,
        highest: 3,
        mergedShare: 0,
        meanGapNs: 10,
        memoryBytes: 1e9,
        bits: 0,
        from: 0,
      },
      new BlockPool(),
    );
    const levels = new DepthLevels(series, new BlockPool());
    const horizonNs = series.atNs.at(series.length - 1);
    levels.advance(horizonNs);
    const lateNs = series.atNs.at(40) + 1;
    series.add(lateNs, 3);
    levels.advance(horizonNs);
    const { buckets, depthPerBucket } = bucketsFor(series.maxDepth);
    const bits = 8;
    const first = lateNs >> bits;
    const shape = { bits, first, count: 1, depths: buckets, depthPerBucket };
    const into = { ...shape, time: new Float64Array(buckets) };
    levels.addTo(into, horizonNs);
    const slow = slowTimes(series, into, horizonNs);
    assert.ok(slow.every((ns, i) => Math.abs(ns - (into.time[i] ?? NaN)) < 1e-3));
  });
});
