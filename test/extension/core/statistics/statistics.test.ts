import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  blockLengthFor,
  correlationOfNeighbours,
  percentileInterval,
  resampledIndexes,
  resampledMeans,
} from '../../../../extension/core/statistics/bootstrap.js';
import { relativeEffect, shiftOf } from '../../../../extension/core/statistics/effect.js';
import { holm } from '../../../../extension/core/statistics/holm.js';
import { mannWhitney } from '../../../../extension/core/statistics/mannWhitney.js';
import { normalTail } from '../../../../extension/core/statistics/normal.js';
import {
  coefficientOfVariation,
  deviation,
  mean,
  median,
  quantile,
} from '../../../../extension/core/statistics/quantile.js';
import { Random } from '../../../../extension/core/statistics/random.js';
import { theilSen } from '../../../../extension/core/statistics/theilSen.js';

function near(actual: number | undefined, expected: number, tolerance: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= tolerance,
    `${String(actual)} is not ${expected} +- ${tolerance}`,
  );
}

describe('random numbers', () => {
  const many = (draw: (random: Random) => number): number[] => {
    const random = new Random(7);
    return Array.from({ length: 50_000 }, () => draw(random));
  };

  it('are the same for the same seed and others for the next', () => {
    const first = (seed: number): number => new Random(seed).next();
    assert.equal(first(1), first(1));
    assert.equal(new Set(Array.from({ length: 1000 }, (_, i) => first(i))).size, 1000);
    near(mean(Array.from({ length: 1000 }, (_, i) => first(i))), 0.5, 0.04);
  });

  it('are even, also in their lowest digits and from one to the next', () => {
    const values = many((r) => r.next());
    assert.ok(values.every((v) => v >= 0 && v < 1));
    near(mean(values), 0.5, 0.005);
    near(deviation(values), Math.sqrt(1 / 12), 0.003);
    near(mean(values.map((v) => (v * 2 ** 28) % 1)), 0.5, 0.04);
    near(correlationOfNeighbours(values), 0, 0.02);
    const counts = new Map<number, number>();
    for (const v of many((r) => r.below(5))) counts.set(v, (counts.get(v) ?? 0) + 1);
    assert.deepEqual([...counts.keys()].sort(), [0, 1, 2, 3, 4]);
    for (const count of counts.values()) near(count, 10_000, 400);
  });

  it('are exponential and normal when asked', () => {
    const gaps = many((r) => r.exponential(3));
    near(mean(gaps), 3, 0.06);
    near(coefficientOfVariation(gaps), 1, 0.03);
    const normal = many((r) => r.normal());
    near(mean(normal), 0, 0.02);
    near(deviation(normal), 1, 0.02);
    near(normal.filter((v) => v > 1.96).length / normal.length, 0.025, 0.003);
  });
});

describe('quantiles', () => {
  it('are those of type 7, and leave the list as it is', () => {
    const values = [10, 1, 3, 2];
    assert.equal(quantile(values, 0), 1);
    assert.equal(quantile(values, 1), 10);
    assert.equal(quantile(values, 0.25), 1.75);
    assert.equal(median(values), 2.5);
    assert.deepEqual(values, [10, 1, 3, 2]);
    assert.equal(median([5]), 5);
    assert.equal(median([]), NaN);
    assert.equal(quantile([1, Infinity, Infinity], 0.75), Infinity);
  });

  it('spread is the deviation over the mean', () => {
    near(coefficientOfVariation([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7) / 5, 1e-12);
    assert.equal(coefficientOfVariation([0, 0]), NaN);
  });
});

describe('the normal distribution', () => {
  it('has the tails of the tables', () => {
    near(normalTail(1.959964), 0.025, 1e-7);
    near(normalTail(0), 0.5, 1e-7);
    near(normalTail(-1), 0.8413447, 1e-6);
    near(normalTail(5) / 2.866516e-7, 1, 1e-5);
  });
});

describe('Mann and Whitney', () => {
  it('gives the p values of the tables', () => {
    near(mannWhitney([1, 2, 3, 4], [5, 6, 7, 8]).p, 2 / 70, 1e-12);
    near(mannWhitney([1, 2, 3], [4, 5, 6]).p, 0.1, 1e-12);
    assert.equal(mannWhitney([1, 2, 3], [4, 5, 6]).u, 0);
    assert.equal(mannWhitney([4, 5, 6], [1, 2, 3]).u, 9);
    // wilcox.test(c(1, 3, 5, 7, 9), c(2, 4, 6, 8, 10)): W = 10, p-value = 0.6905
    near(mannWhitney([1, 3, 5, 7, 9], [2, 4, 6, 8, 10]).p, 0.6905, 1e-4);
  });

  it('counts ties exactly', () => {
    // Of the 70 ways to choose four of {0 x 4, 1 x 4}, one has all ones and one none.
    near(mannWhitney([0, 0, 0, 0], [1, 1, 1, 1]).p, 2 / 70, 1e-12);
    assert.equal(mannWhitney([1, 1, 1], [1, 1, 1]).p, 1);
    // 0 0 1 against 0 1 1: sums as far from the mean as this have 18 of 20 ways; only 0 1 and 1 of each side are nearer.
    near(mannWhitney([0, 0, 1], [0, 1, 1]).p, 1, 1e-12);
  });

  it('goes over into the normal approximation without a step', () => {
    const random = new Random(3);
    for (const ties of [false, true]) {
      const draw = (n: number, shift: number): number[] =>
        Array.from({ length: n }, () => {
          const value = random.normal() * 3 + shift;
          return ties ? Math.round(value) : value;
        });
      const a = draw(30, 0);
      const b = draw(30, 1.5);
      const exact = mannWhitney(a, b).p;
      const middle = (median(a) + median(b)) / 2;
      // One value more makes it the approximation; the middle of all hardly changes anything.
      const approximate = mannWhitney([...a, middle], b).p;
      near(Math.log(approximate / exact), 0, 0.35);
    }
  });

  it('is quick and right at its largest exact size', () => {
    const low = Array.from({ length: 30 }, (_, i) => i);
    const high = low.map((v) => v + 100);
    // 2 / (60 over 30)
    near(mannWhitney(low, high).p / (2 / 118_264_581_564_861_424), 1, 1e-9);
  });

  it('says nothing without values', () => {
    assert.deepEqual(mannWhitney([], [1]), { u: 0, p: 1 });
  });
});

describe('Holm', () => {
  it('adjusts step by step and keeps the order', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, i) => {
      near(adjusted[i], p, 1e-12);
    });
    assert.deepEqual(holm([]), []);
    assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
  });
});

describe('the effect', () => {
  it('is the relative shift, with an interval that covers what single values differ by', () => {
    const effect = relativeEffect([100, 101, 99, 100], [110, 111, 109, 110]);
    near(effect?.mid, 0.1, 0.002);
    near(effect?.low, 109 / 101 - 1, 1e-9);
    near(effect?.high, 111 / 99 - 1, 1e-9);
  });

  it('has the interval of R for six against six', () => {
    // wilcox.test(h, b, conf.int = TRUE) leaves out the 5 least and the 5 greatest differences.
    const b = [1, 2, 4, 7, 11, 16];
    const h = [21, 23, 26, 30, 35, 41];
    const sorted = b.flatMap((x) => h.map((y) => y - x)).sort((x, y) => x - y);
    const shift = shiftOf(b, h);
    assert.equal(shift?.low, sorted[5]);
    assert.equal(shift?.high, sorted[30]);
  });

  it('says when it has nothing to relate to', () => {
    assert.equal(relativeEffect([], [1]), null);
    assert.deepEqual(relativeEffect([0, 0], [0, 0]), { low: 0, mid: 0, high: 0 });
    assert.equal(relativeEffect([0, 0], [1, 1]), null);
    near(relativeEffect([0, 2, 2], [1, 3, 3])?.mid, 0.5, 1e-12);
  });

  it('covers the truth as often as it says', () => {
    const random = new Random(11);
    let covered = 0;
    for (let i = 0; i < 1000; i++) {
      const draw = (by: number): number[] =>
        Array.from({ length: 8 }, () => by * Math.exp(0.1 * random.normal()));
      const effect = relativeEffect(draw(100), draw(120));
      if (effect !== null && effect.low <= 0.2 && effect.high >= 0.2) covered++;
    }
    assert.ok(covered >= 930 && covered <= 980, `${covered} of 1000`);
  });

  it('stays bounded for long samples', () => {
    const random = new Random(1);
    const draw = (by: number): number[] =>
      Array.from({ length: 5000 }, () => by + random.normal() * 0.1);
    near(relativeEffect(draw(10), draw(11))?.mid, 0.1, 0.005);
  });
});

describe('the bootstrap of a series', () => {
  const series = (r: number, seed: number, length = 400): number[] => {
    const random = new Random(seed);
    let value = 0;
    return Array.from({ length }, () => (value = r * value + random.normal()));
  };

  it('takes longer blocks the more neighbours have in common', () => {
    const lengths = [0, 0.5, 0.9].map((r) => blockLengthFor(series(r, 5)));
    assert.ok((lengths[0] ?? 9) <= 3, String(lengths));
    assert.ok((lengths[1] ?? 0) > (lengths[0] ?? 0) && (lengths[2] ?? 0) > (lengths[1] ?? 0));
    assert.equal(blockLengthFor([1, 2]), 1);
    assert.equal(blockLengthFor([4, 4, 4, 4, 4, 4]), 1);
  });

  it('gives intervals that hold the mean of a correlated series', () => {
    const covers = (blockLength: number | null): number => {
      let covered = 0;
      for (let seed = 0; seed < 200; seed++) {
        const means = resampledMeans(series(0.7, seed), { replicates: 200, seed, blockLength });
        const { low, high } = percentileInterval(means, 0.95);
        if (low <= 0 && high >= 0) covered++;
      }
      return covered / 200;
    };
    assert.ok(covers(null) > 0.85, String(covers(null)));
    assert.ok(covers(1) < 0.75, 'single values do not do');
  });

  it('puts indexes together from whole stretches', () => {
    const indexes = resampledIndexes(10, 4, new Random(1));
    assert.equal(indexes.length, 10);
    for (const at of [1, 2, 3, 5, 6, 7, 9]) {
      assert.equal(indexes[at], (indexes[at - 1] ?? 0) + 1);
    }
    assert.equal(resampledMeans([], { replicates: 5, seed: 1 }).length, 0);
  });
});

describe('Theil and Sen', () => {
  it('pass by what is wrong', () => {
    const x = Array.from({ length: 21 }, (_, i) => i);
    const y = x.map((v) => (v % 5 === 0 ? 1000 : 3 + 2 * v));
    const line = theilSen(x, y);
    near(line?.slope, 2, 1e-9);
    near(line?.intercept, 3, 1e-9);
  });

  it('say how certain the slope is, and nothing without two different x', () => {
    const random = new Random(2);
    const x = Array.from({ length: 60 }, (_, i) => i);
    let covered = 0;
    for (let i = 0; i < 200; i++) {
      const line = theilSen(
        x,
        x.map((v) => 0.5 * v + random.normal() * 5),
      );
      if (line !== null && line.slopeInterval.low <= 0.5 && line.slopeInterval.high >= 0.5)
        covered++;
    }
    assert.ok(covered >= 180 && covered < 200, `${covered} of 200`);
    assert.equal(theilSen([1, 1], [2, 3]), null);
    assert.equal(theilSen([], []), null);
  });

  it('look at a bounded number of pairs', () => {
    const x = Array.from({ length: 100_000 }, (_, i) => i);
    near(theilSen(x, x)?.slope, 1, 1e-12);
  });
});
