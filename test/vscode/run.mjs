// All tests in a real VS Code: installs what is missing, then (a) the integration tests in the extension host through
// @vscode/test-electron, then (b) the UI tests that drive a window. Ends with one line: N passed, N failed.
//   node test/vscode/run.mjs [part of a UI test's path ...]     (with an argument only those UI tests run)
// Expects a built dist/ (npm run build).
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from '@vscode/test-electron';
import * as esbuild from 'esbuild';
import { ensureWorkbench } from './workbench/install.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const built = path.join(root, 'build/vscode-tests');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'sluice-vscode-'));

/** The counts that a suite left in its file; a suite that left none has failed as a whole. */
function countsIn(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1 };
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function integrationTests() {
  const outputs = path.join(built, 'integration');
  rmSync(outputs, { recursive: true, force: true });
  const sources = readdirSync(path.join(here, 'integration')).filter((f) => f.endsWith('.ts'));
  await esbuild.build({
    entryPoints: sources.map((f) => path.join(here, 'integration', f)),
    outdir: outputs,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
  const results = path.join(scratch, 'integration.json');
  const workspace = path.join(scratch, 'workspace');
  cpSync(path.join(here, 'fixtures/workspace'), workspace, { recursive: true });
  try {
    await runTests({
      vscodeExecutablePath: path.join(here, 'workbench/vscode-exe'),
      extensionDevelopmentPath: root,
      extensionTestsPath: path.join(outputs, 'index.cjs'),
      launchArgs: [workspace],
      extensionTestsEnv: { SLUICE_TEST_RESULTS: results, SLUICE_TEST_ROOT: root },
    });
  } catch (error) {
    console.error(`integration tests: ${error.message}`);
    const counts = countsIn(results);
    return { ...counts, failed: Math.max(1, counts.failed) };
  }
  return countsIn(results);
}

async function uiTests(only) {
  const files = readdirSync(path.join(here, 'ui'))
    .filter((f) => f.endsWith('.test.ts') && (only.length === 0 || only.some((o) => f.includes(o))))
    .map((f) => path.join(here, 'ui', f));
  if (files.length === 0) {
    console.error(`no UI test matches ${only.join(' ')}`);
    return { passed: 0, failed: 1 };
  }
  const results = path.join(scratch, 'ui.json');
  const reporter = path.join(here, 'workbench/countingReporter.mjs');
  const code = await new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        ...['--import', 'tsx', '--test', '--test-concurrency=1'],
        ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
        ...[`--test-reporter=${reporter}`, `--test-reporter-destination=${results}`],
        ...files,
      ],
      { stdio: 'inherit', cwd: root },
    );
    // Whoever stops this stops the servers and browsers, too.
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (exitCode) => resolve(exitCode ?? 1));
  });
  const counts = countsIn(results);
  return code === 0 ? counts : { ...counts, failed: Math.max(1, counts.failed) };
}

async function main() {
  const only = process.argv.slice(2);
  if (!existsSync(path.join(root, 'dist/extension.cjs'))) {
    throw new Error('dist/extension.cjs is missing: run "npm run build" first.');
  }
  const workbench = ensureWorkbench();
  process.env.SLUICE_TEST_WORKBENCH = JSON.stringify(workbench);
  console.log(`VS Code ${workbench.version}, ${workbench.chromium}`);
  const suites = only.length === 0 ? [integrationTests, () => uiTests([])] : [() => uiTests(only)];
  let passed = 0;
  let failed = 0;
  for (const suite of suites) {
    const counts = await suite();
    passed += counts.passed;
    failed += counts.failed;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
