/** Following an item in a real browser: its way, its stops, its neighbours. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { formatDurationNs } from '../../extension/core/format.js';
import type { ItemReply } from '../../extension/core/panel/query.js';
import { onPlot, savedOf, savedRange, untilDrawn } from './harness/gestures.js';
import { keepScreenshot } from './harness/openPanel.js';
import { show, skip, themeNames, usePanels } from './harness/panelTest.js';

const ITEM = 256;
const titleOf = (page: Page): Promise<string | null> =>
  page.locator('.card.item strong').first().textContent();

/** Selects an execution of an item through the search. */
async function select(page: Page, text: string): Promise<void> {
  await page.keyboard.press('/');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.card.details');
  await page.focus('canvas#timeline');
}

/** Follows the item that is selected, and waits for its way. */
async function follow(page: Page): Promise<void> {
  await page.keyboard.press('i');
  await page.waitForSelector('.card.item .stop');
}

/** What the model knows of the item that was asked for. */
async function pathOf(page: Page, item: number): Promise<NonNullable<ItemReply['path']>> {
  const reply = await page.evaluate(
    (number) =>
      window.harness.ask({ kind: 'itemPath', seq: 0, item: number, atNs: 0, pipeline: null }),
    item,
  );
  assert.ok(reply.kind === 'itemPath' && reply.path !== null);
  return reply.path;
}

describe('an item that is followed, in a browser', { skip, timeout: 600_000 }, () => {
  const { open, close } = usePanels();

  for (const theme of themeNames) {
    it(`has its way over the picture and its stops in a card, in the ${theme} theme`, async () => {
      const page = await open(theme);
      await show(page);
      await untilDrawn(page);
      await select(page, `tokenise #${ITEM}`);
      await follow(page);
      const { visits } = await pathOf(page, ITEM);
      const rows = await page.locator('.card.item .stop').allTextContents();
      assert.equal(rows.length, visits.length);
      for (const [i, visit] of visits.entries()) {
        assert.ok(rows[i]?.startsWith(visit.stage), rows[i]);
        assert.ok(rows[i]?.includes(formatDurationNs(visit.durationNs)), rows[i]);
        if (visit.waitedNs !== null) assert.ok(rows[i]?.includes(formatDurationNs(visit.waitedNs)));
      }
      assert.match(
        (await page.textContent('.item-times')) ?? '',
        /^\d+ ms from end to end, \d+ ms of it \(\d+%\) waiting$/,
      );
      await page.waitForTimeout(500);
      // All of the way is on screen.
      const [fromMs = NaN, toMs = NaN] = (await savedRange(page, 'range')) ?? [];
      const isSeen = visits.every((v) => v.startNs > fromMs * 1e6 && v.startNs < toMs * 1e6);
      assert.ok(isSeen, `${fromMs} ${toMs}`);
      await keepScreenshot(page, `item-${theme}`);
      await close(page);
    });
  }

  it('is followed with a button, stepped from, and left with Escape before anything else', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await select(page, `tokenise #${ITEM}`);
    await page.keyboard.press('m');
    await page.locator('vscode-button', { hasText: `Follow item ${ITEM}` }).click();
    await page.waitForSelector('.card.item .stop');
    assert.equal(await titleOf(page), `Item ${ITEM}`);
    const step = (text: string) => page.locator('.card.item vscode-button', { hasText: text });
    await step('›').click();
    await page.waitForSelector('.card.item strong:has-text("257")');
    await step('‹').click();
    await page.waitForSelector('.card.item strong:has-text("256")');
    // The keyboard is on a button of the side now, which keeps only the keys that scroll it.
    const gone = async (what: string): Promise<void> => {
      await page.keyboard.press('Escape');
      await page.waitForSelector(what, { state: 'hidden' });
    };
    assert.equal(await page.isVisible('.card.range'), true);
    await gone('.card.item');
    assert.equal(await page.isVisible('.card.details'), true);
    await gone('.card.details');
    assert.equal(await page.isVisible('.card.range'), true);
    await gone('.card.range');
    await close(page);
  });

  it('leads to each of its stops', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await select(page, `tokenise #${ITEM}`);
    await follow(page);
    await page.locator('.card.item .stop button', { hasText: 'embed' }).click();
    await page.waitForSelector('.card.details .heading:has-text("embed")');
    await page.waitForSelector('.stop[aria-current]:has-text("embed")');
    await page.waitForTimeout(500);
    const { visits } = await pathOf(page, ITEM);
    const embed = visits.find((visit) => visit.stage === 'embed');
    const [fromMs, toMs] = (await savedRange(page, 'range')) ?? [];
    const span = (toMs ?? 0) - (fromMs ?? 0);
    const width = await page.locator('.plot').evaluate((e) => e.clientWidth);
    assert.ok((((embed?.durationNs ?? 0) / 1e6) * width) / span > 24, `wide enough in ${span} ms`);
    await keepScreenshot(page, 'item-stop');
    await close(page);
  });

  it('says in words what cannot be followed', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await page.focus('canvas#timeline');
    await page.keyboard.press('i');
    await page.waitForSelector('.notice:has-text("Select an execution first")');
    await select(page, 'walk #1');
    await follow(page);
    assert.equal(await titleOf(page), 'Item 1');
    const step = page.locator('.card.item vscode-button', { hasText: '‹' });
    await step.click();
    await page.waitForSelector('.card.item [role="status"]:has-text("There is no item 0 in")');
    assert.equal(await titleOf(page), 'Item 1');
    await close(page);
  });

  it('is shown on folded rows, and in a window that is too low for all of them', async () => {
    const page = await open();
    await page.setViewportSize({ width: 1200, height: 520 });
    await show(page);
    await page.locator('[data-stage="read"] .fold-lanes').click();
    await page.mouse.move(600, 20);
    await select(page, `write #${ITEM}`);
    // The row of the hit has been scrolled to.
    assert.ok(await page.locator('[data-stage="write"]').isVisible());
    await follow(page);
    await page.waitForSelector('[data-stage="walk"]');
    await page.waitForTimeout(500);
    await keepScreenshot(page, 'item-folded');
    await page.locator('.card.item .stop button', { hasText: 'write' }).click();
    await page.waitForSelector('[data-stage="write"]');
    await close(page);
  });

  it('is drawn over the picture: the line of its wait is there, and gone when it is left', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await select(page, `tokenise #${ITEM}`);
    await follow(page);
    const focus = '#0078d4';
    const share = (): Promise<number> =>
      page.evaluate(
        (colour) => window.harness.rowColours('[data-queue="texts"]')[colour] ?? 0,
        focus,
      );
    await page.waitForFunction(
      (colour) => (window.harness.rowColours('[data-queue="texts"]')[colour] ?? 0) > 0.001,
      focus,
    );
    await page.keyboard.press('Escape');
    await page.waitForTimeout(300);
    assert.equal(await share(), 0);
    await close(page);
  });

  it('comes back with the page, and the picture stays where it was', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await select(page, `tokenise #${ITEM}`);
    await follow(page);
    const at = await onPlot(page, '[data-stage="walk"]', 300, 12);
    await page.mouse.move(at.x, at.y);
    await page.mouse.down();
    await page.mouse.move(at.x + 50, at.y, { steps: 3 });
    await page.mouse.up();
    await page.waitForTimeout(500);
    const kept = await savedOf(page, 'followed');
    assert.match(JSON.stringify(kept), /^\{"item":256,"pipeline":"code-index","atNs":\d+\}$/);
    const range = await savedRange(page, 'range');
    await page.reload();
    await show(page);
    await page.waitForSelector('.card.item .stop');
    await page.waitForTimeout(500);
    assert.equal(await titleOf(page), `Item ${ITEM}`);
    assert.deepEqual(await savedRange(page, 'range'), range);
    await close(page);
  });

  it('grows with a session that goes on', async () => {
    const page = await open();
    await show(page, 'live', 1100);
    await untilDrawn(page);
    await select(page, `read #${ITEM}`);
    await follow(page);
    const stops = page.locator('.card.item .stop');
    assert.equal(await stops.count(), 2);
    assert.match((await page.textContent('.card.item .remark')) ?? '', /still be under way/);
    await show(page, 'live', 1400);
    await page.waitForFunction(() => document.querySelectorAll('.card.item .stop').length === 5);
    await close(page);
  });
});
