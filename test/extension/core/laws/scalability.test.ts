import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { amdahlSpeedup, fitUsl } from '../../../../extension/core/laws/scalability.js';
import { fitUslParameters, uslRate } from '../../../../extension/core/laws/uslFit.js';
import { Random } from '../../../../extension/core/statistics/random.js';

const workers = [1, 2, 4, 8, 12, 16];

function measured(
  truth: { alpha: number; beta: number },
  noise: number,
  seed: number,
): { n: number; ratePerSec: number }[] {
  const random = new Random(seed);
  return workers.map((n) => ({
    n,
    ratePerSec: uslRate({ ...truth, gammaPerSec: 100 }, n) * Math.exp(noise * random.normal()),
  }));
}

describe('what more workers bring', () => {
  it("follows Amdahl's law", () => {
    assert.equal(amdahlSpeedup(1, 0.3), 1);
    assert.equal(amdahlSpeedup(4, 0), 4);
    assert.ok(Math.abs(amdahlSpeedup(1e9, 0.25) - 4) < 1e-6);
  });

  it('is fitted exactly where the law holds exactly', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (alpha, beta) => {
          const fit = fitUslParameters(measured({ alpha, beta }, 0, 1));
          assert.ok(fit !== null);
          assert.ok(Math.abs(fit.gammaPerSec / 100 - 1) < 1e-6);
          assert.ok(Math.abs(fit.alpha - alpha) < 1e-6 && Math.abs(fit.beta - beta) < 1e-6);
        },
      ),
    );
  });

  it('finds the peak of a stage that gets slower with more', () => {
    const fit = fitUsl(measured({ alpha: 0.05, beta: 0.02 }, 0.02, 3), { seed: 1 });
    assert.ok(fit !== null);
    const truth = Math.sqrt(0.95 / 0.02);
    assert.ok(fit.peak !== null && Math.abs(fit.peak / truth - 1) < 0.1, String(fit.peak));
    assert.ok(fit.beta.low > 0 && fit.beta.low <= 0.02 && fit.beta.high >= 0.02);
    assert.equal(fit.largestN, 16);
  });

  it('tells no peak where none was seen', () => {
    for (const alpha of [0, 0.1]) {
      assert.equal(fitUsl(measured({ alpha, beta: 0 }, 0.02, 4), { seed: 1 })?.peak, null);
    }
    // It would come at 31, far beyond what was measured.
    assert.equal(fitUsl(measured({ alpha: 0.02, beta: 0.001 }, 0, 4), { seed: 1 })?.peak, null);
  });

  it('predicts with an interval, within twice of what was measured', () => {
    const truth = { alpha: 0.1, beta: 0.004 };
    let covered = 0;
    for (let seed = 0; seed < 60; seed++) {
      const fit = fitUsl(measured(truth, 0.03, seed), { seed });
      assert.ok(fit !== null);
      const there = fit.predict(24);
      const exact = uslRate({ ...truth, gammaPerSec: 100 }, 24);
      if (there !== null && there.low <= exact && there.high >= exact) covered++;
      assert.equal(fit.predict(33), null);
      assert.equal(fit.predict(0.5), null);
    }
    assert.ok(covered >= 52, `${covered} of 60`);
  });

  it('needs three numbers of workers, and trusts three points little', () => {
    const points = [1, 2, 4].map((n) => ({ n, ratePerSec: 100 * n }));
    assert.equal(fitUsl(points.slice(0, 2), { seed: 1 }), null);
    assert.equal(fitUsl([...points.slice(0, 2), { n: 2, ratePerSec: 190 }], { seed: 1 }), null);
    assert.equal(fitUsl([...points.slice(0, 2), { n: 3, ratePerSec: 0 }], { seed: 1 }), null);
    const fit = fitUsl(points, { seed: 1 });
    assert.ok(fit !== null && fit.alpha.high - fit.alpha.low > 0.02);
    assert.equal(fit.peak, null);
  });

  it('is the same each time', () => {
    const fit = (): unknown => fitUsl(measured({ alpha: 0.1, beta: 0.01 }, 0.05, 9), { seed: 5 });
    assert.deepEqual(JSON.stringify(fit()), JSON.stringify(fit()));
  });
});
