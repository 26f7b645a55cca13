import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf } from './agentSession.js';

describe('fastq', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('records every task, with callbacks and with promises', async () => {
    const { capture, stdout, stderr } = await agent.run({ program: 'fastqBasics.mjs' });
    assert.equal(stderr, '');
    assert.equal(stdout, '[0,1,2,"three",4,5,6,7,8,9]\n[2,4,6,8,10]\n[1,2]\n0 true\n');
    const read = capture.executionsOf('read');
    assert.equal(read.length, 10);
    assert.equal(read.filter(({ isFailed }) => isFailed).length, 1);
    assert.ok(read.every((e) => e.endNs - e.startNs >= 4_000_000));
    assert.equal(peakOf(read), 3);
    assert.equal(capture.executionsOf('parse').length, 5);
    assert.equal(peakOf(capture.executionsOf('parse')), 2);
    assert.equal(capture.executionsOf('drop').length, 1);
  });

  it('declares stages, queues and knobs with their places', async () => {
    const { capture } = await agent.run({ program: 'fastqBasics.mjs' });
    const { source, ...stage } = capture.stage('read');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 3, 'fastq']);
    assert.deepEqual([source?.line, source?.column], [6, 19]);
    assert.equal(capture.queue('read queue').to, 'read');
    assert.deepEqual(
      capture.of('knob').map((k) => [k.name, k.stage, k.value, k.live, k.source?.line]),
      [
        ['concurrency', 'read', 3, true, 6],
        ['concurrency', 'parse', 2, true, 11],
        ['concurrency', 'held', 2, true, 14],
        ['concurrency', 'drop', 1, true, 21],
      ],
    );
  });

  it('follows how many wait, also when they are dropped', async () => {
    const { capture } = await agent.run({ program: 'fastqBasics.mjs' });
    for (const [queue, highest] of [
      ['read queue', 7],
      ['parse queue', 3],
      ['held queue', 2],
      ['drop queue', 3],
    ] as const) {
      assert.equal(Math.max(...capture.depthsOf(queue)), highest, queue);
      assert.equal(capture.depthsOf(queue).at(-1), 0, queue);
    }
  });

  it('shows a pause as waiting for a limit, on each lane', async () => {
    const { capture } = await agent.run({ program: 'fastqBasics.mjs' });
    assert.equal(capture.waits.length, 2);
    for (const wait of capture.waits) {
      assert.equal(wait.name, 'limit');
      assert.ok(wait.endNs - wait.startNs >= 35e6);
    }
    assert.equal(new Set(capture.waits.map(({ lane }) => lane)).size, 2);
  });

  it('changes the concurrency of a running program, and tells who did', async () => {
    const { capture, code } = await agent.run({
      program: 'fastqLive.cjs',
      injection: '--require',
      meanwhile: async ({ capture: live, setKnob, until }) => {
        const more = (n: number) => {
          const from = live.executions.length;
          return (): boolean => live.executions.length >= from + n;
        };
        await until('20 executions', more(20));
        await setKnob('concurrency', 6);
        await until('60 more', more(60));
        await setKnob('concurrency', 1);
        await until('20 more', more(20));
        await setKnob('concurrency', 9);
        await until('the program to answer', () => live.of('knobChange').length === 4);
        await setKnob('concurrency', 7);
      },
    });
    assert.equal(code, 0);
    const changes = capture.of('knobChange');
    assert.deepEqual(
      changes.map(({ to, by }) => [to, by]),
      [
        [6, 'sluice'],
        [1, 'sluice'],
        [9, 'sluice'],
        [4, 'program'],
        [7, 'sluice'],
      ],
    );
    const between = (from: number, to: number): number =>
      peakOf(
        capture
          .executionsOf('work')
          .filter(
            (e) => e.startNs >= (changes[from]?.atNs ?? 0) && e.endNs < (changes[to]?.atNs ?? 0),
          ),
      );
    assert.equal(between(-1, 0), 2);
    assert.equal(between(0, 1), 6);
    assert.equal(between(1, 2), 1);
  });
});
