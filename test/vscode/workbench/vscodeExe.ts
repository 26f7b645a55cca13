/**
 * Takes the place of the VS Code executable that @vscode/test-electron starts: same arguments, same exit code, but the
 * extension host is the one of the VS Code server, with its window in a headless browser.
 *
 * VS Code's own protocol for tests in a browser needs two functions on the page: `codeAutomationLog` gets the console of
 * the extension host (and of the workbench, in one stream), `codeAutomationExit` the verdict of the test module's `run`.
 */
import path from 'node:path';
import { format, parseArgs } from 'node:util';
import { launchBrowser, workbenchUrl } from './browser.js';
import { startServer } from './server.js';
import { artifactsFolder } from './window.js';

const TIMEOUT_MS = 300_000;

/** Lines between these marks come from our test module; all else is the workbench talking to itself. */
const OWN_LINE = /^\[sluice-test\] ?/;

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: 'string' },
    extensionTestsPath: { type: 'string' },
  },
});
const { extensionDevelopmentPath: extension, extensionTestsPath: tests } = values;
if (typeof extension !== 'string' || typeof tests !== 'string') {
  console.error('needs --extensionDevelopmentPath and --extensionTestsPath');
  process.exit(2);
}

const server = await startServer();
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  let finish: (code: number) => void = () => undefined;
  const verdict = new Promise<number>((resolve) => {
    finish = resolve;
  });
  await page.exposeFunction('codeAutomationLog', (_level: string, parts: unknown[]) => {
    const text = format(...parts);
    if (OWN_LINE.test(text)) console.log(text.replace(OWN_LINE, ''));
  });
  await page.exposeFunction('codeAutomationExit', (code: number) => {
    finish(code);
  });
  page.on('crash', () => {
    console.error('the page crashed');
    finish(1);
  });
  const folder = positionals[0];
  await page.goto(
    workbenchUrl(server, {
      extension: path.resolve(extension),
      tests: path.resolve(tests),
      ...(folder === undefined ? {} : { folder: path.resolve(folder) }),
    }),
  );
  const timer = setTimeout(() => {
    console.error(`the integration tests did not end within ${TIMEOUT_MS / 1000} s`);
    void page
      .screenshot({ path: path.join(artifactsFolder, 'integration-timeout.png') })
      .finally(() => {
        finish(124);
      });
  }, TIMEOUT_MS);
  process.exitCode = await verdict;
  clearTimeout(timer);
} finally {
  await browser.close();
  await server.stop();
}
process.exit();
