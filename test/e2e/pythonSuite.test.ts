// The Python agent's own tests, on each Python that this machine has.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findPythons } from '../support/pythons.js';
import { finished } from './builtSluice.js';

const folder = fileURLToPath(new URL('../python', import.meta.url));
const pythons = findPythons();

async function unittest(python: string, module: string): Promise<void> {
  const env = { ...process.env, NODE_OPTIONS: '', PYTHONPATH: '', PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(python, ['-m', 'unittest', module], { cwd: folder, env });
  const { code, stderr } = await finished(child);
  assert.equal(code, 0, stderr);
}

describe('the Python agent', () => {
  it(
    'has a Python to be tested with',
    { skip: pythons.length === 0 && 'no Python 3.9 or later' },
    () => {
      assert.ok(pythons.length > 0);
    },
  );

  for (const { path, version } of pythons) {
    it(`works in Python ${version}`, async () => {
      await unittest(path, 'test_parts');
      await unittest(path, 'test_program');
    });
  }

  const withTorch = pythons.find(({ hasTorch }) => hasTorch);
  const skip =
    withTorch === undefined && 'no Python here has torch (apt-get install python3-torch)';
  it('sees what torch loads, and changes nothing', { skip, timeout: 600_000 }, async () => {
    await unittest(withTorch?.path ?? '', 'test_torch');
  });
});
