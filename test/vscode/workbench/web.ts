/** Serves the editor to a browser until it is interrupted. Started by `../web.mjs`. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { workbenchUrl } from './browser.js';
import { startServer } from './server.js';
import { projectRoot } from './window.js';

const capture = process.argv[2];
const server = await startServer({
  settings: {
    'workbench.colorTheme': 'Default Dark Modern',
    'security.workspace.trust.enabled': false,
  },
  // As a user would have it: under development, VS Code takes the themes of this folder before its own.
  installed: { folder: projectRoot, id: 'sluice.sluice-0.1.0' },
});
const folder = path.join(projectRoot, 'examples/code-index');
const url = workbenchUrl(server, {
  folder: capture === undefined ? folder : path.dirname(path.resolve(capture)),
});
console.log(`\nVS Code with Sluice: ${url}`);
// Not opened by the address: in a new window VS Code opens files before it knows what extensions contribute, as text.
if (capture !== undefined) console.log(`Double-click ${path.basename(capture)} in the explorer.`);
console.log('Ctrl-C ends it.');

/** A browser is opened where there is a screen for one; the address stands above for everybody else. */
function openBrowser(): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const hasScreen =
    process.platform === 'darwin' ||
    process.env['DISPLAY'] !== undefined ||
    process.env['WAYLAND_DISPLAY'] !== undefined;
  if (!hasScreen) return;
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => {
      console.log('No browser could be opened: open the address yourself.');
    })
    .unref();
}

// The server's output keeps this process alive; a signal ends both.
openBrowser();
