import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Throttle } from '../../../extension/host/throttle.js';
import { FakeClock, settled } from './fakes.js';

function recorder(costMs: number): { clock: FakeClock; startsMs: number[]; throttle: Throttle } {
  const clock = new FakeClock();
  const startsMs: number[] = [];
  const throttle = new Throttle(
    () => {
      startsMs.push(clock.nowMs());
      clock.spend(costMs);
      return Promise.resolve();
    },
    500,
    clock,
  );
  return { clock, startsMs, throttle };
}

test('the first request runs at once, those of the next half second are one', async () => {
  const { clock, startsMs, throttle } = recorder(0);
  throttle.request();
  await settled();
  for (let i = 0; i < 10; i++) {
    throttle.request();
    await clock.advance(10);
  }
  await clock.advance(2000);
  assert.deepEqual(startsMs, [0, 500]);
});

test('dear work rests five times as long as it took', async () => {
  const { clock, startsMs, throttle } = recorder(400);
  throttle.request();
  await settled();
  throttle.request();
  await clock.advance(10_000);
  assert.deepEqual(startsMs, [0, 2400]);
});

test('what somebody waits for does not wait for the rest, and the next one rests again', async () => {
  const { clock, startsMs, throttle } = recorder(400);
  throttle.request();
  await settled();
  throttle.request();
  await clock.advance(100);
  throttle.requestAtOnce();
  await settled();
  throttle.request();
  await clock.advance(10_000);
  assert.deepEqual(startsMs, [0, 500, 2900]);
});

test('a request during the work leads to one more run', async () => {
  const clock = new FakeClock();
  let runs = 0;
  let finish: () => void = () => undefined;
  const throttle = new Throttle(
    async () => {
      runs += 1;
      await new Promise<void>((resolve) => (finish = resolve));
    },
    500,
    clock,
  );
  throttle.request();
  throttle.request();
  throttle.request();
  await clock.advance(5000);
  assert.equal(runs, 1);
  finish();
  await clock.advance(600 + 5 * 5000 * 2);
  assert.equal(runs, 2);
});

test('nothing runs after the end', async () => {
  const { clock, startsMs, throttle } = recorder(0);
  throttle.request();
  await settled();
  throttle.request();
  throttle.dispose();
  throttle.request();
  await clock.advance(5000);
  assert.deepEqual(startsMs, [0]);
});

test('what somebody waits for during the work runs as soon as that ends', async () => {
  const clock = new FakeClock();
  const finishes: (() => void)[] = [];
  const throttle = new Throttle(
    () => new Promise<void>((resolve) => finishes.push(resolve)),
    500,
    clock,
  );
  throttle.request();
  await settled();
  throttle.requestAtOnce();
  await settled();
  assert.equal(finishes.length, 1, 'never twice at once');
  finishes[0]?.();
  await settled();
  assert.equal(finishes.length, 2);
});
