/** Serves the editor to a browser until it is interrupted. Started by `../web.mjs`. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { workbenchUrl } from './browser.js';
import { startServer } from './server.js';
import { projectRoot } from './window.js';

const capture = process.argv[2];
const server = await startServer({ settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
const url = workbenchUrl(server, {
  folder: path.join(projectRoot, 'examples'),
  extension: projectRoot,
  ...(capture === undefined ? {} : { openFile: path.resolve(capture) }),
});
console.log(`\nVS Code with Sluice: ${url}\nCtrl-C ends it.`);

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
