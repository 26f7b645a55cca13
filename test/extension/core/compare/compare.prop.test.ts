import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareRuns } from '../../../../extension/core/compare/compare.js';
import type { Comparison } from '../../../../extension/core/compare/comparison.js';
import type { Report } from '../../../../extension/core/report/report.js';
import { maxT } from '../../../../extension/core/statistics/maxT.js';
import { Random } from '../../../../extension/core/statistics/random.js';
import { pipeline, queue, report, runs, service, stage } from './reports.js';

/** A run of three stages and two queues: what all figures have in common, and what each has of its own. */
function simulated(random: Random, noise: number, slower = 1): Report {
  const run = Math.exp(noise * random.normal());
  const own = (value: number): number => value * run * Math.exp(noise * random.normal());
  const throughputPerSec = own(100) / slower;
  return report([
    pipeline('images', {
      throughputPerSec,
      latencyNs: { p50: own(50e6), p95: own(90e6), p99: own(120e6) },
      latencyMean: { meanNs: own(55e6), by: 'items', isAtLeast: false },
      stages: ['load', 'resize', 'store'].map((name) =>
        stage(name, {
          ratePerSec: throughputPerSec,
          trueRatePerSec: own(200) / (name === 'resize' ? slower : 1),
          utilization: Math.min(own(name === 'resize' ? 0.7 : 0.3), 1),
          serviceNs: service(own(10e6) * (name === 'resize' ? slower : 1)),
          errors: random.below(4),
        }),
      ),
      queues: ['loaded', 'resized'].map((name) =>
        queue(name, {
          depth: { mean: random.below(5) === 0 ? 0 : own(4), p50: 4, p95: 9, max: 16 },
          fullShare: Math.round(own(10)) / 100,
        }),
      ),
    }),
  ]);
}

function comparison(
  seed: number,
  how: { noise: number; threshold: number; slower?: number },
): Comparison {
  const random = new Random(seed);
  const { noise, threshold, slower = 1 } = how;
  const base = runs(6, () => simulated(random, noise), 'base');
  return compareRuns(
    base,
    runs(6, () => simulated(random, noise, slower), 'head'),
    { threshold },
  );
}

const alarms = ({ metrics }: Comparison): number =>
  metrics.filter((m) => m.verdict !== 'same').length;

describe('a hundred comparisons', () => {
  const seeds = Array.from({ length: 100 }, (_, i) => i + 1);

  it('of runs of one kind raise at most five false alarms', () => {
    for (const threshold of [0.03, 0]) {
      const all = seeds.map((seed) => alarms(comparison(seed, { noise: 0.06, threshold })));
      const raised = all.reduce((sum, n) => sum + n, 0);
      assert.ok(raised <= 5, `${raised} at a threshold of ${threshold}`);
    }
  });

  it('of a stage that takes a tenth longer find it, with the right sign', () => {
    const found = seeds.map((seed) =>
      comparison(seed, { noise: 0.01, threshold: 0.03, slower: 1.1 }),
    );
    const right = found.filter(
      ({ causes, metrics }) =>
        causes.some((c) => c.of === 'throughput' && c.name === 'resize' && c.verdict === 'worse') &&
        metrics.some((m) => m.metric === 'throughput' && m.verdict === 'worse'),
    );
    assert.ok(right.length >= 95, String(right.length));
    assert.ok(
      found.every(
        ({ metrics }) =>
          !metrics.some(
            (m) => m.name === 'store' && m.metric === 'service.mean' && m.verdict !== 'same',
          ),
      ),
    );
  });
});

describe('maxT', () => {
  it('keeps the chance of any false alarm at five percent, however many figures hang together', () => {
    const random = new Random(8);
    let raised = 0;
    for (let round = 0; round < 400; round++) {
      const shared = Array.from({ length: 10 }, () => random.normal());
      const figures = Array.from({ length: 12 }, (_, i) =>
        shared.map((common) => 100 + (i % 2) * common + random.normal()),
      );
      if (Math.min(...maxT(figures, 5)) < 0.05) raised++;
    }
    assert.ok(raised >= 6 && raised <= 32, `${raised} of 400`);
  });

  it('has the least p that is possible for what is far apart, among many figures', () => {
    const random = new Random(3);
    const draw = (by: number): number[] => Array.from({ length: 6 }, () => by + random.normal());
    const figures = [
      [...draw(0), ...draw(50)],
      ...Array.from({ length: 40 }, () => draw(5).concat(draw(5))),
    ];
    assert.equal(maxT(figures, 6)[0], 2 / 924);
    // Too many ways to deal: a sample of them.
    const many = Array.from({ length: 30 }, (_, i) => (i < 15 ? 0 : 50) + random.normal());
    assert.ok((maxT([many], 15)[0] ?? 1) < 0.01);
  });

  it('says nothing of figures that few runs have, or that never change', () => {
    assert.deepEqual(
      maxT(
        [
          [1, null, null, 2, 3, 4],
          [5, 5, 5, 5, 5, 5],
        ],
        3,
      ),
      [1, 1],
    );
    assert.deepEqual(maxT([], 3), []);
  });
});
