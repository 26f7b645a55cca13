// Runs test files under node:test. Files are found by pattern, and none found is a failure: `node --test` on Node 20 would
// report zero tests and succeed.
//   node test/run.mjs [unit] [e2e] [--only text]
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const testRoot = path.dirname(fileURLToPath(import.meta.url));
// Suites that need something of their own: a workbench, a quiet machine.
const apart = new Set(['vscode', 'bench', 'fixtures']);

function find(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return apart.has(entry.name) ? [] : find(full);
    return entry.name.endsWith('.test.ts') ? [full] : [];
  });
}

const only = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const files = find(testRoot)
  .map((f) => path.relative(process.cwd(), f))
  .filter((f) => only.length === 0 || only.some((o) => f.includes(o)))
  .sort();
if (files.length === 0) {
  console.error(`no test files match ${only.join(' ') || 'test/**/*.test.ts'}`);
  process.exit(1);
}
const child = spawn(
  process.execPath,
  [
    '--import',
    'tsx',
    '--test',
    '--test-concurrency=2',
    '--test-reporter=spec',
    // A test that waits for what never comes must fail, not hold up everything for ever.
    '--test-timeout=180000',
    ...files,
  ],
  { stdio: 'inherit', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC', NODE_OPTIONS: '' } },
);
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
