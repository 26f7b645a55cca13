import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf, type Capture, type Injection } from './agentSession.js';

describe('Tinypool', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  for (const injection of ['--import', 'NODE_OPTIONS'] satisfies Injection[]) {
    it(`records every task in its worker thread, injected by ${injection}`, async () => {
      const run = { program: 'tinypoolBasics.mjs', injection };
      const bare = await agent.runBare(run);
      const { capture, stdout, stderr, code } = await agent.run(run);
      assert.deepEqual([code, stdout, stderr], [bare.code, bare.stdout, bare.stderr]);
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
    const { capture } = await agent.run({ program: 'tinypoolBasics.mjs' });
    for (const name of ['double', 'double:later', 'double:hold']) {
      const stage = capture.stage(name);
      assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['cpu', 2, 'tinypool']);
      assert.ok(stage.source?.file.endsWith('tinypoolBasics.mjs'));
      assert.equal(stage.source?.line, 5);
    }
    const depths = capture.depthsOf('double queue');
    assert.ok(Math.max(...depths) >= 8, `ten tasks, two threads: ${depths.join(' ')}`);
    assert.equal(depths.at(-1), 0);
    assert.deepEqual(
      capture
        .firstKnobs('tinypool')
        .map((k) => [k.name, k.stage, k.value, k.live, k.source?.line ?? null]),
      [
        ['maxThreads', 'double', 2, true, 5],
        ['minThreads', 'double', 1, false, 5],
        ['concurrentTasksPerWorker', 'double', 1, false, 5],
      ],
    );
    assert.ok((capture.knob('maxThreads').max ?? 0) >= 8);
  });

  it('measures child processes from sending to answer', async () => {
    const run = { program: 'tinypoolProcess.mjs' };
    const bare = await agent.runBare(run);
    const { capture, stdout, stderr, code } = await agent.run(run);
    assert.deepEqual([code, stdout, stderr], [bare.code, bare.stdout, bare.stderr]);
    const executions = capture.executionsOf('double');
    assert.equal(executions.length, 9);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 1);
    assert.equal(peakOf(executions), 2);
    // The pool's children are nobody else's stage.
    assert.deepEqual(
      capture.of('stage').filter(({ via }) => /worker_threads|child_process/.test(via)),
      [],
    );
  });

  for (const runtime of ['worker_threads', 'child_process']) {
    it(`changes the number of workers of a running pool, both ways (${runtime})`, async () => {
      const { capture, code } = await agent.run({
        program: 'tinypoolLive.mjs',
        args: [runtime],
        meanwhile: async ({ capture: live, setKnob, until }) => {
          const running = (atOnce: number) => (): boolean =>
            peakOf(live.executionsOf('double:hold').slice(-60)) === atOnce;
          await until('two workers at work', running(2));
          await setKnob('maxThreads', 6);
          await until('six workers at work', running(6));
          await setKnob('maxThreads', 1);
          await until('one worker at work', running(1));
          await setKnob('maxThreads', 5);
        },
      });
      assert.equal(code, 0);
      const [raisedNs = 0, loweredNs = 0, endNs = 0] = capture
        .of('knobChange')
        .filter(({ by }) => by === 'sluice')
        .map(({ atNs }) => atNs);
      const executions = capture.executionsOf('double:hold');
      const between = (fromNs: number, toNs: number): number =>
        peakOf(executions.filter((e) => e.startNs >= fromNs && e.endNs < toNs));
      assert.equal(between(0, raisedNs), 2);
      assert.equal(between(raisedNs, loweredNs), 6);
      assert.equal(peakOf(executions.filter((e) => e.endNs < endNs).slice(-60)), 1);
    });
  }

  for (const library of ['piscina', 'tinypool']) {
    it(`says with numbers that threads of ${library} come and go, until idleTimeout is set`, async () => {
      const trap = await agent.run({ program: 'piscinaChurn.mjs', args: [library, '0'] });
      const notes = churnNotes(trap.capture);
      assert.equal(notes.length, 1, notes.join('\n'));
      assert.match(
        notes[0] ?? '',
        /piscinaChurn\.mjs:6: Measured: (\d+) threads were started and 1\d ended idle for \d\d tasks/,
      );
      assert.match(
        capture(trap).remark ?? '',
        /Measured: .* idleTimeout is 0 ms\. Set idleTimeout/,
      );
      const cured = await agent.run({ program: 'piscinaChurn.mjs', args: [library, '10000'] });
      assert.deepEqual(churnNotes(cured.capture), []);
      assert.equal(capture(cured).remark, 'Not live: read when the pool is made.');
    });
  }
});

function capture(run: Awaited<ReturnType<BuiltAgent['run']>>): { remark: string | null } {
  return run.capture.knob('minThreads');
}

function churnNotes(seen: Capture): string[] {
  return seen
    .of('note')
    .flatMap(({ code, message }) => (code.startsWith('pool-churn') ? [message] : []));
}
