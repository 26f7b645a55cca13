/** One window of VS Code in the browser, and what a person does in it. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { workbenchUrl, type WorkbenchTarget } from './browser.js';
import type { WorkbenchServer } from './server.js';

/** The project's folder, which is also the extension's. */
export const projectRoot = path.resolve(import.meta.dirname, '../../..');

/** Where screenshots go. */
export const artifactsFolder = path.join(projectRoot, 'test-artifacts');

const WEBVIEW = 'iframe.webview.ready[src*="extensionId=sluice.sluice"]';
const WEBVIEW_CONTENT = 'iframe#active-frame';

/** Generous: the machine may be busy with something else. */
const PATIENCE_MS = 60_000;

/** Waits until `probe` gives something other than undefined or false. Rejects naming `what` after a minute. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  for (const deadlineMs = Date.now() + PATIENCE_MS; ;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadlineMs) throw new Error(`waited a minute in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A window; `close` must be called. */
export class WorkbenchWindow {
  readonly page: Page;
  /** Errors that nobody caught, of the workbench and of webviews. */
  readonly pageErrors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => this.pageErrors.push(error.stack ?? error.message));
    page.on('console', (message) => {
      // A blocked style or script is an error of ours even when the page goes on.
      if (message.text().includes('Content Security Policy')) this.pageErrors.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    server: WorkbenchServer,
    target: WorkbenchTarget,
  ): Promise<WorkbenchWindow> {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: 'dark',
    });
    const window = new WorkbenchWindow(await context.newPage());
    await window.page.goto(workbenchUrl(server, target));
    await window.ready();
    return window;
  }

  /**
   * Waits until VS Code has read what extensions contribute. Before that a capture would open as text. The icon in the
   * activity bar is no sign of it, since it is remembered from the last time; the commands are.
   */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    await this.#inPalette('Sluice: Show Log', (row) => row.waitFor({ timeout: 5000 }));
    await this.page.keyboard.press('Escape');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** Reloads the window the way a user does: VS Code first writes down which editors are open. */
  async reload(): Promise<void> {
    const reloaded = this.page.waitForEvent('load');
    await this.runCommand('Developer: Reload Window');
    await reloaded;
    await this.ready();
  }

  /** A picture of the whole window, kept for people. */
  async screenshot(name: string): Promise<void> {
    mkdirSync(artifactsFolder, { recursive: true });
    await this.page.screenshot({ path: path.join(artifactsFolder, `${name}.png`) });
  }

  /** Runs a command from the palette by its whole title. */
  async runCommand(title: string): Promise<void> {
    await this.#inPalette(title, (row) => row.click({ timeout: 5000 }));
  }

  /** Picks the row of the open list that has this very text. */
  async pick(label: string): Promise<void> {
    await this.#listRow(label).click();
  }

  /**
   * Runs a command that opens a list, and picks a row of it. VS Code takes up contributed editors some time after it has
   * started; a list that was opened before that lacks them, and is opened again.
   */
  async runAndPick(title: string, label: string): Promise<void> {
    for (let attempt = 1; attempt < 6; attempt++) {
      await this.runCommand(title);
      try {
        await this.#listRow(label).click({ timeout: 5000 });
        return;
      } catch {
        await this.page.keyboard.press('Escape');
      }
    }
    await this.runCommand(title);
    await this.pick(label);
  }

  #listRow(label: string): Locator {
    return this.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ has: this.page.getByText(label, { exact: true }) })
      .first();
  }

  /** Answers the input box that is open. */
  async answer(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input').first();
    await input.fill(text);
    await input.press('Enter');
  }

  /** Opens a file as a double click in the explorer does. */
  async openFromExplorer(name: string): Promise<void> {
    await this.page
      .locator(`.explorer-folders-view .monaco-list-row[aria-label^="${name}"]`)
      .first()
      .dblclick();
    await this.page.locator(`.tabs-container .tab[data-resource-name="${name}"]`).waitFor();
  }

  /**
   * Opens a capture as a double click in the explorer does, and waits for its webview. VS Code takes up contributed editors
   * some time after it has started; a file opened before that is a text to it, and is closed and opened again here.
   */
  async openCaptureFromExplorer(name: string): Promise<void> {
    await until(`the capture editor of ${name}`, async () => {
      await this.openFromExplorer(name);
      try {
        const webview = this.page.locator('iframe.webview[src*="extensionId=sluice.sluice"]');
        await webview.first().waitFor({ timeout: 10_000 });
        return true;
      } catch {
        await this.runCommand('View: Close All Editors');
        return false;
      }
    });
  }

  tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: name });
  }

  /** The document of the one Sluice webview that is on screen. */
  panel(): FrameLocator {
    return this.page.frameLocator(WEBVIEW).frameLocator(WEBVIEW_CONTENT);
  }

  /** The documents of all Sluice webviews that are on screen, in no order that means anything. */
  async panels(): Promise<readonly FrameLocator[]> {
    const webviews = await this.page.locator(WEBVIEW).all();
    return webviews.map((webview) => webview.contentFrame().frameLocator(WEBVIEW_CONTENT));
  }

  /** Opens the palette on a title and uses the row; again while it is not there, for contributions may not be read yet. */
  async #inPalette(title: string, use: (row: Locator) => Promise<void>): Promise<void> {
    const widget = this.page.locator('.quick-input-widget');
    const row = widget.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    await until(`the command "${title}"`, async () => {
      try {
        await this.page.keyboard.press('F1');
        await widget.locator('input').first().fill(`>${title}`, { timeout: 5000 });
        await use(row);
        return true;
      } catch {
        await this.page.keyboard.press('Escape');
        return false;
      }
    });
  }
}
