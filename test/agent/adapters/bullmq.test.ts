import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { missingForRedis, startRedis, type Redis } from '../../support/redis.js';
import { BuiltAgent, peakOf } from './agentSession.js';

const skip = missingForRedis() ?? false;

describe('bullmq', { skip }, () => {
  let agent: BuiltAgent;
  let redis: Redis;
  before(async () => {
    [agent, redis] = await Promise.all([BuiltAgent.create(), startRedis()]);
  });
  after(async () => {
    await Promise.all([agent.dispose(), redis.stop()]);
  });
  const runOf = (program: string): { program: string; env: NodeJS.ProcessEnv } => ({
    program,
    env: { REDIS_SOCKET: redis.socket },
  });

  it('records the processor’s runs and changes none of their results', async () => {
    const bare = await agent.runBare(runOf('bullmqBasics.mjs'));
    assert.deepEqual([bare.stderr, bare.code], ['', 0]);
    const { capture, ...recorded } = await agent.run(runOf('bullmqBasics.mjs'));
    assert.deepEqual(recorded, bare);
    // One of twelve is put back and runs twice; that is no failure.
    const painted = capture.executionsOf('paint');
    assert.equal(painted.length, 13);
    assert.equal(painted.filter(({ isFailed }) => isFailed).length, 1);
    assert.equal(peakOf(painted), 3);
    const { stageKind, parallelism, via, source } = capture.stage('paint');
    assert.deepEqual([stageKind, parallelism, via, source?.line], ['io', 3, 'bullmq', 23]);
    const knob = capture.of('knob').find(({ stage }) => stage === 'paint');
    assert.deepEqual([knob?.name, knob?.value, knob?.live], ['concurrency', 3, true]);
    assert.match(knob?.remark ?? '', /one event loop/);
    assert.equal(capture.queue('paint queue').to, 'paint');
    // Asked for with the first job: at most two of the twelve had been taken besides.
    const waited = capture.depthsOf('paint queue')[0] ?? 0;
    assert.ok(waited >= 9 && waited <= 11, `${waited} wait`);
  });

  it('shows a rate limit, and runs in a sandbox', async () => {
    const { capture } = await agent.run(runOf('bullmqBasics.mjs'));
    const letters = capture.executionsOf('mail');
    assert.equal(letters.length, 6);
    const lane = letters[0]?.lane;
    const limits = capture.waits.filter((wait) => wait.lane === lane);
    assert.ok(limits.every(({ name }) => name === 'limit'));
    assert.equal(limits.filter((w) => w.endNs - w.startNs > 50e6).length, 2);
    assert.equal(capture.executionsOf('crunch').length, 4);
    assert.equal(capture.stage('crunch').stageKind, 'cpu');
    assert.equal(capture.stage('crunch').parallelism, 2);
  });

  it('changes the concurrency of a running worker, both ways', async () => {
    const { stdout, capture } = await agent.run({
      ...runOf('bullmqLive.mjs'),
      meanwhile: async ({ capture: live, setKnob, until, tell }) => {
        const more = async (n: number): Promise<void> => {
          const before = live.executions.length;
          await until(`${n} more jobs`, () => live.executions.length >= before + n);
        };
        await more(20);
        assert.equal(peakOf(live.executionsOf('live')), 2);
        await setKnob('concurrency', 6);
        await until('6 at once', () => peakOf(live.executionsOf('live')) === 6);
        await setKnob('concurrency', 1);
        await more(20);
        const last = live.executionsOf('live').slice(-10);
        assert.equal(peakOf(last), 1);
        tell('over');
      },
    });
    assert.equal(stdout, 'done 1\n');
    const changes = capture.of('knobChange').map(({ from, to, by }) => [from, to, by]);
    assert.deepEqual(changes, [
      [2, 6, 'sluice'],
      [6, 1, 'sluice'],
    ]);
  });
});
