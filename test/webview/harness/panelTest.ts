/** What the browser tests of the views share: one browser a file, pages that are checked when they are closed. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { checkFromWebview, type FromWebview } from '../../../extension/core/panel/messages.js';
import {
  browserPath,
  buildBundles,
  openPanel,
  startBrowser,
  type Bundles,
  type PanelPage,
} from './openPanel.js';
import { RUN_MS } from './pipeline.js';
import type { themes } from './themes.js';

export type ThemeName = keyof typeof themes;
export const themeNames = ['dark', 'light', 'hc', 'hc-light'] as const;

const executable = browserPath();
/** Why a suite cannot run here; false: it can. */
export const skip = executable === null ? 'no Chromium here: set CHROMIUM to its path' : false;

export interface Panels {
  /** Opens the panel on a page of its own. */
  readonly open: (theme?: ThemeName) => Promise<Page>;
  /** Closes a page on which nothing went wrong and which posted only what the host accepts. */
  readonly close: (page: Page) => Promise<void>;
}

/** Starts the browser before the tests of the suite that calls this, and ends it behind them. */
export function usePanels(): Panels {
  let browser: Browser | null = null;
  let bundles: Bundles | null = null;
  const opened = new Map<Page, PanelPage>();
  before(async () => {
    browser = await startBrowser(executable ?? '');
    bundles = await buildBundles();
  });
  after(async () => {
    await browser?.close();
  });
  return {
    async open(theme = 'dark') {
      assert.ok(browser !== null && bundles !== null);
      const panel = await openPanel(browser, bundles, theme);
      panel.page.setDefaultTimeout(60_000);
      opened.set(panel.page, panel);
      return panel.page;
    },
    async close(page) {
      for (const message of await posted(page)) {
        const checked = checkFromWebview(message, 'message');
        assert.ok(checked.ok, checked.ok ? '' : checked.error);
        assert.notEqual(message.kind, 'failure', JSON.stringify(message));
      }
      assert.deepEqual(opened.get(page)?.problems, []);
      opened.delete(page);
      await page.close();
    },
  };
}

/** Shows the session as it is at a moment, and waits until the panel has it. */
export async function show(
  page: Page,
  state: 'live' | 'ended' | 'reading' | 'capture' = 'capture',
  atMs = RUN_MS,
): Promise<void> {
  const generation = await page.evaluate(([s, at]) => window.harness.show(s, at), [
    state,
    atMs,
  ] as const);
  await page.waitForSelector(`#root[data-generation="${generation}"]`);
}

/** Everything that the panel posted. */
export function posted(page: Page): Promise<FromWebview[]> {
  return page.evaluate(() => window.harness.posted);
}

/** The messages of one kind that the panel posted. */
export async function postedOf<K extends FromWebview['kind']>(
  page: Page,
  kind: K,
): Promise<Extract<FromWebview, { kind: K }>[]> {
  return (await posted(page)).filter(
    (m): m is Extract<FromWebview, { kind: K }> => m.kind === kind,
  );
}

/** Switches to a view with its button. */
export async function toView(
  page: Page,
  label: 'Timeline' | 'Graph' | 'Flame graph' | 'Table',
): Promise<void> {
  await page.getByText(label, { exact: true }).click();
}
