/** A live session in a real browser: the panel keeps up, pauses when one looks back, and keeps up again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { drag, onPlot, untilDrawn } from './harness/gestures.js';
import { show, skip, toView, usePanels } from './harness/panelTest.js';

const stateText = async (page: Page): Promise<string> => (await page.textContent('.state')) ?? '';

async function untilMode(page: Page, mode: 'follow' | 'held'): Promise<void> {
  await page.waitForSelector(`#root[data-mode="${mode}"]`);
}

describe('a live session in a browser', { skip, timeout: 300_000 }, () => {
  const panels = usePanels();

  it('says in every view that it is paused and how far behind, and follows again by key L', async () => {
    const page = await panels.open();
    await show(page, 'live', 8000);
    await untilDrawn(page);
    assert.equal(await stateText(page), 'live');
    await page.focus('canvas#timeline');
    await page.keyboard.press('ArrowLeft');
    await untilMode(page, 'held');
    for (const [label, atMs] of [
      ['Graph', 10_000],
      ['Flame graph', 12_000],
      ['Table', 14_000],
    ] as const) {
      await toView(page, label);
      await show(page, 'live', atMs);
      // A tenth of the eight seconds that were shown, and what came since.
      const behind = Math.floor(atMs / 1000 - 7.2);
      assert.equal(await stateText(page), `paused — ${behind} s behind, press L to follow`);
      assert.equal(await page.isVisible('.state'), true);
      assert.equal(await page.getByRole('button', { name: /^Follow:/ }).isVisible(), true);
    }
    await page.keyboard.press('l');
    await untilMode(page, 'follow');
    assert.equal(await stateText(page), 'live');
    await panels.close(page);
  });

  it('keeps up again when the newest data is dragged or wheeled into view', async () => {
    const page = await panels.open();
    await show(page, 'live', 13_500);
    await untilDrawn(page);
    const from = await onPlot(page, '[data-stage="tokenise"]', 400, 20);
    await drag(page, from, { x: from.x + 200, y: from.y });
    await untilMode(page, 'held');
    await drag(page, from, { x: from.x - 100, y: from.y });
    assert.equal(await page.getAttribute('#root', 'data-mode'), 'held');
    await drag(page, from, { x: from.x - 150, y: from.y });
    await untilMode(page, 'follow');
    await page.mouse.move(from.x, from.y);
    await page.mouse.wheel(-300, 0);
    await untilMode(page, 'held');
    await page.mouse.wheel(600, 0);
    await untilMode(page, 'follow');
    await panels.close(page);
  });

  it('pauses by its button, and has nothing to follow once the run is over', async () => {
    const page = await panels.open();
    await show(page, 'live', 9000);
    await untilDrawn(page);
    await page.getByRole('button', { name: /^Pause:/ }).click();
    await untilMode(page, 'held');
    assert.equal(await stateText(page), 'paused — press L to follow');
    assert.match((await page.getAttribute('.state', 'title')) ?? '', /recording goes on/);
    await show(page, 'ended', 11_000);
    assert.equal(await stateText(page), 'ended');
    assert.equal(await page.getByRole('button', { name: /^Follow:/ }).isVisible(), false);
    await panels.close(page);
  });
});
