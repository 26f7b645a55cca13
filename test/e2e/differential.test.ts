/**
 * Programs that look closely at what they get: with the agent inside they must print the same, in the same order, and end
 * in the same way as without it.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { BuiltAgent, type Injection, type Outcome } from '../agent/adapters/agentSession.js';

const programs = readdirSync(fileURLToPath(new URL('../fixtures/adapters/same', import.meta.url)));

/** Frames of a stack trace show whose code is in between, which is the one thing that may differ. */
function withoutFrames({ stderr, ...rest }: Outcome): Outcome {
  const lines = stderr.split('\n').filter((line) => !/^ {4}at /.test(line));
  return { ...rest, stderr: lines.join('\n') };
}

describe('with and without the agent', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('finds the programs to compare', () => {
    assert.ok(programs.length >= 9);
  });

  for (const file of programs) {
    it(`${file} does the same`, async () => {
      const run = { program: `same/${file}`, args: ['one', 'two'] };
      const bare = withoutFrames(await agent.runBare(run));
      for (const injection of ['--import', '--require', 'NODE_OPTIONS'] satisfies Injection[]) {
        const { capture, ...watched } = await agent.run({ ...run, injection });
        assert.deepEqual(withoutFrames(watched), bare, injection);
        assert.ok(capture.of('process').length > 0, 'the agent was there');
      }
    });
  }

  it('a preload that is told nothing does nothing', async () => {
    for (const program of ['pQueueBasics.mjs', 'piscinaBasics.mjs', 'same/silent.cjs']) {
      assert.deepEqual(await agent.runDormant({ program }), await agent.runBare({ program }));
    }
  });

  it('an engine that is not there changes nothing', async () => {
    const run = { program: 'pQueueBasics.mjs' };
    const env = { SLUICE_URL: 'ws://127.0.0.1:9/agent', SLUICE_TOKEN: 'token' };
    assert.deepEqual(await agent.runDormant({ ...run, env }), await agent.runBare(run));
  });
});
