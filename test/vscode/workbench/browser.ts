/** Headless Chromium, and the address under which a server shows a workbench. */
import { chromium, type Browser } from 'playwright-core';
import { workbenchFromEnvironment, type WorkbenchServer } from './server.js';

/** Launches the browser; the caller closes it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: workbenchFromEnvironment().chromium,
    args: [
      // Tests run as root in containers, where Chromium's own sandbox cannot.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--force-color-profile=srgb',
    ],
  });
}

/** What a workbench opens with. Paths are absolute. */
export interface WorkbenchTarget {
  /** A folder; undefined: an empty window. */
  readonly folder?: string;
  /** An extension under development; undefined: only what is installed. */
  readonly extension?: string;
  /** Module whose `run` is called in the extension host. */
  readonly tests?: string;
  /** A file to open in an editor. */
  readonly openFile?: string;
}

/** The page's address. What to load goes into its `payload`, the way VS Code's own browser tests do it. */
export function workbenchUrl(server: WorkbenchServer, target: WorkbenchTarget): string {
  const remote = (file: string): string => `vscode-remote://${server.host}${file}`;
  const payload = [
    ...(target.extension === undefined
      ? []
      : [['extensionDevelopmentPath', remote(target.extension)]]),
    ...(target.tests === undefined ? [] : [['extensionTestsPath', remote(target.tests)]]),
    ...(target.openFile === undefined ? [] : [['openFile', remote(target.openFile)]]),
    ['skipWelcome', 'true'],
    ['enableProposedApi', ''],
  ];
  const url = new URL(`http://${server.host}/`);
  if (target.folder === undefined) url.searchParams.set('ew', 'true');
  else url.searchParams.set('folder', target.folder);
  url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}
