// The whole editor in a browser, with the extension from this folder: for machines without a desktop VS Code.
//   node test/vscode/web.mjs [capture.fxt]     prints the address, runs until Ctrl-C
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureWorkbench } from './workbench/install.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
let workbench;
try {
  workbench = ensureWorkbench();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const child = spawn(
  process.execPath,
  ['--import', 'tsx', path.join(here, 'workbench/web.ts'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { ...process.env, SLUICE_TEST_WORKBENCH: JSON.stringify(workbench) },
  },
);
// Ctrl-C reaches both; the child stops its server, and this process ends with it.
process.on('SIGINT', () => undefined);
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
