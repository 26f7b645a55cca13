import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, type Injection } from './agentSession.js';

describe('worker_threads', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  for (const injection of ['--import', 'NODE_OPTIONS'] satisfies Injection[]) {
    it(`records each message once, however many listeners there are, injected by ${injection}`, async () => {
      const run = { program: 'threads.mjs', injection };
      const bare = await agent.runBare(run);
      const { capture, stdout, stderr, code } = await agent.run(run);
      assert.deepEqual([code, stdout, stderr], [bare.code, bare.stdout, bare.stderr]);
      const executions = capture.executionsOf('threadsWork');
      assert.equal(executions.length, 20);
      // Async listeners are waited for.
      assert.ok(executions.every(({ startNs, endNs }) => endNs - startNs >= 4e6));
      const lanes = new Set(executions.map(({ lane }) => Number(lane)));
      const threads = capture.of('lane').filter(({ lane }) => lanes.has(lane));
      assert.ok(threads.every(({ thread }) => thread.startsWith('worker')));
      assert.equal(new Set(threads.map(({ thread }) => thread)).size, 2);
      assert.equal(capture.executionsOf('threadsWork reply').length, 62);
    });
  }

  it('declares stages and queues with their place', async () => {
    const { capture } = await agent.run({ program: 'threads.mjs' });
    const stage = capture.stage('threadsWork');
    assert.deepEqual([stage.stageKind, stage.parallelism, stage.via], ['cpu', 2, 'worker_threads']);
    assert.ok(stage.source?.file.endsWith('threads.mjs'));
    assert.equal(stage.source?.line, 5);
    const ours = capture.of('queue').filter(({ via }) => via === 'worker_threads');
    const queues = ours.map(({ name, from, to }) => [name, from, to]);
    assert.deepEqual(queues.slice(0, 2), [
      ['threadsWork queue', null, 'threadsWork'],
      ['threadsWork replies', 'threadsWork', 'threadsWork reply'],
    ]);
    const depths = capture.depthsOf('threadsWork queue');
    assert.equal(Math.max(...depths), 20);
    assert.equal(depths.at(-1), 0);
    assert.equal(capture.depthsOf('threadsWork replies').at(-1), 0);
  });

  it('takes the life of a worker that gets no message for its execution', async () => {
    const run = { program: 'threads.cjs', injection: 'NODE_OPTIONS' } as const;
    const bare = await agent.runBare(run);
    const { capture, stdout, stderr, code } = await agent.run(run);
    assert.deepEqual([code, stdout, stderr], [bare.code, bare.stdout, bare.stderr]);
    const polling =
      capture.of('stage').find(({ name }) => name.startsWith('threads ('))?.name ?? '';
    assert.match(polling, /^threads \(threads\.cjs:1\d\)$/);
    const executions = capture.executionsOf('threads');
    assert.equal(executions.length, 3);
    assert.deepEqual(
      executions.map(({ isFailed }) => isFailed),
      [false, false, true],
    );
    // Messages that are polled leave the queue; what is done with them is not seen.
    assert.equal(capture.depthsOf(`${polling} queue`).at(-1), 0);
    assert.ok(Math.max(...capture.depthsOf(`${polling} queue`)) > 0);
  });

  it('says where a worker is started that runs without the agent', async () => {
    const run = { program: 'threadsBlind.mjs', injection: 'NODE_OPTIONS' } as const;
    const { capture, stdout } = await agent.run(run);
    assert.equal(stdout, '0\n1\n2\n');
    assert.deepEqual(
      capture.of('note').flatMap(({ code }) => (code.startsWith('worker-') ? [code] : [])),
      ['worker-blind:threadsBlind.mjs:4'],
    );
    assert.equal(capture.depthsOf('threadsEcho queue').at(-1), 0);
    assert.equal(capture.executionsOf('threadsEcho reply').length, 3);
  });

  it('leaves the threads of pools to their adapters', async () => {
    for (const program of ['piscinaBasics.mjs', 'tinypoolBasics.mjs']) {
      const { capture } = await agent.run({ program });
      const via = new Set(capture.of('stage').map((stage) => stage.via));
      assert.equal(via.has('worker_threads'), false, program);
    }
  });

  for (const program of ['same/threadRejects.mjs', 'same/threadThrows.cjs']) {
    it(`changes nothing in ${program}`, async () => {
      for (const injection of ['--require', 'NODE_OPTIONS'] satisfies Injection[]) {
        const bare = await agent.runBare({ program });
        const seen = await agent.run({ program, injection });
        assert.deepEqual(
          [seen.code, seen.stdout, lines(seen.stderr)],
          [bare.code, bare.stdout, lines(bare.stderr)],
        );
      }
    });
  }
});

/** Without the frames further down and threads' numbers: there are more of them. */
function lines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => !line.startsWith('    at '));
}
