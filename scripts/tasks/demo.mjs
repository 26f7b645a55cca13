// `npm run demo`: profiles examples/code-index, a real pipeline over real files, and shows the result in the best place that
// this machine has: VS Code, a workbench in the browser (--web), or this terminal.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { nodeScript, root, run } from './process.mjs';

const example = path.join(root, 'examples/code-index');

function hasDisplay() {
  if (process.env.CI) return false;
  if (process.platform === 'darwin' || process.platform === 'win32') return true;
  return Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
}

function hasCode() {
  const probe = spawnSync('code', ['--version'], {
    stdio: 'ignore',
    shell: process.platform === 'win32',
  });
  return probe.status === 0;
}

async function profile() {
  const capture = path.join(example, 'demo.fxt');
  await nodeScript('dist/cli.cjs', [
    'run',
    '--out',
    capture,
    '--',
    process.execPath,
    path.join(example, 'index.mjs'),
  ]);
  if (!existsSync(capture)) throw new Error(`no capture was written to ${capture}`);
  return capture;
}

/** Runs the demo. `--web` opens the browser workbench. */
export async function demo(args) {
  const capture = await profile();
  if (args.includes('--web')) {
    await nodeScript('test/vscode/web.mjs', [capture]);
    return;
  }
  if (hasDisplay() && hasCode()) {
    await run('code', [`--extensionDevelopmentPath=${root}`, example, capture]);
    return;
  }
  console.log(`\ncapture: ${path.relative(process.cwd(), capture)}`);
  console.log(
    'open it in VS Code (npm run demo -- --web for a browser) or with: npx sluice report',
  );
}
