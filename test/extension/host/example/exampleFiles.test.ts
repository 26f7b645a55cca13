import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { exampleFolderIn, putExample } from '../../../../extension/host/example/exampleFiles.js';

const root = path.resolve(import.meta.dirname, '../../../..');

describe('the bundled example', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-example-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('runs in any folder, with nothing installed', async () => {
    const target = await exampleFolderIn(folder);
    assert.equal(target, path.join(folder, 'first-pipeline'));
    const entry = await putExample(root, target);
    const env = { ...process.env, EXAMPLE_MS: '300', NODE_OPTIONS: '' };
    const { stdout } = await promisify(execFile)(process.execPath, [entry], { env });
    assert.match(stdout, /^\d+ pictures, \d+ a second$/m);
  });

  it('keeps what the user changed in it, and stays out of folders of others', async () => {
    const entry = path.join(folder, 'first-pipeline/index.mjs');
    const changed = (await readFile(entry, 'utf8')).replace('DOWNLOADS = 2', 'DOWNLOADS = 8');
    await writeFile(entry, changed);
    const target = await exampleFolderIn(folder);
    assert.equal(await putExample(root, target), entry);
    assert.equal(await readFile(entry, 'utf8'), changed);
    await mkdir(path.join(folder, 'other/first-pipeline'), { recursive: true });
    assert.equal(
      await exampleFolderIn(path.join(folder, 'other')),
      path.join(folder, 'other/first-pipeline-2'),
    );
  });
});
