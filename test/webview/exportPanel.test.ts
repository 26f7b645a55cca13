/** Saving what is on screen, and the switch of the heat's scale, in a real browser. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { savedOf, untilDrawn } from './harness/gestures.js';
import { postedOf, show, skip, toView, usePanels } from './harness/panelTest.js';
import { RUN_MS } from './harness/pipeline.js';

async function choose(page: Page, entry: string): Promise<void> {
  await page.getByRole('button', { name: /^Export/ }).click();
  await page.getByRole('menuitem', { name: entry }).click();
}

/** The document as a browser reads it: its texts, how many shapes it has; null: it is none. */
function readSvg(page: Page, svg: string): Promise<{ texts: string[]; paths: number } | null> {
  return page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
    if (parsed.querySelector('parsererror') !== null) return null;
    const texts = [...parsed.querySelectorAll('text')].map((t) => t.textContent);
    return { texts, paths: parsed.querySelectorAll('path').length };
  }, svg);
}

async function shownSize(page: Page): Promise<{ width: number; plot: number }> {
  const [whole, plot] = await Promise.all([
    page.locator('.timeline .viewport').boundingBox(),
    page.locator('canvas#timeline').boundingBox(),
  ]);
  return { width: whole?.width ?? 0, plot: plot?.height ?? 0 };
}

describe('exporting in a browser', { skip, timeout: 300_000 }, () => {
  const panels = usePanels();

  it('saves what is on screen as PNG and as SVG', async () => {
    const page = await panels.open();
    await show(page, 'live', 13_500);
    await untilDrawn(page);
    await choose(page, 'Save as PNG');
    await choose(page, 'Save as SVG');
    const [png, svg] = await postedOf(page, 'saveImage');
    assert.equal(png?.format, 'png');
    const bytes = Buffer.from(png.data, 'base64');
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
    const { width, plot } = await shownSize(page);
    assert.equal(bytes.readUInt32BE(16), width);
    assert.ok(bytes.readUInt32BE(20) > plot);
    assert.equal(svg?.format, 'svg');
    const read = await readSvg(page, svg.data);
    for (const text of ['code-index', 'tokenise', 'capacity 64 · full 91%', 'blocked'])
      assert.ok(read?.texts.includes(text), `${text} of ${JSON.stringify(read?.texts)}`);
    assert.ok((read?.paths ?? 0) > 200, `${read?.paths} shapes`);
    await panels.close(page);
  });

  it('can be reached with the keyboard, and leaves the timeline alone meanwhile', async () => {
    const page = await panels.open();
    await show(page);
    await untilDrawn(page);
    const mode = await page.getAttribute('#root', 'data-mode');
    const trigger = page.locator('.menu vscode-button');
    await trigger.focus();
    await page.keyboard.press('ArrowDown');
    assert.equal(await trigger.getAttribute('aria-expanded'), 'true');
    const focused = (): Promise<string | null> =>
      page.evaluate(() => document.activeElement?.textContent ?? null);
    assert.equal(await focused(), 'Save as PNG…');
    for (const key of ['ArrowUp', 'a', 'w']) await page.keyboard.press(key);
    assert.equal(await focused(), 'Export data…');
    await page.keyboard.press('Escape');
    assert.equal(await trigger.getAttribute('aria-expanded'), 'false');
    assert.equal(await focused(), 'Export ▾');
    assert.equal(await page.getAttribute('#root', 'data-mode'), mode);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    const [request] = await postedOf(page, 'exportRange');
    assert.ok(request !== undefined);
    assert.equal(request.fromNs, 0);
    assert.ok(Math.abs(request.toNs - RUN_MS * 1e6) < 1e9, String(request.toNs));
    await panels.close(page);
  });

  it('saves the flame graph, and says why there is no picture of the graph', async () => {
    const page = await panels.open();
    await page.evaluate(() => {
      window.harness.showSampled('capture', false);
    });
    await toView(page, 'Flame graph');
    await page.locator('.flame-canvas[aria-label]').waitFor();
    await choose(page, 'Save as SVG');
    const [svg] = await postedOf(page, 'saveImage');
    const read = await readSvg(page, svg?.data ?? 'no picture');
    assert.ok(read !== null);
    assert.ok(read.texts.some((text) => text.startsWith('Flame graph of all stages')));
    assert.ok(
      read.texts.some((text) => text.startsWith('all 100%')),
      read.texts.join(),
    );
    await toView(page, 'Graph');
    await page.getByRole('button', { name: /^Export/ }).click();
    const entry = page.getByRole('menuitem', { name: 'Save as PNG' });
    assert.match((await entry.getAttribute('title')) ?? '', /elements of the page/);
    await entry.click({ force: true });
    assert.match((await page.textContent('.notice')) ?? '', /elements of the page/);
    assert.equal((await postedOf(page, 'saveImage')).length, 1);
    await panels.close(page);
  });

  it('shows ranks instead of shares, keeps that, and says so in the legend', async () => {
    const page = await panels.open();
    await show(page);
    await untilDrawn(page);
    const colours = (): Promise<Record<string, number>> =>
      page.evaluate(() => window.harness.rowColours('[data-queue="texts"]'));
    const linear = await colours();
    const ranked = page.locator('.legend-scale');
    await ranked.focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() =>
      document.querySelector('[data-sample="heat"]')?.textContent.includes('by rank'),
    );
    assert.equal(await ranked.getAttribute('aria-pressed'), 'true');
    await page.waitForFunction(
      (before) =>
        JSON.stringify(window.harness.rowColours('[data-queue="texts"]')) !==
        JSON.stringify(before),
      linear,
    );
    assert.match((await ranked.getAttribute('title')) ?? '', /rank among all cells/);
    await page.waitForFunction(
      () => Reflect.get(Object(window.harness.saved()), 'heatScale') === 'ranked',
    );
    assert.equal(await savedOf(page, 'heatScale'), 'ranked');
    await panels.close(page);
  });
});
