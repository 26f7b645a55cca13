/** Runs the Python agent's own tests. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { finished } from '../e2e/builtSluice.js';

const folder = fileURLToPath(new URL('../python', import.meta.url));

/** Runs a module, class or test of `test/python` with that interpreter; rejects with what it printed when it fails. */
export async function unittest(python: string, tests: string): Promise<void> {
  const env = { ...process.env, NODE_OPTIONS: '', PYTHONPATH: '', PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(python, ['-m', 'unittest', tests], { cwd: folder, env });
  const { code, stderr } = await finished(child);
  assert.equal(code, 0, stderr);
}
