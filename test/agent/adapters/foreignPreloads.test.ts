import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { runsForeignPreloads } from '../../../agent/adapters/hooks/foreignPreloads.js';

const own = '/opt/our place/register.cjs';
const isForeign = (execArgv: string[], nodeOptions = ''): boolean =>
  runsForeignPreloads(own, execArgv, nodeOptions);

describe('preloads of the user', () => {
  it('are not our own, however it is written', () => {
    assert.equal(isForeign([]), false);
    assert.equal(isForeign(['--require', own]), false);
    assert.equal(isForeign([`--require=${own}`]), false);
    assert.equal(isForeign(['--import', 'file:///opt/our%20place/register.cjs']), false);
    assert.equal(isForeign(['-r', 'sluice/register']), false);
    assert.equal(isForeign([], `--require="${own}" --max-old-space-size=300`), false);
    assert.equal(isForeign([], `--require "${own}"`), false);
  });

  it('are not our own behind a link', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice link '));
    try {
      const [file, link] = [path.join(folder, 'register.cjs'), path.join(folder, 'linked.cjs')];
      await writeFile(file, '');
      await symlink(file, link);
      assert.equal(runsForeignPreloads(file, ['--require', link], ''), false);
      assert.equal(runsForeignPreloads(file, ['--require', `${link}x`], ''), true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are found on the command line and in NODE_OPTIONS', () => {
    assert.equal(isForeign(['-r', 'dotenv/config']), true);
    assert.equal(isForeign(['--require=./mine.cjs']), true);
    assert.equal(isForeign([], `--require ./mine.cjs --require "${own}"`), true);
    assert.equal(isForeign([], `--require="C:\\\\my \\"tools\\"\\\\mine.cjs"`), true);
    assert.equal(isForeign(['--require', own], '-r ./register.cjs'), true);
  });

  it('do not count behind our own, which keeps them from running', () => {
    assert.equal(isForeign([], `--require "${own}" --require ./mine.cjs`), false);
    assert.equal(isForeign(['--require', './mine.cjs'], `--require "${own}"`), false);
    assert.equal(isForeign(['-r', './mine.cjs', '-r', own]), true);
  });

  it('do not count where loaders of the user run them anyway', () => {
    const tsx = ['--require', '/tsx/preflight.cjs', '--import', 'file:///tsx/loader.mjs'];
    assert.equal(isForeign(tsx), false);
    assert.equal(isForeign([], '--require ./.pnp.cjs --experimental-loader ./.pnp.mjs'), false);
    assert.equal(isForeign(['--require', './mine.cjs', '--import', 'sluice/register']), true);
  });
});
