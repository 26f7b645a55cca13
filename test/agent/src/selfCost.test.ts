import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { calibrateRecordNs, SelfCost } from '../../../agent/src/drain/selfCost.js';

describe('the agent’s own cost', () => {
  it('is calibrated: more than nothing, less than a microsecond a record or so', () => {
    const recordNs = calibrateRecordNs();
    assert.ok(recordNs > 1 && recordNs < 20_000, String(recordNs));
  });

  it('counts records and CPU time from the moment on at which recording begins', () => {
    const cost = new SelfCost();
    cost.made(3);
    cost.made(4);
    const first = cost.declaration(1);
    assert.equal(first.records, 7);
    // What this process took before is not the recording's.
    const { user, system } = process.cpuUsage();
    assert.ok(first.processCpuNs <= (user + system) * 1000);
    cost.made(1);
    let last = cost.declaration(2);
    for (let i = 0; i < 1e6 && last.processCpuNs === first.processCpuNs; i++) {
      last = cost.declaration(2);
    }
    assert.equal(last.records, 8);
    assert.equal(last.recordNs, first.recordNs, 'calibrated once');
    assert.ok(last.processCpuNs > first.processCpuNs);
    assert.ok(last.drainCpuNs >= first.drainCpuNs);
  });
});
