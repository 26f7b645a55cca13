import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OperatingPoint } from '../../../../extension/core/measure/operatingPoint.js';
import { contentionOf, levelsOf } from '../../../../extension/core/prediction/contention.js';
import { measured, pointOf } from '../points.js';
import { near } from '../simulation/near.js';

const busy = { busy: 0.98, starved: 0.02, blocked: 0, limited: 0, idle: 0 };

/** A stage with lanes that are always busy, and take so long. */
function seenAt(lanes: number, serviceMs: number): OperatingPoint {
  return pointOf([measured('work', { lanes, serviceMs }, { shares: busy })]);
}

/** What an execution takes beside n - 1 others, by the Universal Scalability Law. */
const usl = (n: number, alpha: number, beta: number): number =>
  10 * (1 + alpha * (n - 1) + beta * n * (n - 1));

function cost(points: readonly OperatingPoint[], n: number): number {
  const stage = points.at(-1)?.stages[0];
  assert.ok(stage !== undefined);
  const found = contentionOf(points, stage);
  assert.ok(found !== null);
  const at = (lanes: number): number =>
    1 + found.alpha * (lanes - 1) + found.beta * lanes * (lanes - 1);
  return at(n) / at(found.sampledAt);
}

describe('contentionOf', () => {
  it('explains two levels exactly, by waiting for each other where more did not do less', () => {
    const points = [seenAt(2, 10), seenAt(8, 25)];
    near(cost(points, 2), 10 / 25, 1e-6);
    const stage = points[1]?.stages[0];
    assert.ok(stage !== undefined);
    assert.equal(contentionOf(points, stage)?.beta, 0);
  });

  it('explains two levels exactly, by each other’s caches where more did less', () => {
    const points = [seenAt(2, 10), seenAt(8, 60)];
    near(cost(points, 2), 10 / 60, 1e-6);
    const stage = points[1]?.stages[0];
    assert.ok(stage !== undefined);
    assert.equal(contentionOf(points, stage)?.alpha, 0);
  });

  it('fits three levels and more, and is right between them', () => {
    const points = [1, 2, 4, 8, 16].map((n) => seenAt(n, usl(n, 0.05, 0.01)));
    for (const n of [3, 6, 12])
      near(cost(points, n), usl(n, 0.05, 0.01) / usl(16, 0.05, 0.01), 0.03);
  });

  it('finds none where lanes do not mind each other', () => {
    const stage = seenAt(8, 10).stages[0];
    assert.ok(stage !== undefined);
    assert.equal(contentionOf([seenAt(2, 10), seenAt(8, 10)], stage), null);
    assert.equal(contentionOf([seenAt(8, 10)], stage), null);
  });

  it('looks at levels only at which the lanes were busy', () => {
    const idle = pointOf([measured('work', { lanes: 4, serviceMs: 1 })]);
    assert.deepEqual(
      levelsOf([idle, seenAt(2, 10)], 'work').map(({ n }) => n),
      [2],
    );
  });

  it('leaves out the wait for a core, which is not the lanes’ fault', () => {
    const waiting = pointOf([
      measured('work', { lanes: 8, serviceMs: 20 }, { shares: busy, coreWaitShare: 0.5 }),
    ]);
    near(levelsOf([waiting], 'work')[0]?.ratePerSec, 800, 1e-6);
  });
});
