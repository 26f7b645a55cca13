/** Programs that look closely at what they get, with and without the agent, on the Node that runs the tests. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Sameness } from './sameness.js';
import { SAME_FOLDER, programAt, sameProgram, scriptsIn } from './samePrograms.js';

const programs = scriptsIn(SAME_FOLDER);

describe('with and without the agent', { concurrency: 2 }, () => {
  let sameness: Sameness;
  before(async () => {
    sameness = await Sameness.create();
  });
  after(async () => {
    await sameness.dispose();
  });

  it('finds the programs to compare', () => {
    assert.ok(programs.length >= 22);
  });

  for (const file of programs) {
    it(`${file} does the same`, async () => {
      await sameness.check(sameProgram(file), ['--import', '--require', 'NODE_OPTIONS']);
    });
  }

  it('an engine that is not there changes nothing', async () => {
    const run = programAt('test/fixtures/adapters/pQueueBasics.mjs');
    const env = { SLUICE_URL: 'ws://127.0.0.1:9/agent', SLUICE_TOKEN: 'token' };
    const { agent } = sameness;
    assert.deepEqual(await agent.runDormant({ ...run, env }), await agent.runBare(run));
  });
});
