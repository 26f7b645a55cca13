import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HandOvers, type HandOver } from '../../../agent/adapters/handover.js';
import { BuiltAgent } from './agentSession.js';

describe('how long tasks waited', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  const libraries = [
    'p-queue',
    'p-limit',
    'p-limit map',
    'limitFunction',
    'fastq',
    'async',
    'bottleneck',
  ];
  for (const library of libraries) {
    it(`is recorded for ${library}: from the moment at which each was handed over`, async () => {
      const { capture, code, stdout, stderr } = await agent.run({
        program: 'waits.mjs',
        args: [library],
      });
      assert.deepEqual([code, stderr], [0, '']);
      // The only stage of its kind: Node's own thread pool may be one, too.
      const name = capture.of('stage').find(({ stageKind }) => stageKind === 'io')?.name ?? '';
      const executions = capture.executionsOf(name);
      assert.equal(executions.length, 5);
      const [fromNs, toNs] = JSON.parse(stdout) as [number, number];
      for (const [n, { startNs, waitUs }] of executions.entries()) {
        assert.ok(waitUs !== undefined);
        const handedNs = startNs - waitUs * 1000;
        // A wait counts whole microseconds, and the agent's clock is not calibrated better.
        assert.ok(handedNs >= fromNs - 20_000 && handedNs <= toNs + 20_000, `${n}: ${waitUs} us`);
        const before = executions[n - 1];
        if (before === undefined) continue;
        assert.ok(startNs >= before.endNs);
        assert.ok(handedNs >= before.startNs - (before.waitUs ?? 0) * 1000 - 2000);
      }
    });
  }
});

describe('hand-overs in order', () => {
  const handed = (atNs: number): HandOver => ({ atNs, arrival: undefined });

  it('come out as they went in, with those that nobody watched counted', () => {
    const list = new HandOvers();
    list.push(undefined);
    list.push(undefined);
    list.push(handed(1));
    list.pushFirst(handed(2));
    list.push(undefined);
    list.push(handed(3));
    const taken = Array.from({ length: 7 }, () => list.take()?.atNs);
    assert.deepEqual(taken, [2, undefined, undefined, 1, undefined, 3, undefined]);
  });

  it('hold no more than what waits, however many pass', () => {
    const list = new HandOvers();
    for (let n = 0; n < 10_000; n++) {
      list.push(handed(n));
      list.push(handed(n));
      assert.equal(list.take()?.atNs, Math.floor(n / 2));
      if (n % 2 === 0) list.pushFirst(handed(Math.floor(n / 2)));
      if (n % 2 === 0) assert.equal(list.take()?.atNs, Math.floor(n / 2));
    }
  });

  it('know nothing any more once the order is lost', () => {
    const list = new HandOvers();
    list.push(handed(1));
    list.giveUp();
    list.push(handed(2));
    assert.equal(list.take(), undefined);
  });
});
