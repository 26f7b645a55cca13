import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf } from './agentSession.js';

describe('workerpool', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  for (const type of ['thread', 'process', 'auto']) {
    it(`records every task by its method, in workers of type ${type}`, async () => {
      const run = {
        program: 'workerpoolBasics.cjs',
        args: [type],
        injection: 'NODE_OPTIONS',
      } as const;
      const bare = await agent.runBare(run);
      const { capture, stdout, stderr, code } = await agent.run(run);
      assert.deepEqual([code, stdout, stderr], [bare.code, bare.stdout, bare.stderr]);
      const doubles = capture.executionsOf('workerpoolWork:double');
      assert.equal(doubles.length, 12);
      assert.equal(doubles.filter(({ isFailed }) => isFailed).length, 1);
      // The fourth is cancelled before it starts.
      const later = capture.executionsOf('workerpoolWork:later');
      assert.equal(later.length, 4);
      assert.ok(later.every(({ startNs, endNs }) => endNs - startNs >= 4e6));
      assert.equal(capture.executionsOf('workerpoolWork').length, 1);
      assert.equal(capture.executionsOf('workerpoolWork:missing').length, 1);
      assert.ok(peakOf(doubles) <= 2);
      const via = new Set(capture.of('stage').map((stage) => stage.via));
      assert.ok(via.has('workerpool') && !via.has('worker_threads') && !via.has('child_process'));
      const used = new Set(doubles.map(({ lane }) => Number(lane)));
      const threads = capture.of('lane').filter(({ lane }) => used.has(lane));
      const isInWorker = threads.every(({ thread }) => thread.startsWith('worker'));
      assert.equal(isInWorker, type !== 'process');
    });
  }

  it('declares stages, queue and knobs with their place', async () => {
    const { capture } = await agent.run({ program: 'workerpoolBasics.cjs', args: ['thread'] });
    const stage = capture.stage('workerpoolWork:double');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['cpu', 2, 'workerpool']);
    assert.ok(stage.source?.file.endsWith('workerpoolBasics.cjs'));
    assert.equal(stage.source?.line, 5);
    const queue = capture.queue('workerpoolWork queue');
    assert.deepEqual([queue.to, queue.capacity], ['workerpoolWork', 50]);
    const depths = capture.depthsOf('workerpoolWork queue');
    assert.ok(Math.max(...depths) >= 8, depths.join(' '));
    assert.equal(depths.at(-1), 0);
    assert.deepEqual(
      capture.firstKnobs('workerpool').map((k) => [k.name, k.stage, k.queue, k.value, k.live]),
      [
        ['maxWorkers', 'workerpoolWork', null, 2, true],
        ['maxQueueSize', null, 'workerpoolWork queue', 50, false],
      ],
    );
  });

  for (const type of ['thread', 'process']) {
    it(`changes the number of workers of a running pool, both ways (${type})`, async () => {
      const { capture, code, stderr } = await agent.run({
        program: 'workerpoolLive.mjs',
        args: [type],
        meanwhile: async ({ capture: live, setKnob, until }) => {
          const running = (atOnce: number) => (): boolean =>
            peakOf(live.executionsOf('reduce').slice(-60)) === atOnce;
          await until('two workers at work', running(2));
          await setKnob('maxWorkers', 6);
          await until('six workers at work', running(6));
          await setKnob('maxWorkers', 1);
          await until('one worker at work', running(1));
          await setKnob('maxWorkers', 5);
        },
      });
      assert.deepEqual([code, stderr], [0, '']);
      const [raisedNs = 0, loweredNs = 0, endNs = 0] = capture
        .of('knobChange')
        .filter(({ by }) => by === 'sluice')
        .map(({ atNs }) => atNs);
      const executions = capture.executionsOf('reduce');
      const between = (fromNs: number, toNs: number): number =>
        peakOf(executions.filter((e) => e.startNs >= fromNs && e.endNs < toNs));
      assert.equal(between(0, raisedNs), 2);
      assert.equal(between(raisedNs, loweredNs), 6);
      assert.equal(peakOf(executions.filter((e) => e.endNs < endNs).slice(-60)), 1);
      assert.equal(capture.stage('reduce').parallelism, 5);
      assert.equal(capture.stage('reduce').source?.line, 4);
    });
  }
});
