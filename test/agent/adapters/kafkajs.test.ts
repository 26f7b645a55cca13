import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf } from './agentSession.js';

describe('kafkajs', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('records messages and batches and changes nothing', async () => {
    const run = { program: 'kafkajsBasics.mjs' };
    const bare = await agent.runBare(run);
    assert.deepEqual([bare.stderr, bare.code], ['', 0]);
    const { capture, ...recorded } = await agent.run(run);
    assert.deepEqual(recorded, bare);
    assert.deepEqual(await agent.runDormant(run), bare);

    // Twenty messages, one of them twice.
    const messages = capture.executionsOf('orders');
    assert.equal(messages.length, 21);
    assert.equal(messages.filter(({ isFailed }) => isFailed).length, 1);
    assert.equal(peakOf(messages), 2);
    const batches = capture.executionsOf('bulk').map(({ items }) => items);
    assert.deepEqual(batches, [7, 7, 7]);
  });

  it('knows that partitions bound what runs at once', async () => {
    const { capture } = await agent.run({ program: 'kafkajsBasics.mjs' });
    const { parallelism, stageKind, via, source } = capture.stage('orders');
    assert.deepEqual([parallelism, stageKind, via], [2, 'io', 'kafkajs']);
    assert.deepEqual([source?.line, source?.column], [12, 14]);
    const knobs = capture.of('knob').filter(({ stage }) => stage === 'orders');
    const knob = knobs.at(-1);
    assert.deepEqual(
      [knob?.name, knob?.value, knob?.live],
      ['partitionsConsumedConcurrently', 4, false],
    );
    assert.match(
      knob?.remark ?? '',
      /^Not live.*: 2 partitions are assigned to this consumer now\.$/,
    );
    assert.equal(capture.stage('bulk').parallelism, 1);
  });
});
