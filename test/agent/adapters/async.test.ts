import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf } from './agentSession.js';

describe('async', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('records queues, cargos and functions with a limit', async () => {
    const { capture, stdout, stderr } = await agent.run({ program: 'asyncBasics.mjs' });
    assert.equal(stderr, '');
    assert.deepEqual(stdout.split('\n'), [
      '[0,1,2,"three",4,5,6,7,8,9]',
      '[2,4,6,8,10]',
      '[9,1,2]',
      '[4,4,2,3,3,1]',
      '[2,4,6,8,10]',
      '["a1","b2","c3"]',
      '"two"',
      '0',
      '',
    ]);
    const read = capture.executionsOf('read');
    assert.ok(read.every((e) => e.endNs - e.startNs >= 4_000_000));
    const counted = ['read', 'parse', 'urgent', 'store', 'send', 'double', 'held'].map((name) => {
      const executions = capture.executionsOf(name);
      return [
        name,
        executions.length,
        executions.reduce((sum, { items }) => sum + items, 0),
        executions.filter(({ isFailed }) => isFailed).length,
        name === 'send' || name === 'held' ? 'any' : peakOf(executions),
      ];
    });
    assert.deepEqual(counted, [
      ['read', 10, 10, 1, 3],
      ['parse', 5, 5, 0, 2],
      ['urgent', 3, 3, 0, 1],
      ['store', 3, 10, 0, 1],
      ['send', 3, 7, 0, 'any'],
      ['double', 5, 5, 0, 2],
      ['held', 2, 2, 0, 'any'],
    ]);
    const timed = capture.executionsOf('timed');
    assert.deepEqual([timed.length, timed.filter(({ isFailed }) => isFailed).length], [4, 1]);
  });

  it('declares stages, queues and knobs with their places', async () => {
    const { capture } = await agent.run({ program: 'asyncBasics.mjs' });
    const { source, ...stage } = capture.stage('read');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 3, 'async']);
    assert.deepEqual([source?.line, source?.column], [5, 25]);
    assert.equal(capture.queue('read queue').to, 'read');
    assert.equal(capture.stage('double').parallelism, 2);
    assert.ok(capture.of('queue').every(({ to }) => to !== 'double'));
    assert.deepEqual(
      capture.of('knob').map((k) => [k.name, k.knobKind, k.stage, k.value, k.live]),
      [
        ['concurrency', 'parallelism', 'read', 3, true],
        ['concurrency', 'parallelism', 'parse', 2, true],
        ['concurrency', 'parallelism', 'urgent', 1, true],
        ['payload', 'batchSize', 'store', 4, true],
        ['concurrency', 'parallelism', 'send', 2, true],
        ['payload', 'batchSize', 'send', 3, true],
        ['limit', 'parallelism', 'double', 2, false],
        ['limit', 'parallelism', capture.of('knob')[7]?.stage, 2, false],
        ['limit', 'parallelism', 'timed', 3, false],
        ['concurrency', 'parallelism', 'held', 2, true],
      ],
    );
  });

  it('follows how many wait, also when they are dropped, and shows a pause', async () => {
    const { capture } = await agent.run({ program: 'asyncBasics.mjs' });
    for (const [queue, highest] of [
      ['read queue', 7],
      ['parse queue', 3],
      ['urgent queue', 2],
      ['store queue', 6],
      ['send queue', 1],
      ['held queue', 3],
    ] as const) {
      assert.equal(Math.max(...capture.depthsOf(queue)), highest, queue);
      assert.equal(capture.depthsOf(queue).at(-1), 0, queue);
    }
    const long = capture.waits.filter((wait) => wait.endNs - wait.startNs >= 35e6);
    assert.ok(long.length >= 1);
    assert.ok(capture.waits.every(({ name }) => name === 'limit'));
  });

  it('changes concurrency and payload of a running program, and tells who did', async () => {
    const { capture, code } = await agent.run({
      program: 'asyncLive.cjs',
      injection: '--require',
      meanwhile: async ({ capture: live, setKnob, until }) => {
        const more = (n: number) => {
          const from = live.executionsOf('work').length;
          return (): boolean => live.executionsOf('work').length >= from + n;
        };
        await until('20 executions', more(20));
        await setKnob('concurrency', 6);
        await until('60 more', more(60));
        await setKnob('concurrency', 1);
        await until('20 more', more(20));
        await setKnob('payload', 11);
        await until('a batch of 11', () => live.executionsOf('store').some((e) => e.items === 11));
        await setKnob('concurrency', 9);
        await until('the program to answer', () => live.of('knobChange').some((c) => c.to === 4));
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
        [11, 'sluice'],
        [9, 'sluice'],
        [4, 'program'],
        [7, 'sluice'],
      ],
    );
    const atNs = changes.map((change) => change.atNs);
    const between = (fromNs = 0, toNs = 0): number =>
      peakOf(capture.executionsOf('work').filter((e) => e.startNs >= fromNs && e.endNs < toNs));
    assert.equal(between(0, atNs[0]), 2);
    assert.equal(between(atNs[0], atNs[1]), 6);
    assert.equal(between(atNs[1], atNs[3]), 1);
    const sizes = capture.executionsOf('store').map((e) => [e.startNs < (atNs[2] ?? 0), e.items]);
    assert.ok(sizes.every(([isBefore, items]) => !isBefore || items === 3));
  });
});
