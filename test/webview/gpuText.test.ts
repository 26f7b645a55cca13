import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gpuLines } from '../../webview/gpuText.js';

describe('the details of a device', () => {
  const shares = { kernelShare: 0.6, kernelWaitShare: 0.1, otherShare: 0.2, hostWaitShare: 0.1 };

  it('say where its time went, and what first runs took', () => {
    assert.deepEqual(gpuLines({ ...shares, passes: 1200, firstRuns: 3, firstRunNs: 2e6 }), [
      ['device computes', '60%'],
      ['between kernels', '10%'],
      ['launches and ends', '20%'],
      ['nothing submitted', '10%'],
      ['passes', '1,200'],
      ['first runs', '2 ms in 3'],
    ]);
  });

  it('are silent about what did not happen', () => {
    assert.deepEqual(gpuLines(undefined), []);
    const names = gpuLines({ ...shares, passes: 1, firstRuns: 0, firstRunNs: 0 }).map(([n]) => n);
    assert.ok(!names.includes('first runs'));
  });
});
