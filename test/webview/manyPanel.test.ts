/** What is told where single executions cannot be told apart, in a real browser. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onPlot, savedRange, untilDrawn } from './harness/gestures.js';
import { postedOf, show, skip, usePanels } from './harness/panelTest.js';

describe('many executions at once in a browser', { skip, timeout: 300_000 }, () => {
  const panels = usePanels();

  it('are told in the tooltip and the details, copied, and lead to the longest of them', async () => {
    const page = await panels.open();
    await show(page);
    await untilDrawn(page);
    const at = await onPlot(page, '[data-stage="embed"]', 300, 15);
    await page.mouse.move(at.x, at.y);
    await page.waitForSelector('.tooltip[data-heading^="embed"]');
    assert.match((await page.textContent('.tooltip')) ?? '', /begin here\d+ executions.*longest/);
    await page.mouse.click(at.x, at.y);
    const details = page.locator('.card.details');
    await details.getByRole('button', { name: /^Zoom to longest/ }).waitFor();
    const told = (await details.textContent()) ?? '';
    const longest = /longest([\d.]+ [µm]s)/.exec(told)?.[1] ?? 'none';
    await details.getByRole('button', { name: /^Copy/ }).click();
    const [copied] = await postedOf(page, 'copy');
    assert.match(copied?.text ?? '', /^### code-index: embed/);
    assert.ok(copied?.text.includes(`- longest: ${longest}\n`), copied?.text);
    await details.getByRole('button', { name: /^Zoom to longest/ }).click();
    await page.waitForFunction(
      (text) => document.querySelector('.card.details')?.textContent.includes(`duration${text}`),
      longest,
    );
    await page.waitForFunction(() => Reflect.get(Object(window.harness.saved()), 'range') !== null);
    const [fromMs = 0, toMs = 1e9] = (await savedRange(page, 'range')) ?? [];
    assert.ok(toMs - fromMs < 50, `${fromMs} … ${toMs} ms`);
    assert.equal(await page.isVisible('.card.details >> text=Zoom to longest'), false);
    await panels.close(page);
  });
});
