/** The Flame graph view in a real browser: samples of the real model, zoom, keys, search, copies, trees of the largest size. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { FlameReply } from '../../extension/core/panel/query.js';
import { FLAME_ROW_PX } from '../../webview/flame/flameBoxes.js';
import { flameOf, largeFlame } from './flameBuilders.js';
import { keepScreenshot } from './harness/openPanel.js';
import { postedOf, show, skip, themeNames, toView, usePanels } from './harness/panelTest.js';

const CANVAS = 'canvas.flame-canvas';

/** Shows the session with its samples in the view. */
async function toFlame(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.harness.showSampled('capture', false);
  });
  await toView(page, 'Flame graph');
  await page.waitForSelector(`${CANVAS}[aria-label*="on the processor"]`);
}

/** Shows a tree of our own instead of that of the session. */
async function answerWith(page: Page, reply: FlameReply): Promise<void> {
  await page.evaluate(() => {
    window.harness.setAnswering(false);
  });
  await toView(page, 'Flame graph');
  await page.waitForFunction(() =>
    window.harness.posted.some((m) => m.kind === 'query' && m.query.kind === 'flame'),
  );
  await page.evaluate((answer) => {
    const asked = window.harness.posted.findLast((m) => m.kind === 'query');
    if (asked?.kind !== 'query') return;
    window.harness.send({ kind: 'answer', reply: { ...answer, seq: asked.query.seq } });
  }, reply);
  await page.waitForSelector('.flame-functions td');
}

async function clickRow(page: Page, row: number, x: number, count = 1): Promise<void> {
  const box = await page.locator(CANVAS).boundingBox();
  assert.ok(box !== null);
  await page.mouse.click(box.x + x, box.y + (row + 0.5) * FLAME_ROW_PX, { clickCount: count });
}

const crumbs = (page: Page): Promise<string[]> =>
  page.locator('.flame-crumbs li').allTextContents();

const spoken = (page: Page): Promise<string | null> =>
  page.locator('.flame-scroller [aria-live]').textContent();

const program = flameOf('main 100', '  parse 200', '    lex 600', '  emit 800', 'gc 100');

describe('the Flame graph view in a browser', { skip, timeout: 300_000 }, () => {
  const { open, close } = usePanels();

  for (const theme of themeNames) {
    it(`draws a large tree in the ${theme} theme`, async () => {
      const page = await open(theme);
      await show(page);
      await answerWith(page, largeFlame(2000));
      await page.waitForTimeout(300);
      await keepScreenshot(page, `flame-${theme}`);
      await page.locator('.flame-tools input').fill('function12');
      await clickRow(page, 6, 500);
      await page.waitForSelector('.flame-crumbs:not([hidden])');
      await page.waitForTimeout(300);
      await keepScreenshot(page, `flame-zoomed-${theme}`);
      await close(page);
    });
  }

  it('asks for the visible stretch, or the marked one, and for the chosen stage', async () => {
    const page = await open();
    await toFlame(page);
    const label = await page.getAttribute(CANVAS, 'aria-label');
    assert.match(label ?? '', /^Flame graph of all stages, 18.9 s on the processor/);
    await page.getByRole('combobox', { name: 'Stage' }).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
    await page.waitForSelector(`${CANVAS}[aria-label^="Flame graph of tokenise"]`);
    const chosen = (await postedOf(page, 'query')).at(-1)?.query;
    assert.ok(chosen?.kind === 'flame' && chosen.row !== null);
    await toView(page, 'Timeline');
    await page.focus('canvas#timeline');
    for (const key of ['w', 'w', 'm', 'f']) await page.keyboard.press(key);
    await page.keyboard.press('3');
    await page.waitForSelector('.flame .range-text:text-matches("^marked: 5.")');
    await page.waitForSelector('.flame-sampled:has-text("8")');
    const marked = (await postedOf(page, 'query')).at(-1)?.query;
    assert.ok(marked?.kind === 'flame' && marked.fromNs > 5e9 && marked.toNs < 15e9);
    await page.locator('.flame').getByText('Whole session', { exact: true }).click();
    await page.waitForSelector('.flame-sampled:has-text("18.9 s")');
    await close(page);
  });

  it('tells self and total under the pointer, zooms by a click, opens the source by two', async () => {
    const page = await open();
    await toFlame(page);
    const box = await page.locator(CANVAS).boundingBox();
    assert.ok(box !== null);
    await page.mouse.move(box.x + 100, box.y + 2.5 * FLAME_ROW_PX);
    await page.waitForSelector('.tooltip:not([hidden])[data-heading="split"]');
    const told = (await page.locator('.tooltip').textContent()) ?? '';
    assert.equal(told, 'splitatsrc/split.ts:7self9.5 s · 50%total9.5 s · 50%');
    await clickRow(page, 2, 100);
    assert.deepEqual(await crumbs(page), ['all', 'tokenise', 'split']);
    await clickRow(page, 1, 900, 2);
    assert.deepEqual(await crumbs(page), ['all', 'tokenise']);
    const sources = (await postedOf(page, 'openSource')).map((m) => m.source.file);
    assert.deepEqual(sources, ['/app/src/tokenise.ts']);
    await page.locator('.flame-crumbs').getByText('all', { exact: true }).click();
    assert.deepEqual(await crumbs(page), ['all']);
    assert.equal(await page.locator('.flame-crumbs').isVisible(), false);
    await close(page);
  });

  it('is gone through with the keyboard, and says where one is', async () => {
    const page = await open();
    await show(page);
    await answerWith(page, program);
    await page.focus('canvas.flame-canvas');
    await page.keyboard.press('ArrowDown');
    assert.match((await spoken(page)) ?? '', /^all, on the processor 1.8 s, row 1 of 4/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.match((await spoken(page)) ?? '', /^emit, at app\/emit.ts:1, self 800 ms · 44%/);
    await page.keyboard.press('ArrowRight');
    assert.match(
      (await spoken(page)) ?? '',
      /^parse, .*self 200 ms · 11%, total 800 ms · 44%, row 3 of 4/,
    );
    await page.waitForSelector('.tooltip:not([hidden])[data-heading="parse"]');
    await page.keyboard.press('Space');
    assert.deepEqual(await crumbs(page), ['all', 'main', 'parse']);
    await page.keyboard.press('Enter');
    assert.equal((await postedOf(page, 'openSource'))[0]?.source.file, '/app/parse.ts');
    await page.keyboard.press('Escape');
    assert.deepEqual(await crumbs(page), ['all', 'main']);
    await page.keyboard.press('Escape');
    assert.deepEqual(await crumbs(page), ['all']);
    assert.equal(await page.getAttribute('#root', 'data-view'), 'flame');
    await close(page);
  });

  it('orders by name, by time or by callers, finds functions, and is as it was when the page comes back', async () => {
    const page = await open();
    await show(page);
    await answerWith(page, program);
    const at = async (x: number, row: number): Promise<string | null> => {
      const box = await page.locator(CANVAS).boundingBox();
      await page.mouse.move(0, 0);
      await page.mouse.move((box?.x ?? 0) + x, (box?.y ?? 0) + (row + 0.5) * FLAME_ROW_PX);
      await page.waitForSelector('.tooltip:not([hidden])');
      return page.getAttribute('.tooltip', 'data-heading');
    };
    assert.equal(await at(5, 1), 'gc');
    await page.getByText('Left heavy', { exact: true }).click();
    assert.equal(await at(5, 1), 'main');
    await page.getByText('Callers', { exact: true }).click();
    assert.equal(await at(5, 1), 'emit');
    assert.equal(await at(5, 2), 'main');
    const pressed = page.getByRole('group', { name: 'Order' }).locator('[aria-pressed="true"]');
    assert.equal(await pressed.textContent(), 'Callers');
    await page.locator('.flame-tools input').fill('lex');
    await page.waitForSelector('.flame-found:text-is("1 function, 33% of the time")');
    await page.keyboard.press('3');
    await page.waitForSelector('.flame-found:text-is("not found")');
    await page.locator('.flame-functions').getByText('parse', { exact: true }).click();
    await page.waitForSelector('.flame-found:text-is("1 function, 44% of the time")');
    assert.equal(await page.locator('.flame-tools input').inputValue(), 'parse');
    await page.waitForFunction(() =>
      JSON.stringify(window.harness.saved()).includes('"search":"parse"'),
    );
    await page.reload();
    await show(page);
    await page.waitForSelector('#root[data-view="flame"]');
    assert.equal(await pressed.textContent(), 'Callers');
    assert.equal(await page.locator('.flame-tools input').inputValue(), 'parse');
    await close(page);
  });

  it('copies stacks and the table, which a screen reader reads instead of the picture', async () => {
    const page = await open();
    await show(page);
    await answerWith(page, program);
    await page.getByText('Copy stacks', { exact: true }).click();
    const tools = page.getByRole('group', { name: 'Copy Functions by CPU samples' }).last();
    await tools.getByText('Markdown', { exact: true }).click();
    const [stacks, markdown] = (await postedOf(page, 'copy')).map((m) => m.text);
    assert.equal(
      stacks,
      'main;emit 800000\nmain;parse;lex 600000\nmain;parse 200000\nmain 100000\ngc 100000\n',
    );
    assert.match(
      markdown ?? '',
      /\| emit \| 800 ms \| 44% \| 800 ms \| 44% \| \/app\/emit.ts:1:1 \|/,
    );
    const table = page.locator('#flame-table');
    assert.deepEqual(await table.getByRole('rowheader').allTextContents(), [
      'emit',
      'lex',
      'parse',
      'main',
      'gc',
    ]);
    await table.getByText('Total', { exact: true }).click();
    assert.equal(await table.getByRole('rowheader').first().textContent(), 'main');
    await close(page);
  });

  it('does not freeze with the largest tree that comes', async () => {
    const page = await open();
    await show(page);
    await answerWith(page, largeFlame(20_000));
    const longestMs = await page.evaluate(async () => {
      const canvas = document.querySelector<HTMLCanvasElement>('canvas.flame-canvas');
      const orders = document.querySelectorAll<HTMLElement>(
        '.flame-tools .button-group vscode-button',
      );
      let longest = 0;
      let last = performance.now();
      for (let i = 0; i < 30; i += 1) {
        if (i % 10 === 9) orders[(i - 9) / 10]?.click();
        const event = { clientX: 20 * i, clientY: 100 + 8 * i, bubbles: true };
        canvas?.dispatchEvent(new PointerEvent('pointermove', event));
        if (i % 5 === 0) canvas?.dispatchEvent(new MouseEvent('click', event));
        await new Promise((resolve) => requestAnimationFrame(resolve));
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }
      return longest;
    });
    assert.ok(longestMs < 1500, `${longestMs} ms for a frame`);
    await close(page);
  });

  it('says how to record samples when there are none, and records some', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Flame graph');
    await page.waitForSelector('.flame .empty h2:text-is("No CPU samples")');
    await keepScreenshot(page, 'flame-none');
    assert.equal(await page.getByText('Record a CPU profile').isVisible(), false);
    await show(page, 'live', 5000);
    await page.getByText('Record a CPU profile').click();
    assert.deepEqual(
      (await postedOf(page, 'command')).map((m) => m.command),
      ['recordCpuProfile'],
    );
    await page.evaluate(() => {
      window.harness.tell({ isCpuProfiling: true });
    });
    await page.waitForSelector('.flame .empty h2:text-is("Recording")');
    await toFlame(page);
    await page.waitForSelector('.flame .empty', { state: 'hidden' });
    await page.getByRole('combobox', { name: 'Stage' }).focus();
    await page.keyboard.press('End');
    await page.waitForSelector('.flame .empty h2:text-is("No samples here")');
    await close(page);
  });
});
