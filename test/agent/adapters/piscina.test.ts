import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf, type Injection } from './agentSession.js';

describe('Piscina', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  for (const injection of ['--import', '--require', 'NODE_OPTIONS'] satisfies Injection[]) {
    it(`records every task in its worker thread, injected by ${injection}`, async () => {
      const { capture, stderr, code } = await agent.run({
        program: 'piscinaBasics.mjs',
        injection,
      });
      assert.equal(stderr, '');
      assert.equal(code, 0);
      const executions = capture.executionsOf('double');
      assert.equal(executions.length, 11);
      assert.equal(executions.filter(({ isFailed }) => isFailed).length, 1);
      assert.equal(capture.executionsOf('double:later').length, 1);
      assert.equal(capture.executionsOf('double:hold').length, 2);
      const threads = capture.threadsOf(executions);
      assert.ok(threads.every((thread) => thread.startsWith('worker')));
    });
  }

  it('declares stages, queue and knobs with their place', async () => {
    const { capture } = await agent.run({ program: 'piscinaBasics.mjs' });
    for (const name of ['double', 'double:later', 'double:hold']) {
      const stage = capture.stage(name);
      assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['cpu', 2, 'piscina']);
      assert.ok(stage.source?.file.endsWith('piscinaBasics.mjs'));
      assert.equal(stage.source?.line, 5);
    }
    assert.deepEqual([...new Set(capture.of('stage').map((s) => s.parallelism))], [2]);
    const queue = capture.queue('double queue');
    assert.deepEqual([queue.to, queue.capacity], ['double', null]);
    const knobs = capture
      .firstKnobs('piscina')
      .map((k) => [k.name, k.stage, k.value, k.live, k.source?.line ?? null]);
    assert.deepEqual(knobs, [
      ['maxThreads', 'double', 2, true, 5],
      ['minThreads', 'double', 1, false, 5],
      ['concurrentTasksPerWorker', 'double', 1, false, 5],
    ]);
    assert.match(capture.knob('minThreads').remark ?? '', /idleTimeout is 0/);
  });

  it('counts who waits, the cancelled one included, and ends at nothing', async () => {
    const { capture } = await agent.run({ program: 'piscinaBasics.mjs' });
    const depths = capture.depthsOf('double queue');
    assert.ok(Math.max(...depths) >= 8, `ten tasks, two threads: ${depths.join(' ')}`);
    assert.equal(depths.at(-1), 0);
  });

  it('is found by CommonJS programs', async () => {
    const { capture, stdout } = await agent.run({
      program: 'piscinaBasics.cjs',
      injection: 'NODE_OPTIONS',
    });
    assert.equal(stdout, '[ 2, 4, 6 ]\n');
    assert.equal(capture.executionsOf('double').length, 3);
    assert.equal(capture.stage('double').source?.line, 4);
  });

  it('does not count the time in which the main thread is busy', async () => {
    const { capture, stdout } = await agent.run({ program: 'piscinaBusyMain.mjs' });
    assert.equal(stdout, '4\n');
    const executions = capture.executionsOf('double');
    assert.equal(executions.length, 2);
    assert.ok(executions.every((e) => e.endNs - e.startNs < 1.5e9));
  });

  it('changes the number of threads of a running pool, both ways', async () => {
    const { capture, code } = await agent.run({
      program: 'piscinaLive.mjs',
      meanwhile: async ({ capture: live, setKnob, until }) => {
        const executed = (n: number) => (): boolean => live.executions.length >= n;
        await until('20 executions', executed(20));
        await setKnob('maxThreads', 6);
        const running = (lanes: number) => (): boolean =>
          new Set(live.executions.slice(-60).map(({ lane }) => lane)).size === lanes;
        await until('six threads at work', running(6));
        await setKnob('maxThreads', 1);
        await until('one thread at work', running(1));
        await setKnob('maxThreads', 5);
      },
    });
    assert.equal(code, 0);
    const changes = capture.of('knobChange').filter(({ by }) => by === 'sluice');
    assert.deepEqual(
      changes.map(({ to }) => to),
      [6, 1, 5],
    );
    const [raisedNs = 0, loweredNs = 0, endNs = 0] = changes.map(({ atNs }) => atNs);
    const between = (fromNs: number, toNs: number): number =>
      peakOf(
        capture.executionsOf('double:hold').filter((e) => e.startNs >= fromNs && e.endNs < toNs),
      );
    assert.equal(between(0, raisedNs), 2);
    assert.equal(between(raisedNs, loweredNs), 6);
    // Tasks that the surplus threads held still ended there; then only one thread is left.
    const last = capture.executionsOf('double:hold').filter((e) => e.endNs < endNs);
    assert.equal(peakOf(last.slice(-60)), 1);
    assert.equal(capture.stage('double:hold').parallelism, 5);
  });

  it('keeps a thread at work when several surplus ones become free at once', async () => {
    const { capture, stdout } = await agent.run({
      program: 'piscinaAtOnce.mjs',
      meanwhile: async ({ capture: live, setKnob, until }) => {
        await until('a full queue', () => live.depths.some(({ depth }) => depth === 6));
        await setKnob('maxThreads', 1);
      },
    });
    assert.equal(stdout, 'all 12\n');
    assert.equal(capture.executionsOf('double:gate').length, 12);
  });

  it('sees threads with an environment of their own when the preload is a flag', async () => {
    const { capture, stdout } = await agent.run({ program: 'piscinaOwnEnv.mjs' });
    assert.equal(stdout, '42\n');
    assert.equal(capture.executionsOf('double').length, 1);
    assert.equal(capture.of('note').length, 0);
  });

  it('says so when it cannot see into the threads', async () => {
    const { capture, stdout } = await agent.run({
      program: 'piscinaOwnEnv.mjs',
      injection: 'NODE_OPTIONS',
    });
    assert.equal(stdout, '42\n');
    assert.equal(capture.executionsOf('double').length, 0);
    assert.deepEqual(
      capture.of('note').map(({ code }) => code),
      ['piscina-blind'],
    );
  });
});
