import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf } from './agentSession.js';

describe('p-map', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('records every call of a mapper', async () => {
    const { capture, stdout, stderr } = await agent.run({ program: 'pMapBasics.mjs' });
    assert.equal(stderr, '');
    assert.equal(stdout, '[2,4,6,8,10,12,14]\n[1,2,3] all\n["two"]\n[1,2,3,4,6,7,8] 8\n');
    const counted = [...new Set(capture.of('stage').map(({ name }) => name))].map((name) => {
      const executions = capture.executionsOf(name);
      return [name, executions.length, executions.filter((e) => e.isFailed).length];
    });
    assert.deepEqual(counted, [
      ['fetchPage', 7, 0],
      ['sizes', 3, 0],
      ['p-map pMapBasics.mjs:10', 1, 0],
      ['failed', 3, 1],
      ['one', 12, 0],
      ['handle', 8, 0],
      ['results', 8, 0],
    ]);
    assert.equal(peakOf(capture.executionsOf('fetchPage')), 3);
  });

  it('declares stages and knobs with their places, and no more parallelism than is known', async () => {
    const { capture } = await agent.run({ program: 'pMapBasics.mjs' });
    const { source, ...stage } = capture.stage('fetchPage');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 3, 'p-map']);
    assert.deepEqual([source?.line, source?.column], [8, 34]);
    assert.equal(capture.stage('one').parallelism, 2);
    assert.equal(capture.stage('handle').parallelism, null);
    const knobs = capture.of('knob');
    assert.ok(knobs.every(({ live, remark }) => !live && remark?.includes('Not live')));
    assert.deepEqual(
      knobs.slice(0, 3).map((k) => [k.name, k.stage, k.value]),
      [
        ['concurrency', 'fetchPage', 3],
        ['concurrency', 'sizes', 2],
        ['concurrency', 'p-map pMapBasics.mjs:10', null],
      ],
    );
    assert.match(knobs[2]?.remark ?? '', /Unbounded/);
  });

  it('shows results that wait for their consumer', async () => {
    const { capture } = await agent.run({ program: 'pMapBasics.mjs' });
    const [queue, ...more] = capture.of('queue');
    assert.deepEqual(more, []);
    assert.deepEqual(
      [queue?.name, queue?.from, queue?.capacity],
      ['results results', 'results', 4],
    );
    const depths = capture.depthsOf(queue?.name ?? '');
    assert.ok(Math.max(...depths) >= 3 && Math.max(...depths) <= 4, depths.join());
    assert.equal(depths.at(-1), 0);
    const knob = capture.knob('backpressure');
    assert.deepEqual([knob.queue, knob.knobKind, knob.value], [queue?.name, 'queueDepth', 4]);
  });
});
