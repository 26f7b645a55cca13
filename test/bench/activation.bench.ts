/** What the extension costs a window in which it is first used: the time in the extension host, and the code it loads. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from '@vscode/test-electron';
import * as esbuild from 'esbuild';
import { numberIn, object, parseJson } from '../../agent/wire/validate.js';
import { ensureWorkbench } from '../vscode/workbench/install.mjs';
import type { BenchRow } from './bench.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const inVscode = path.join(root, 'test/vscode');
const WINDOWS = 5;
const MAX_ACTIVATION_MS = 50;
const MAX_BUNDLE_KB = 150;

const checkTimes = object({ activationMs: numberIn(0, 1e6) });

async function activationMs(scratch: string, tests: string): Promise<number> {
  const results = path.join(scratch, 'times.json');
  await runTests({
    vscodeExecutablePath: path.join(inVscode, 'workbench/vscode-exe'),
    extensionDevelopmentPath: root,
    extensionTestsPath: tests,
    launchArgs: [path.join(scratch, 'workspace')],
    extensionTestsEnv: { SLUICE_BENCH_RESULTS: results, SLUICE_TEST_ROOT: root },
  });
  const times = parseJson(readFileSync(results, 'utf8'), checkTimes, 'the extension host');
  if (!times.ok) throw new Error(times.error);
  return times.value.activationMs;
}

export async function bench(): Promise<readonly BenchRow[]> {
  process.env['SLUICE_TEST_WORKBENCH'] = JSON.stringify(ensureWorkbench());
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'sluice-activation-'));
  try {
    cpSync(path.join(inVscode, 'fixtures/workspace'), path.join(scratch, 'workspace'), {
      recursive: true,
    });
    const tests = path.join(scratch, 'index.cjs');
    await esbuild.build({
      entryPoints: [path.join(inVscode, 'activation/index.ts')],
      outfile: tests,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['vscode'],
      logLevel: 'warning',
    });
    const times: number[] = [];
    for (let i = 0; i < WINDOWS; i++) times.push(await activationMs(scratch, tests));
    times.sort((a, b) => a - b);
    const bytes = statSync(path.join(root, 'dist/extension.cjs')).size;
    return [
      {
        name: 'activation in the extension host',
        value: times[WINDOWS >> 1] ?? Number.NaN,
        unit: 'ms',
        max: MAX_ACTIVATION_MS,
        note: `median of ${WINDOWS} new windows`,
      },
      {
        name: 'code that activation loads',
        value: bytes / 1024,
        unit: 'KB',
        max: MAX_BUNDLE_KB,
        note: 'dist/extension.cjs',
      },
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
