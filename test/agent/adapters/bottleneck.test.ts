import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf } from './agentSession.js';

describe('bottleneck', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('records every run of a job: retries too, what was dropped not', async () => {
    const { capture, stdout, stderr } = await agent.run({ program: 'bottleneckBasics.mjs' });
    assert.equal(stderr, '');
    assert.deepEqual(stdout.split('\n'), [
      '[0,1,2,3,4,5,6,7,8,"nine",10,11]',
      '[1,2,3]',
      'fffrr',
      'This job timed out after 20 ms.',
      '3',
      '[1,"dropped","dropped"]',
      '["a","b","a"]',
      '',
    ]);
    const counted = ['fetch', 'paced', 'leaky', 'patient', 'stopped', 'group'].map((name) => {
      const executions = capture.executionsOf(name);
      return [name, executions.length, executions.filter((e) => e.isFailed).length];
    });
    assert.deepEqual(counted, [
      ['fetch', 12, 1],
      ['paced', 3, 0],
      ['leaky', 3, 0],
      ['patient', 4, 3],
      ['stopped', 1, 0],
      ['group', 3, 0],
    ]);
    // How many come to run at once is up to timers; the test of the knob waits until it has seen it.
    assert.ok(peakOf(capture.executionsOf('fetch')) <= 3);
    assert.equal(peakOf(capture.executionsOf('patient')), 1);
  });

  it('declares stages, queues and knobs with their places', async () => {
    const { capture } = await agent.run({ program: 'bottleneckBasics.mjs' });
    const { source, ...stage } = capture.stage('fetch');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 3, 'bottleneck']);
    assert.deepEqual([source?.line, source?.column], [5, 22]);
    assert.equal(capture.queue('leaky queue').capacity, 2);
    assert.equal(capture.stage('group').parallelism, null);
    assert.equal(capture.stage('group').source?.line, 39);
    const knobs = capture.of('knob');
    assert.deepEqual(
      knobs.map((k) => [k.name, k.stage ?? k.queue, k.value, k.live]),
      [
        ['maxConcurrent', 'fetch', 3, true],
        ['maxConcurrent', 'paced', null, true],
        ['maxConcurrent', 'leaky', 1, true],
        ['highWater', 'leaky queue', 2, false],
        ['maxConcurrent', 'patient', 1, true],
        ['maxConcurrent', 'stopped', 1, true],
        ['maxConcurrent', 'group', 1, true],
      ],
    );
    assert.match(knobs[1]?.remark ?? '', /minTime lets one job start every 50 ms/);
  });

  it('follows how many wait, also when they are dropped, and shows the pace as a limit', async () => {
    const { capture } = await agent.run({ program: 'bottleneckBasics.mjs' });
    for (const [queue, highest] of [
      ['fetch queue', 9],
      ['paced queue', 3],
      ['stopped queue', 2],
    ] as const) {
      assert.equal(Math.max(...capture.depthsOf(queue)), highest, queue);
      assert.equal(capture.depthsOf(queue).at(-1), 0, queue);
    }
    assert.equal(capture.depthsOf('leaky queue').at(-1), 0);
    // The start of each is what the pace allows, so each was held back until it.
    const held = capture.waits.filter((wait) =>
      capture
        .executionsOf('paced')
        .some(({ lane, startNs }) => lane === wait.lane && startNs === wait.endNs),
    );
    assert.equal(held.length, 3);
    assert.ok(held.reduce((sumNs, { startNs, endNs }) => sumNs + endNs - startNs, 0) > 20e6);
    assert.ok(capture.waits.every(({ name }) => name === 'limit'));
  });

  it('changes the concurrency of a running program, and tells who did', async () => {
    const { capture, code } = await agent.run({
      program: 'bottleneckLive.cjs',
      injection: '--require',
      meanwhile: async ({ capture: live, setKnob, until }) => {
        const more = (n: number) => {
          const from = live.executions.length;
          return (): boolean => live.executions.length >= from + n;
        };
        const atOnce = (n: number) => (): boolean => {
          const sinceNs = live.of('knobChange').at(-1)?.atNs ?? 0;
          return peakOf(live.executionsOf('work').filter((e) => e.startNs >= sinceNs)) === n;
        };
        await until('two at once', atOnce(2));
        await setKnob('maxConcurrent', 6);
        await until('six at once', () => live.of('knobChange').length === 1 && atOnce(6)());
        await setKnob('maxConcurrent', 1);
        await until('20 more', more(20));
        await setKnob('maxConcurrent', 9);
        await until('the program to answer', () => live.of('knobChange').length === 4);
        await setKnob('maxConcurrent', 7);
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
    const atNs = changes.map((change) => change.atNs);
    const work = capture.executionsOf('work');
    const between = (fromNs = 0, toNs = 0): number =>
      peakOf(work.filter((e) => e.startNs >= fromNs && e.endNs < toNs));
    assert.equal(between(0, atNs[0]), 2);
    assert.equal(between(atNs[0], atNs[1]), 6);
    // The last jobs of the wider limit run on, and the setting itself takes a turn of the event loop.
    const settled = work.filter((e) => e.startNs >= (atNs[1] ?? 0)).slice(6);
    assert.equal(peakOf(settled.filter((e) => e.endNs < (atNs[2] ?? 0))), 1);
  });
});
