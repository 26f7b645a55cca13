import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { nowNs } from '../../../agent/src/clock.js';

/** Answers each question (a count that grows) with its own time. */
const answering = `
  require('tsx/cjs');
  const { workerData, parentPort } = require('node:worker_threads');
  const { nowNs } = require(workerData.file);
  const flags = new Int32Array(workerData.shared, 0, 2);
  const answer = new Float64Array(workerData.shared, 8, 1);
  parentPort.postMessage('ready');
  for (let asked = 1; ; asked++) {
    while (Atomics.load(flags, 0) < asked) if (Atomics.load(flags, 0) < 0) process.exit();
    answer[0] = nowNs();
    Atomics.store(flags, 1, asked);
  }
`;

/** Bounds of how far the worker's clock is ahead of ours, in nanoseconds: the tightest that many brackets give. */
async function aheadNs(): Promise<{ readonly least: number; readonly most: number }> {
  const shared = new SharedArrayBuffer(16);
  const flags = new Int32Array(shared, 0, 2);
  const answer = new Float64Array(shared, 8, 1);
  const file = new URL('../../../agent/src/clock.ts', import.meta.url).pathname;
  const worker = new Worker(answering, { eval: true, workerData: { shared, file } });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  let [least, most] = [-Infinity, Infinity];
  const giveUpAt = Date.now() + 60_000;
  // The two threads must run at the same time for a bracket to be narrow; on a busy machine that takes some tries.
  for (let asked = 1; most - least > 4000 && Date.now() < giveUpAt; asked++) {
    const before = nowNs();
    Atomics.store(flags, 0, asked);
    while (Atomics.load(flags, 1) < asked);
    const after = nowNs();
    const theirs = answer[0] ?? NaN;
    least = Math.max(least, theirs - after);
    most = Math.min(most, theirs - before);
  }
  Atomics.store(flags, 0, -1);
  await worker.terminate();
  return { least, most };
}

it('clocks of the threads of a process agree to within 5 microseconds', async () => {
  for (let thread = 0; thread < 3; thread++) {
    const { least, most } = await aheadNs();
    // No bracket may contradict, and together they must say it.
    assert.ok(least < 5000 && most > -5000, `ahead by ${least} to ${most} ns`);
    assert.ok(Math.abs((least + most) / 2) < 5000, `ahead by ${least} to ${most} ns`);
  }
});
