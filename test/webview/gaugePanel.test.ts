/** Gauges of the panel in a real browser: rows, tooltip, folding, table. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import {
  browserPath,
  buildBundles,
  keepScreenshot,
  openPanel,
  startBrowser,
  type Bundles,
} from './harness/openPanel.js';
import { themes } from './harness/themes.js';

const executable = browserPath();
const skip = executable === null ? 'no Chromium here: set CHROMIUM to its path' : false;
const themeNames = ['dark', 'light', 'hc', 'hc-light'] as const;
const DELAY = '[data-gauge="event loop delay"]';

async function show(page: Page): Promise<void> {
  const generation = await page.evaluate(() => window.harness.show('capture'));
  await page.waitForSelector(`#root[data-generation="${generation}"]`);
}

/** Scrolls to the gauges and waits until their values are drawn. */
async function toGauges(page: Page): Promise<void> {
  await page.focus('canvas#timeline');
  for (let i = 0; i < 6; i += 1) await page.keyboard.press('PageDown');
  await page.waitForSelector(DELAY);
  await page.waitForFunction((header) => {
    const shares = Object.values(window.harness.rowColours(header));
    return shares.filter((share) => share > 0.01).length >= 4;
  }, DELAY);
}

describe('gauges in a browser', { skip, timeout: 300_000 }, () => {
  let browser: Browser;
  let bundles: Bundles;

  before(async () => {
    browser = await startBrowser(executable ?? '');
    bundles = await buildBundles();
  });
  after(async () => {
    await browser.close();
  });

  for (const theme of themeNames) {
    it(`draws values, warnings and gaps in the ${themes[theme].kind} theme`, async () => {
      const { page, problems } = await openPanel(browser, bundles, theme);
      page.setDefaultTimeout(60_000);
      await show(page);
      await toGauges(page);
      const header = await page.locator(DELAY).textContent();
      assert.equal(header, 'event loop delaymax 112 ms');
      await keepScreenshot(page, `panel-gauges-${theme}`);
      assert.deepEqual(problems, []);
      await page.close();
    });
  }

  it('tells the value under the pointer, and selects its sample', async () => {
    const { page, problems } = await openPanel(browser, bundles, 'dark');
    page.setDefaultTimeout(60_000);
    await show(page);
    await toGauges(page);
    const canvas = await page.locator('canvas#timeline').boundingBox();
    const row = await page.locator(DELAY).boundingBox();
    assert.ok(canvas !== null && row !== null);
    const at = { x: canvas.x + 14, y: row.y + row.height / 2 };
    await page.mouse.move(at.x, at.y);
    await page.waitForSelector('.tooltip:not([hidden])[data-heading="event loop delay"]');
    const told = await page.locator('.tooltip').textContent();
    for (const text of ['112 ms', 'main', 'index.mjs', '250 ms']) {
      assert.ok(told?.includes(text), `${text} in ${told ?? ''}`);
    }
    await page.mouse.click(at.x, at.y);
    await page.waitForSelector('.details .heading:has-text("event loop delay")');
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('folds by keyboard, stays folded with the next snapshot and when the page comes back', async () => {
    const { page, problems } = await openPanel(browser, bundles, 'dark');
    page.setDefaultTimeout(60_000);
    await show(page);
    await toGauges(page);
    const fold = page.getByRole('button', { name: 'Gauges of index.mjs, pid 4711' });
    assert.equal(await fold.getAttribute('aria-expanded'), 'true');
    await fold.focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector(DELAY, { state: 'detached' });
    await show(page);
    assert.equal(await fold.getAttribute('aria-expanded'), 'false');
    assert.equal(await page.locator(DELAY).count(), 0);
    await page.waitForFunction(() =>
      JSON.stringify(window.harness.saved()).includes('gauges 4711'),
    );
    await page.reload();
    await show(page);
    await page.waitForSelector('.fold[aria-expanded="false"]');
    await fold.click();
    await page.waitForSelector('.fold[aria-expanded="true"]');
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('tells the session, the flow and the machine at the side, links in a table', async () => {
    const { page, problems } = await openPanel(browser, bundles, 'dark');
    page.setDefaultTimeout(60_000);
    await show(page);
    await page.waitForSelector('.side h2:has-text("Session")');
    const side = (await page.locator('.side').textContent()) ?? '';
    for (const text of [
      'embed → write: seen from items',
      'index.mjs (pid 4711, node v20.20.2)',
      'main thread: on a core 38%',
      'held back by its CPU quota 3% of the time',
      '8 cores (a quota allows 4), sim, linux x64',
      'the agent took 40 ms of CPU time',
    ]) {
      assert.ok(side.includes(text), `${text} in ${side}`);
    }
    const title = await page.locator('[data-stage="tokenise"] .row-title').textContent();
    assert.equal(title, 'tokenisecpu ×4 · on CPU 86%');
    const read = await page.locator('[data-stage="read"] .row-lost').textContent();
    assert.equal(read, '109 lost');
    const colours = await page.evaluate(() =>
      ['[data-stage="read"] .row-lost', '.losses.some'].map((selector) => {
        const element = document.querySelector(selector);
        return element === null ? null : getComputedStyle(element).color;
      }),
    );
    assert.equal(colours[0], colours[1], 'a warning like the one at the top');
    const numbers = page.locator('[data-stage="read"] .row-numbers');
    assert.ok(await numbers.evaluate((n) => n.scrollWidth <= n.clientWidth), 'figures are whole');
    assert.equal(await page.locator('#links-table tbody tr').count(), 4);
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('lists the same figures as a table', async () => {
    const { page, problems } = await openPanel(browser, bundles, 'dark');
    page.setDefaultTimeout(60_000);
    await show(page);
    const rows = page.locator('#gauges-table tbody tr');
    await rows.first().waitFor({ state: 'attached' });
    assert.equal(await rows.count(), 8);
    assert.deepEqual(await rows.nth(3).locator('th, td').allTextContents(), [
      'CPU, cores',
      'index.mjs (pid 4711)',
      '–',
      '2.27 cores',
      '3.3 cores',
      '4 cores',
    ]);
    assert.deepEqual(problems, []);
    await page.close();
  });
});
