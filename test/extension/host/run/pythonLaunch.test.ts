import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  launchOfPython,
  probePython,
  pythonCommand,
  type PythonPlaces,
} from '../../../../extension/host/run/pythonLaunch.js';

const places = (changes: Partial<PythonPlaces>, ...files: string[]): PythonPlaces => ({
  setting: '',
  chosen: null,
  folder: '/app',
  platform: 'linux',
  isFile: async (file) => Promise.resolve(files.includes(file)),
  ...changes,
});

describe('the Python of a file', () => {
  it('is that of the setting, the Python extension, a virtual environment, PATH, in this order', async () => {
    const venv = '/app/venv/bin/python';
    assert.equal(await pythonCommand(places({ setting: '/s', chosen: '/c' }, venv)), '/s');
    assert.equal(await pythonCommand(places({ chosen: '/c' }, venv)), '/c');
    assert.equal(await pythonCommand(places({}, venv)), venv);
    assert.equal(
      await pythonCommand(places({}, venv, '/app/.venv/bin/python')),
      '/app/.venv/bin/python',
    );
    assert.equal(await pythonCommand(places({})), 'python3');
    assert.equal(await pythonCommand(places({ platform: 'win32' })), 'python');
  });

  it('runs the file where it was asked to', () => {
    assert.deepEqual(launchOfPython('/app/train.py', '/app', '/c'), {
      title: 'train.py',
      command: '/c',
      args: ['-u', '/app/train.py'],
      shell: false,
      cwd: '/app',
    });
  });
});

describe('a Python', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-python-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const standIn = (name: string, script: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  it('is taken when it is new enough, whatever else it prints', async () => {
    const python = standIn('new', 'echo hello; printf sluice:3.12');
    assert.deepEqual(await probePython(python), { ok: true, value: python });
  });

  it('is refused with what to do when it is too old, another program, or not there', async () => {
    const refusal = async (command: string): Promise<string> => {
      const probed = await probePython(command);
      return probed.ok ? 'taken' : probed.error;
    };
    assert.match(
      await refusal(standIn('old', 'printf sluice:3.8')),
      /Python 3\.8 .* 3\.9 or newer/,
    );
    assert.match(await refusal(standIn('cat', 'printf 9.1')), /is not Python/);
    assert.match(await refusal(path.join(folder, 'none')), /not found .*sluice\.pythonPath/);
  });
});
