// Children that are over before one has looked, many of them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BuiltSluice } from './builtSluice.js';
import { builtWithPrograms, LiveTest } from './liveSession.js';

describe('many children', { timeout: 400_000 }, () => {
  let sluice: BuiltSluice;
  let live: LiveTest;
  before(async () => {
    sluice = await builtWithPrograms();
    live = await LiveTest.open(sluice);
  });
  after(async () => {
    await live.close();
    await sluice.dispose();
  });

  it('takes 200 short-lived children, and every execution of theirs', async () => {
    const children = 200;
    const run = await live.run(['programs/manyChildren.mjs', String(children)]);
    assert.deepEqual(run, { code: 0, signal: null, stdout: '', stderr: '' });
    await live.ended();
    const report = await live.report();
    assert.equal(report.capture.processes.length, children + 1);
    assert.ok(report.capture.processes.every((p) => p.ended));
    assert.equal(report.capture.lost.records, 0);
    assert.equal(report.capture.truncatedReason, null);
    assert.equal(await live.executionsOf('step'), children * 5);
    await live.engine.call('endSession', { session: live.session });
    const again = await live.engine.call('openCapture', { path: live.capturePath });
    assert.deepEqual(await live.engine.call('report', { session: again.session }), report);
  });
});
