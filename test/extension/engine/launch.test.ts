import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { launchEnvironment } from '../../../extension/engine/launch.js';

const launch = {
  url: 'ws://127.0.0.1:1/agent',
  token: 't',
  registerPath: '/a b/c"d\\e%/register.cjs',
};

const python = path.join(path.dirname(launch.registerPath), 'python');

describe('launch environment', () => {
  it('puts the Python agent in front of PYTHONPATH, once', () => {
    const theirs = ['/mine', '/yours'].join(path.delimiter);
    const once = launchEnvironment({ PYTHONPATH: theirs }, launch);
    assert.equal(once['PYTHONPATH'], [python, theirs].join(path.delimiter));
    assert.deepEqual(launchEnvironment(once, launch), once);
    assert.equal(launchEnvironment({ PYTHONPATH: '' }, launch)['PYTHONPATH'], python);
  });

  it('adds to NODE_OPTIONS, once', () => {
    const option = String.raw`--require="/a b/c\"d\\e%/register.cjs"`;
    const once = launchEnvironment({ NODE_OPTIONS: ' --max-old-space-size=100 ', X: 'y' }, launch);
    assert.deepEqual(once, {
      X: 'y',
      NODE_OPTIONS: `${option} --max-old-space-size=100`,
      SLUICE_URL: launch.url,
      SLUICE_TOKEN: 't',
      PYTHONPATH: python,
    });
    assert.deepEqual(launchEnvironment(once, launch), once);
    assert.equal(launchEnvironment({}, launch)['NODE_OPTIONS'], option);
    const plain = launchEnvironment({}, { ...launch, registerPath: '/opt/sluice/register.cjs' });
    assert.equal(plain['NODE_OPTIONS'], '--require=/opt/sluice/register.cjs');
  });

  it('loads the file in a real Node.js, whatever is in its path', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), `sluice "it's" 100% ünï `));
    const registerPath = path.join(folder, 'register.cjs');
    writeFileSync(registerPath, 'process.stdout.write("loaded ")');
    const env = launchEnvironment({ PATH: process.env['PATH'] }, { ...launch, registerPath });
    const out = execFileSync(process.execPath, ['-p', '"and run"'], { env, encoding: 'utf8' });
    assert.equal(out, 'loaded and run\n');
    rmSync(folder, { recursive: true });
  });
});
