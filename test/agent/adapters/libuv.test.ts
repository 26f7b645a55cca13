import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { poolThreads } from '../../../agent/adapters/threadPool.js';
import { BuiltAgent, peakOf } from './agentSession.js';
import { withoutStacks } from './withoutStacks.js';

const STAGE = 'libuv pool';

describe('poolThreads', () => {
  it('reads the environment as libuv does', () => {
    const settings = [undefined, '', '0', 'many', '1', '12', '8 threads', '1024', '5000', '-3'];
    assert.deepEqual(settings.map(poolThreads), [4, 1, 1, 1, 1, 12, 8, 1024, 1024, 1024]);
  });
});

describe('libuv pool', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  for (const [threads, jobs] of [
    [1, 4],
    [2, 6],
    [4, 4],
  ] as const) {
    it(`runs ${jobs} jobs on ${threads} threads`, async () => {
      const { capture, stderr, code } = await agent.run({
        program: 'libuvPool.mjs',
        args: [String(jobs), '20000'],
        env: { UV_THREADPOOL_SIZE: String(threads) },
      });
      assert.deepEqual([stderr, code], ['', 0]);
      const executions = capture.executionsOf(STAGE);
      assert.equal(executions.length, jobs);
      assert.equal(peakOf(executions), threads);
      const { parallelism, stageKind, via } = capture.stage(STAGE);
      assert.deepEqual([parallelism, stageKind, via], [threads, 'io', 'libuv']);
      const knob = capture.knob('UV_THREADPOOL_SIZE');
      assert.deepEqual(
        [knob.stage, knob.value, knob.min, knob.max, knob.live],
        [STAGE, threads, 1, 1024, false],
      );
      assert.match(knob.remark ?? '', /sharp\.concurrency\(\)/);
      assert.equal(Math.max(...capture.depthsOf(`${STAGE} queue`)), jobs - threads);
      assert.equal(capture.depthsOf(`${STAGE} queue`).at(-1), 0);
      // Whoever waited starts when another one ends.
      const ends = new Set(executions.map(({ endNs }) => endNs));
      const late = executions.slice(threads);
      assert.ok(late.every(({ startNs }) => ends.has(startNs)));
    });
  }

  it('tells waiting from running: a short job behind a long one is short', async () => {
    const { capture } = await agent.run({
      program: 'libuvPool.mjs',
      args: ['1', '20000', 'short'],
      env: { UV_THREADPOOL_SIZE: '1' },
    });
    const [first, long, short] = capture.executionsOf(STAGE).map((e) => e.endNs - e.startNs);
    assert.ok(first !== undefined && long !== undefined && short !== undefined);
    // Twenty times the work; its call lasted longer than that of the long one.
    assert.ok(long > 4 * short, `${long} and ${short} ns`);
  });

  it('counts crypto, zlib, fs and lookups, with callbacks and with promises', async () => {
    const { capture, stdout } = await agent.run({
      program: 'libuvPool.mjs',
      args: ['0', '1', 'mixed'],
    });
    assert.equal(stdout, '10 ENOENT ENOENT\n');
    const executions = capture.executionsOf(STAGE);
    assert.equal(executions.length, 10);
    assert.equal(executions.filter(({ isFailed }) => isFailed).length, 2);
    assert.equal(capture.of('note').filter(({ code }) => code === 'libuv-pool').length, 1);
  });

  it('changes nothing of results, errors, stacks and what is unhandled', async () => {
    const run = { program: 'same/threadPool.mjs' };
    const bare = withoutStacks(await agent.runBare(run));
    assert.equal(bare.code, 1);
    assert.match(bare.stdout, /unhandled ENOENT true\n$/);
    const { capture, ...recorded } = await agent.run(run);
    assert.deepEqual(withoutStacks(recorded), bare);
    assert.deepEqual(withoutStacks(await agent.runDormant(run)), bare);
    assert.ok(capture.executionsOf(STAGE).length > 10);
  });
});
