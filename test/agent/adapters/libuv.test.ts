import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { poolThreads, ThreadPoolStage } from '../../../agent/adapters/threadPool.js';
import type { Recorder, StageProbe } from '../../../agent/src/probe.js';
import { BuiltAgent, peakOf } from './agentSession.js';
import { withoutStacks } from './withoutStacks.js';

const STAGE = 'libuv pool';

describe('poolThreads', () => {
  it('reads the environment as libuv does', () => {
    const settings = [undefined, '', '0', 'many', '1', '12', '8 threads', '1024', '5000', '-3'];
    assert.deepEqual(settings.map(poolThreads), [4, 1, 1, 1, 1, 12, 8, 1024, 1024, 1024]);
  });
});

/** A pool whose clock stands still until the test moves it; `told` says what it recorded. */
function poolOnPaper(): { pool: ThreadPoolStage; told: string[]; pass: (ms: number) => void } {
  const told: string[] = [];
  let nowMs = 1000;
  let slots = 0;
  const inMs = (ns: number): number => ns / 1e6 - 1000;
  const stage: StageProbe = {
    name: 'pool',
    arrive: () => undefined,
    begin: () => slots++,
    end: (slot, startNs, endNs) => told.push(`${slot}: ${inMs(startNs)} to ${inMs(endNs)}`),
    cancel: (slot) => told.push(`${slot}: cancelled`),
    wait: () => undefined,
    gpu: () => undefined,
    setParallelism: () => undefined,
  };
  const recorder: Recorder = {
    active: true,
    now: () => nowMs * 1e6,
    stage: () => stage,
    queue: () => ({ depth: (depth) => told.push(`depth ${depth}`), setCapacity: () => undefined }),
    knob: () => ({ changed: () => undefined, remark: () => undefined }),
    arrivalHere: () => undefined,
    note: () => undefined,
  };
  const options = { name: 'pool', kind: 'io', via: 'test', isShownLate: true } as const;
  const onDeclared = (): void => {
    told.push('declared');
  };
  const pool = new ThreadPoolStage(recorder, { ...options, onDeclared });
  return { pool, told, pass: (ms) => (nowMs += ms) };
}

describe('a pool that is shown late', () => {
  it('appears when a job has waited for a millisecond, with those that run then', () => {
    const { pool, told, pass } = poolOnPaper();
    const early = [1, 2, 3, 4, 5].map(() => pool.submit(false));
    const [first, second, , , fifth] = early;
    assert.ok(first !== undefined && second !== undefined && fifth !== undefined);
    pass(0.5);
    pool.done(first, false);
    assert.equal(told.length, 0);
    assert.equal(fifth.startNs, 1000.5e6);
    const waits = pool.submit(false);
    pass(1);
    pool.done(second, false);
    assert.deepEqual(told, ['declared', 'depth 1', '0: 0 to 1.5', 'depth 0']);
    pass(1);
    pool.done(fifth, false);
    pool.withdraw(waits);
    assert.deepEqual(told.slice(4), ['3: 0.5 to 2.5', 'depth 0', '4: cancelled']);
  });

  it('appears after three seconds in a row with a hundred jobs each', () => {
    const { pool, told, pass } = poolOnPaper();
    const jobs = (count: number, everyMs: number): void => {
      for (let i = 0; i < count; i++) {
        const job = pool.submit(false);
        pass(everyMs);
        pool.done(job, false);
      }
    };
    // Two busy seconds and one that is not; too few a second; a gap.
    jobs(200, 10);
    jobs(99, 1000 / 99);
    jobs(1000, 12);
    jobs(200, 10);
    pass(3000);
    jobs(299, 10);
    assert.equal(told.length, 0);
    jobs(3, 10);
    assert.ok(told.includes('declared'));
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
    [4, 5],
  ] as const) {
    it(`runs ${jobs} jobs on ${threads} threads`, async () => {
      const { capture, stderr, code } = await agent.run({
        program: 'libuvPool.mjs',
        args: [String(jobs), '100000'],
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

  it('says nothing of a pool that keeps no job waiting', async () => {
    const { capture, stdout } = await agent.run({
      program: 'libuvPool.mjs',
      args: ['4', '100000'],
    });
    assert.equal(stdout, '');
    for (const kind of ['stage', 'queue', 'knob', 'note'] as const) {
      assert.deepEqual(capture.of(kind), []);
    }
  });

  it('tells waiting from running: a short job behind a long one is short', async () => {
    const { capture } = await agent.run({
      program: 'libuvPool.mjs',
      args: ['1', '100000', 'short'],
      env: { UV_THREADPOOL_SIZE: '1' },
    });
    const [long, short] = capture.executionsOf(STAGE).map((e) => e.endNs - e.startNs);
    assert.ok(long !== undefined && short !== undefined);
    // Twenty times the work; its call lasted longer than that of the long one.
    assert.ok(long > 4 * short, `${long} and ${short} ns`);
  });

  it('counts crypto, zlib, fs and lookups, with callbacks and with promises', async () => {
    const { capture, stdout } = await agent.run({
      program: 'libuvPool.mjs',
      args: ['2', '100000', 'mixed'],
      env: { UV_THREADPOOL_SIZE: '1' },
    });
    assert.equal(stdout, '10 ENOENT ENOENT\n');
    const executions = capture.executionsOf(STAGE);
    assert.equal(executions.length, 2 + 10);
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
