import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf } from './agentSession.js';

describe('rxjs', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('records every inner observable, whatever ends it', async () => {
    const { capture, stdout, stderr } = await agent.run({ program: 'rxjsBasics.mjs' });
    assert.equal(stderr, '');
    assert.deepEqual(stdout.split('\n'), [
      '[2,4,6,8,10,12,14]',
      '[1,2,3,4]',
      '[1,2]',
      '6',
      'two',
      '5',
      '[[1,2,3,4],[1,2,3,4]]',
      '[2,1,3]',
      'TypeError',
      '',
    ]);
    const counted = [...new Set(capture.of('stage').map(({ name }) => name))].map((name) => {
      const executions = capture.executionsOf(name);
      return [
        name,
        executions.length,
        executions.filter((e) => e.isFailed).length,
        peakOf(executions),
      ];
    });
    assert.deepEqual(counted, [
      ['fetchPage', 7, 0, 3],
      ['save', 4, 0, 1],
      ['mergeAll rxjsBasics.mjs:13', 3, 0, 2],
      ['mergeScan rxjsBasics.mjs:14', 3, 0, 1],
      ['failing', 2, 1, 2],
      ['mergeMap rxjsBasics.mjs:16', 1, 1, 1],
      ['cut', 2, 0, 2],
      ['shared', 8, 0, 4],
      ['nested', 3, 0, 2],
      ['wrong', 1, 1, 1],
    ]);
    assert.ok(capture.executionsOf('fetchPage').every((e) => e.endNs - e.startNs >= 4e6));
    assert.ok(capture.executionsOf('save').every((e) => e.endNs - e.startNs >= 2e6));
  });

  it('declares stages, queues and knobs with their places', async () => {
    const { capture } = await agent.run({ program: 'rxjsBasics.mjs' });
    const { source, ...stage } = capture.stage('fetchPage');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['io', 3, 'rxjs']);
    assert.equal(source?.line, 10);
    assert.equal(capture.queue('fetchPage queue').to, 'fetchPage');
    assert.equal(capture.stage('save').parallelism, 1);
    assert.equal(capture.stage('shared').parallelism, null);
    assert.deepEqual(
      capture.of('knob').map((k) => [k.name, k.stage, k.value, k.live]),
      [
        ['concurrent', 'fetchPage', 3, false],
        ['concurrent', 'mergeAll rxjsBasics.mjs:13', 2, false],
        ['concurrent', 'mergeScan rxjsBasics.mjs:14', 1, false],
        ['concurrent', 'failing', 2, false],
        ['concurrent', 'mergeMap rxjsBasics.mjs:16', null, false],
        ['concurrent', 'cut', 2, false],
        ['concurrent', 'shared', 2, false],
        ['concurrent', 'nested', 2, false],
        ['concurrent', 'wrong', 1, false],
      ],
    );
  });

  it('follows how many values are buffered, also when their subscription ends', async () => {
    const { capture } = await agent.run({ program: 'rxjsBasics.mjs' });
    for (const [stage, highest] of [
      ['fetchPage', 4],
      ['save', 3],
      ['mergeAll rxjsBasics.mjs:13', 1],
      ['failing', 2],
      ['cut', 2],
      ['shared', 4],
      ['nested', 1],
      ['wrong', 0],
    ] as const) {
      const depths = capture.depthsOf(`${stage} queue`);
      assert.equal(Math.max(...depths), highest, stage);
      assert.equal(depths.at(-1), 0, stage);
    }
  });
});
