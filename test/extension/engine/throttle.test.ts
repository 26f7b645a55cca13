import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { Throttle } from '../../../extension/engine/throttle.js';
import { until } from './agentClient.js';

describe('throttle', () => {
  it('runs at once when it rested, then once per interval however often it is asked', async () => {
    const at: number[] = [];
    const throttle = new Throttle(50, () => at.push(performance.now()));
    throttle.request();
    assert.equal(at.length, 1);
    for (let i = 0; i < 100; i++) throttle.request();
    assert.equal(at.length, 1);
    await until(() => at.length === 2, 'the second run');
    assert.ok((at[1] ?? 0) - (at[0] ?? 0) >= 50);
    throttle.dispose();
  });

  it('flushes what is pending, only what is pending, and nothing after its end', () => {
    const task = mock.fn();
    const throttle = new Throttle(1e6, task);
    throttle.flush();
    assert.equal(task.mock.callCount(), 0);
    throttle.request();
    throttle.flush();
    assert.equal(task.mock.callCount(), 1);
    throttle.request();
    throttle.flush();
    assert.equal(task.mock.callCount(), 2);
    throttle.request();
    throttle.dispose();
    throttle.flush();
    throttle.request();
    assert.equal(task.mock.callCount(), 2);
  });
});
