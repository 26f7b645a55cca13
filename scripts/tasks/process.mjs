// Child processes for the tasks: output goes straight through, failure names the command and how to fix it.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

class StepFailed extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a command in the root and resolves when it succeeds.
 * `fix` is the command that mends a failure; `onOutput` sees a copy of stdout.
 */
export function run(command, args, { fix, onOutput, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['inherit', onOutput ? 'pipe' : 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.stdout?.on('data', (chunk) => {
      process.stdout.write(chunk);
      onOutput(chunk.toString());
    });
    child.on('error', (error) => reject(new StepFailed(`${command}: ${error.message}`, 1)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const how = signal === null ? `exit ${code}` : signal;
      const hint = fix === undefined ? '' : `\nto fix: ${fix}`;
      reject(new StepFailed(`failed (${how}): ${command} ${args.join(' ')}${hint}`, code ?? 1));
    });
  });
}

/** Runs one of the project's own Node scripts. */
export function nodeScript(script, args = [], options = {}) {
  return run(process.execPath, [script, ...args], options);
}

/** Runs a tool of node_modules. */
export function runBin(name, args, fix) {
  return run(path.join(root, 'node_modules/.bin', name), args, { fix });
}
