import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OperatingPoint } from '../../../../extension/core/measure/operatingPoint.js';
import {
  arrivalsOf,
  isPaced,
  isSaturated,
} from '../../../../extension/core/prediction/arrivals.js';
import { roundsOf } from '../../../../extension/core/prediction/rounds.js';
import { withPace } from '../../../../extension/core/prediction/sourcePace.js';
import { Random } from '../../../../extension/core/statistics/random.js';
import { measured, pointOf, queued } from '../points.js';
import { near } from '../simulation/near.js';

const blocked = { busy: 0.3, starved: 0, blocked: 0.7, limited: 0, idle: 0 };

describe('arrivalsOf', () => {
  it('there is always a next one for a source that is only held up', () => {
    const point = pointOf([measured('read', {}, { shares: blocked }), measured('work')]);
    assert.ok(isSaturated(point));
    assert.deepEqual(arrivalsOf(point), { kind: 'saturated', inFlight: null });
  });

  it('no more are under way than a window allows', () => {
    const stages = [measured('read', {}, { shares: blocked }), measured('work')];
    const window = queued('read', null, { capacity: 32 });
    assert.deepEqual(arrivalsOf(pointOf(stages, { queues: [window] })), {
      kind: 'saturated',
      inFlight: 32,
    });
  });

  it('comes by itself where the first stage is hungry: from when items came, not when they began', () => {
    const startsMs = [0, 10, 14, 20, 30];
    const stage = measured('serve', { startsMs, serviceMs: 4, waitedMs: 0 });
    const waitedNs = Float64Array.from([0, 0, 4e6, 0, 0]);
    const waiting = { ...stage, sampled: { ...stage.sampled, waitedNs } };
    const arrivals = arrivalsOf(pointOf([waiting]));
    assert.ok(arrivals.kind === 'open');
    assert.deepEqual(
      [...arrivals.gapsNs].map((ns) => ns / 1e6),
      [10, 0, 10, 10],
    );
  });

  it('a queue that somebody fills tells it too', () => {
    const stages = [measured('serve', { serviceMs: 9 })];
    const full = pointOf(stages, { queues: [queued(null, 'serve', { emptyShare: 0.05 })] });
    const empty = pointOf(stages, { queues: [queued(null, 'serve', { emptyShare: 0.6 })] });
    assert.ok(isSaturated(full));
    assert.ok(!isSaturated(empty));
  });
});

/** Rounds of `size` items, taken at once and done one by one; the next when all are done and a pause has passed, or by a clock. */
function rounds(
  { size, byClock }: { readonly size: number; readonly byClock: boolean },
  dropFirst = 0,
): OperatingPoint {
  const random = new Random(3);
  const startsMs: number[] = [];
  const durationsMs: number[] = [];
  const takenMs: number[] = [];
  let atMs = 0;
  for (let round = 0; round < 40; round++) {
    const ms = 2 + 4 * random.next();
    for (let i = 0; i < size; i++) {
      startsMs.push(atMs + i * ms);
      durationsMs.push(ms);
      takenMs.push(atMs + 0.01 * i);
    }
    atMs = byClock ? atMs + 200 : atMs + size * ms + 1 + 0.2 * random.next();
  }
  const seen = { startsMs, serviceMs: durationsMs };
  const last = measured('work', seen);
  const first = measured('take', { startsMs: takenMs.slice(dropFirst), serviceMs: 0.01 });
  return pointOf([first, last]);
}

describe('roundsOf', () => {
  it('tells how many items a round has, and the pause', () => {
    const found = roundsOf(rounds({ size: 20, byClock: false }));
    assert.equal(found?.customers, 20);
    near(found.thinkNs / 1e6, 1.1, 0.1);
  });

  it('also where the window begins in the middle of a round', () => {
    assert.equal(roundsOf(rounds({ size: 20, byClock: false }, 7))?.customers, 20);
  });

  it('finds none where a clock begins them', () => {
    assert.equal(roundsOf(rounds({ size: 20, byClock: true })), null);
  });

  it('finds none in a stream that runs empty by chance', () => {
    const random = new Random(5);
    let atMs = 0;
    const startsMs = Array.from({ length: 2000 }, () => (atMs += random.exponential(5)));
    const seen = { startsMs, serviceMs: 1 };
    assert.equal(roundsOf(pointOf([measured('a', seen), measured('b', seen)])), null);
  });
});

describe('withPace', () => {
  const held = { busy: 0.2, starved: 0, blocked: 0.3, limited: 0, idle: 0.5 };
  const samples = (length: number): { cpuNs: Float64Array; waitNs: Float64Array } => ({
    cpuNs: new Float64Array(length).fill(1e6),
    waitNs: new Float64Array(length),
  });
  const pointWith = (startsMs: readonly number[], gapsMs: readonly number[]): OperatingPoint =>
    pointOf([measured('read', { startsMs }, { shares: held })], {
      sourceGapsNs: Float64Array.from(gapsMs, (ms) => ms * 1e6),
    });

  it('adds the source’s own gaps to its first stage', () => {
    const startsMs = Array.from({ length: 100 }, (_, i) => 5 * i);
    const point = pointWith(startsMs, new Array<number>(100).fill(2));
    assert.ok(isPaced(point));
    assert.ok(withPace(point, samples(100)).waitNs.every((ns) => ns === 2e6));
  });

  it('fills bursts that follow a clock up to the time that the clock gives them', () => {
    // Ten bursts, one each 100 ms, of 10 items a millisecond apart, that were held up to take 50 ms.
    const startsMs: number[] = [];
    const gapsMs: number[] = [];
    for (let burst = 0; burst < 10; burst++) {
      for (let i = 0; i < 10; i++) {
        startsMs.push(100 * burst + 5 * i);
        gapsMs.push(i === 0 ? 50 : 0.1);
      }
    }
    const { cpuNs, waitNs } = withPace(pointWith(startsMs, gapsMs), samples(100));
    // A period has room for its break of 50 ms and 45 items of 1.1 ms.
    const items = cpuNs.length / waitNs.filter((ns) => ns > 20e6).length;
    near(items, 1 + 49 / 1.1, 0.05);
  });
});
