import assert from 'node:assert/strict';
import os from 'node:os';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, peakOf } from './agentSession.js';

const cores = os.availableParallelism();

describe('sharp', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  for (const program of ['sharpBasics.mjs', 'sharpBasics.cjs']) {
    it(`records images and changes nothing, in ${program}`, async () => {
      const run = { program, env: { UV_THREADPOOL_SIZE: '2' } };
      const bare = await agent.runBare(run);
      assert.deepEqual([bare.stderr, bare.code], ['', 0]);
      const { capture, ...recorded } = await agent.run(run);
      assert.deepEqual(recorded, bare);
      assert.deepEqual(await agent.runDormant(run), bare);
      const images = capture.executionsOf('sharp');
      assert.equal(images.length, 10);
      assert.equal(images.filter(({ isFailed }) => isFailed).length, 1);
      assert.equal(peakOf(images), 2);
      const { stageKind, parallelism } = capture.stage('sharp');
      assert.deepEqual([stageKind, parallelism], ['cpu', 2]);
      assert.equal(Math.max(...capture.depthsOf('sharp queue')), 4);
      const change = capture.of('knobChange').map(({ to, by }) => [to, by]);
      assert.deepEqual(change, [[3, 'program']]);
      const remark = capture.knob('concurrency').remark ?? '';
      assert.match(remark, /2 images at once: 3 x 2 = 6 threads/);
      assert.match(remark, 6 > cores ? /more than the \d+ cores/ : /for \d+ cores/);
    });
  }

  it('sets the threads of an image while the program runs', async () => {
    const { stdout, capture } = await agent.run({
      program: 'sharpBasics.mjs',
      args: ['wait'],
      meanwhile: async ({ capture: live, until, setKnob, printed, tell }) => {
        await until('the end of the work', () => printed().includes('function true'));
        await until('the knob', () => live.of('knob').some(({ name }) => name === 'concurrency'));
        await setKnob('concurrency', 2);
        await assert.rejects(setKnob('concurrency', 0), /not between 1/);
        tell('go');
      },
    });
    assert.match(stdout, /\n2\n$/);
    assert.deepEqual(capture.of('knobChange').at(-1)?.to, 2);
  });
});
