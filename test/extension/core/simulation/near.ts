import assert from 'node:assert/strict';

/** Asserts that a value is as expected but for a share of it. */
export function near(value: number | undefined, expected: number, share = 0.02): void {
  const off = Math.abs((value ?? NaN) / expected - 1);
  assert.ok(off <= share, `${value ?? NaN} is not ${expected} (off by ${off})`);
}
