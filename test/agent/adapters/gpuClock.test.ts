import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GpuClock, QuantumFinder } from '../../../agent/adapters/gpuClock.js';

interface Piece {
  readonly gapNs: number;
  readonly launchNs: number;
  readonly runNs: number;
  readonly heardNs: number;
}

const pieces = fc.array(
  fc.record({
    gapNs: fc.integer({ min: 0, max: 5e6 }),
    launchNs: fc.integer({ min: 500, max: 200_000 }),
    runNs: fc.integer({ min: 0, max: 10e6 }),
    heardNs: fc.integer({ min: 500, max: 200_000 }),
  }),
  { minLength: 1, maxLength: 100 },
);

/** A device whose clock is `offsetNs` ahead of the host's runs the pieces; `drift`: nanoseconds per second that it gains. */
function run(
  clock: GpuClock,
  work: readonly Piece[],
  { offsetNs, drift = 0 }: { readonly offsetNs: bigint; readonly drift?: number },
): number {
  let atNs = 1_000_000_000;
  const onDevice = (ns: number): bigint =>
    BigInt(ns) + offsetNs + BigInt(Math.round((ns * drift) / 1e9));
  let worst = 0;
  for (const { gapNs, launchNs, runNs, heardNs } of work) {
    const submittedNs = atNs + gapNs;
    const beginNs = submittedNs + launchNs;
    const endNs = beginNs + runNs;
    const doneNs = endNs + heardNs;
    const piece = { submittedNs, doneNs, begin: onDevice(beginNs), end: onDevice(endNs) };
    clock.observe(piece, 0);
    atNs = doneNs;
    worst = Math.abs(clock.toHostNs(piece.begin) - beginNs);
  }
  return worst;
}

describe('the clock of a device', () => {
  it('is told to half of the narrowest bracket, wherever it begins', () => {
    fc.assert(
      fc.property(pieces, fc.bigInt({ min: 10n ** 10n, max: 10n ** 18n }), (work, offsetNs) => {
        const clock = new GpuClock();
        const worst = run(clock, work, { offsetNs });
        assert.ok(worst <= clock.errorNs + 1, `${worst} > ${clock.errorNs}`);
        assert.ok(clock.errorNs <= 200_001);
      }),
    );
  });

  it('is exact when it is the clock of the host', () => {
    fc.assert(
      fc.property(pieces, (work) => {
        const clock = new GpuClock();
        assert.equal(run(clock, work, { offsetNs: 0n }), 0);
        assert.equal(clock.errorNs, 0);
      }),
    );
  });

  it('is followed when it drifts', () => {
    const clock = new GpuClock();
    const piece = { gapNs: 100e6, launchNs: 20_000, runNs: 1e6, heardNs: 20_000 };
    // 100 parts in a million for 200 s: 20 ms in all.
    const worst = run(clock, new Array<Piece>(2000).fill(piece), {
      offsetNs: 5_000_000_000_000n,
      drift: 100_000,
    });
    assert.ok(worst < 100_000, String(worst));
  });

  it('takes a rounded timestamp for the middle of its step', () => {
    const clock = new GpuClock();
    const begin = 1_000_013_824n;
    assert.equal(begin % 65_536n, 0n);
    clock.observe({ submittedNs: 1_000_020_000, doneNs: 1_000_400_000, begin, end: begin }, 65_536);
    assert.equal(clock.toHostNs(begin), Number(begin) + 32_768);
  });

  it('passes over what cannot be', () => {
    const clock = new GpuClock();
    clock.observe({ submittedNs: 10, doneNs: 5, begin: 1n, end: 2n }, 0);
    clock.observe({ submittedNs: 1, doneNs: 5, begin: 2n, end: 1n }, 0);
    assert.ok(Number.isNaN(clock.toHostNs(1n)));
  });
});

describe('the quantum of timestamps', () => {
  const quantumOf = (values: readonly bigint[]): number | undefined => {
    const finder = new QuantumFinder();
    for (const value of values) finder.add(value);
    return finder.quantumNs;
  };

  it('is found, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 1_000_000 }),
        fc.uniqueArray(fc.bigInt({ min: 1n, max: 10n ** 9n }), { minLength: 40, maxLength: 60 }),
        (quantum, steps) => {
          // Two neighbours have no common divisor but 1.
          const all = [...steps, (steps[0] ?? 1n) + 1n];
          assert.equal(quantumOf(all.map((step) => step * BigInt(quantum))), quantum);
        },
      ),
    );
  });

  it('is not worth a word when it is fine', () => {
    assert.equal(quantumOf([1_000_000_007n, 1_000_000_009n]), 0);
    assert.equal(quantumOf([32n * 7n, 32n * 8n]), 0);
  });

  it('is not known from few values', () => {
    assert.equal(quantumOf([]), undefined);
    assert.equal(quantumOf([65_536n, 131_072n, 65_536n, 131_072n, 65_536n]), undefined);
  });
});
