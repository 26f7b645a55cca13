import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isLauncher } from '../../../agent/adapters/launchers.js';
import { nodeBeforeSyncHooks, nodeBinary } from '../../support/nodes.js';
import { BuiltAgent } from './agentSession.js';

describe('isLauncher', () => {
  it('knows package managers by the name of their script', () => {
    const launchers = [
      '/usr/bin/npm',
      '/usr/lib/node_modules/npm/bin/npm-cli.js',
      '/usr/lib/node_modules/npm/bin/npx-cli.js',
      '/opt/yarn/bin/yarn.js',
      '/home/me/project/.yarn/releases/yarn-4.1.0.cjs',
      '/home/me/.cache/node/corepack/v1/pnpm/9.0.0/bin/pnpm.cjs',
      '/usr/lib/node_modules/corepack/dist/corepack.js',
    ];
    for (const script of launchers) assert.equal(isLauncher(script), true, script);
  });

  it('lets programs be', () => {
    const programs = ['/app/index.js', '/app/npm/server.js', '/app/npm-stats.js', undefined];
    for (const script of programs) assert.equal(isLauncher(script), false, script);
  });
});

describe('the preload', () => {
  let agent: BuiltAgent;
  before(async () => {
    agent = await BuiltAgent.create();
  });
  after(async () => {
    await agent.dispose();
  });

  it('stays out of a launcher and goes into the program that it starts', async () => {
    const { capture, stdout, stderr } = await agent.run({
      program: 'launcher/npx-cli.js',
      injection: 'NODE_OPTIONS',
    });
    assert.equal(stderr, '');
    assert.equal(stdout, '[ 2, 4, 6 ]\nchild ended with 0\n');
    assert.deepEqual(
      capture.of('process').map(({ title }) => title),
      ['piscinaBasics.cjs'],
    );
    assert.equal(capture.executionsOf('double').length, 3);
  });

  describe('beside a preload of the user’s, on Node whose hooks need a loader thread', () => {
    const preload = fileURLToPath(
      new URL('../../fixtures/adapters/same/with/ownPreload.cjs', import.meta.url),
    );
    const old = { program: 'pQueueDynamic.cjs', node: nodeBinary(nodeBeforeSyncHooks) };

    for (const [where, given] of [
      ['in NODE_OPTIONS', { env: { NODE_OPTIONS: `--require "${preload}"` } }],
      ['on the command line', { nodeArgs: ['--require', preload] }],
    ] as const) {
      it(`runs it once and sees the libraries, ${where}`, async () => {
        const { capture, stdout } = await agent.run({
          ...old,
          ...given,
          injection: 'NODE_OPTIONS',
        });
        assert.equal(stdout, 'preload\n[ 1, 2, 3 ]\n');
        assert.deepEqual(capture.of('note'), []);
        assert.equal(capture.of('stage').length, 1);
      });
    }

    it('leaves libraries alone when it stands before us, and says so', async () => {
      const { capture, stdout } = await agent.run({
        ...old,
        injection: '--require',
        env: { NODE_OPTIONS: `--require "${preload}"` },
      });
      assert.equal(stdout, 'preload\n[ 1, 2, 3 ]\n');
      assert.deepEqual(
        capture.of('note').map(({ code }) => code),
        ['loader-preload'],
      );
    });
  });

  it('declares nothing for a program without a library that it knows', async () => {
    const { capture } = await agent.run({ program: 'same/silent.cjs' });
    assert.equal(capture.of('process').length, 1);
    assert.deepEqual([capture.of('stage'), capture.of('queue'), capture.of('note')], [[], [], []]);
  });
});
