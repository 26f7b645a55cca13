/** Searching in a real browser: the field, what it says, and where it leads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { formatCount } from '../../extension/core/format.js';
import type { SearchReply } from '../../extension/core/panel/query.js';
import { drag, onRuler, savedOf, savedRange, untilDrawn } from './harness/gestures.js';
import { keepScreenshot } from './harness/openPanel.js';
import { postedOf, show, skip, themeNames, usePanels } from './harness/panelTest.js';

const SLOW = 'tokenise >25ms';

async function found(page: Page, text: string): Promise<SearchReply> {
  const reply = await page.evaluate(
    (typed) => window.harness.ask({ kind: 'search', seq: 0, text: typed }),
    text,
  );
  assert.ok(reply.kind === 'search');
  return reply;
}

async function type(page: Page, text: string): Promise<void> {
  await page.keyboard.press('/');
  await page.keyboard.type(text);
}

const count = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction(
    (wanted) => document.querySelector('.search-count')?.textContent === wanted,
    text,
  );

/** How wide a hit is on screen, and whether all of it is. */
async function isReadable(page: Page, hit: SearchReply['hits'][number]): Promise<boolean> {
  await page.waitForTimeout(450);
  const range = await savedOf(page, 'range');
  const [from, to] = ['fromNs', 'toNs'].map((end) => Number(Reflect.get(Object(range), end)));
  const width = await page.locator('.plot').evaluate((e) => e.clientWidth);
  const span = (to ?? NaN) - (from ?? NaN);
  const isInside = hit.startNs >= (from ?? NaN) && hit.startNs + hit.durationNs <= (to ?? NaN);
  return isInside && (hit.durationNs / span) * width > 20;
}

describe('the search in a browser', { skip, timeout: 600_000 }, () => {
  const { open, close } = usePanels();

  for (const theme of themeNames) {
    it(`marks what it finds in the picture and in the overview, in the ${theme} theme`, async () => {
      const page = await open(theme);
      await show(page);
      await untilDrawn(page);
      const { total, meaning } = await found(page, SLOW);
      await type(page, SLOW);
      await count(page, `${formatCount(total)} found`);
      assert.equal(await page.textContent('.search-meaning'), meaning);
      // Nothing has moved: one is still typing.
      assert.equal(await page.getAttribute('#root', 'data-mode'), 'fit');
      await keepScreenshot(page, `search-${theme}`);
      await page.keyboard.press('Enter');
      await count(page, `1 of ${formatCount(total)}`);
      await page.waitForSelector('.card.details .heading:has-text("tokenise")');
      await page.waitForTimeout(500);
      await keepScreenshot(page, `search-hit-${theme}`);
      await close(page);
    });
  }

  it('steps forwards and backwards, by keys and buttons, to hits that one can read', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    const { total, hits } = await found(page, SLOW);
    const at = async (index: number): Promise<void> => {
      await count(page, `${index + 1} of ${total}`);
      const hit = hits[index];
      assert.ok(hit !== undefined && (await isReadable(page, hit)), `hit ${index}`);
    };
    await type(page, SLOW);
    // Enter before there is an answer goes to the first hit when it comes.
    await page.keyboard.press('Enter');
    await at(0);
    await page.keyboard.press('Enter');
    await at(1);
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.press('Shift+Enter');
    await at(total - 1);
    await page.focus('canvas#timeline');
    await page.keyboard.press('F3');
    await at(0);
    await page.keyboard.press('Shift+F3');
    await at(total - 1);
    await page.locator('.search-steps vscode-button', { hasText: '›' }).click();
    await at(0);
    await close(page);
  });

  it('begins with what is on screen', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    const { hits, total } = await found(page, SLOW);
    await drag(page, await onRuler(page, 450), await onRuler(page, 500));
    await page.focus('canvas#timeline');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#root[data-mode="held"]');
    await page.waitForTimeout(400);
    const [fromMs] = (await savedRange(page, 'range')) ?? [];
    const first = hits.findIndex((hit) => hit.startNs + hit.durationNs > (fromMs ?? 0) * 1e6);
    assert.ok(first > 0);
    await type(page, SLOW);
    await page.keyboard.press('Enter');
    await count(page, `${first + 1} of ${total}`);
    await close(page);
  });

  it('says in a sentence what is wrong, with an example, and takes it back', async () => {
    const page = await open();
    await show(page);
    await type(page, 'tokenise >20');
    await page.waitForSelector('.search-fault:has-text(">20ms")');
    const field = page.locator('.search vscode-text-field');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.equal(await page.getAttribute('.search-status', 'role'), 'status');
    await keepScreenshot(page, 'search-wrong');
    await page.keyboard.type('ms');
    await page.waitForSelector('.search-fault', { state: 'hidden' });
    assert.equal(await field.getAttribute('aria-invalid'), null);
    await close(page);
  });

  it('says when there is more than is shown, and when there is nothing', async () => {
    const page = await open();
    await show(page);
    const { total } = await found(page, '>1ms');
    assert.ok(total > 1000);
    await type(page, '>1ms');
    await count(page, `${formatCount(total)} found (1,000 shown)`);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.search-steps', { state: 'hidden' });
    await page.keyboard.type('nosuchname');
    await count(page, 'nothing found');
    await close(page);
  });

  it('is empty at once when it is cleared: what is typed next stands alone', async () => {
    const page = await open();
    await show(page);
    await type(page, 'tokenise');
    const left = await page.evaluate(() => {
      const field = document.querySelector('.search vscode-text-field');
      field?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
      return field?.shadowRoot?.querySelector('input')?.value;
    });
    assert.equal(left, '');
    await close(page);
  });

  it('scrolls to a row that is called so', async () => {
    const page = await open();
    await page.setViewportSize({ width: 1200, height: 420 });
    await show(page);
    await page.waitForSelector('[data-stage="walk"]');
    await type(page, 'event loop delay');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-gauge="event loop delay"]');
    assert.match((await page.textContent('.search-count')) ?? '', /^1 of \d/);
    await keepScreenshot(page, 'search-row');
    await close(page);
  });

  it('is reached with Ctrl+F from everywhere, and leads back to the timeline', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await page.getByText('Table', { exact: true }).click();
    await page.keyboard.press('Control+f');
    await page.keyboard.type(SLOW);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#root[data-view="timeline"]');
    await page.waitForSelector('.card.details .heading:has-text("tokenise")');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    const focused = await page.evaluate(() => document.activeElement?.id);
    assert.equal(focused, 'timeline');
    await close(page);
  });

  it('asks for the last of what is typed fast, and shows names as text', async () => {
    const page = await open();
    await show(page);
    const name = '"<img src=x onerror=document.title=1>"';
    await type(page, name);
    await count(page, 'nothing found');
    assert.match((await page.textContent('.search-meaning')) ?? '', /<img src=x/);
    assert.equal(await page.locator('#root img').count(), 0);
    const texts = (await postedOf(page, 'query')).flatMap(({ query }) =>
      query.kind === 'search' ? [query.text] : [],
    );
    assert.equal(texts.at(-1), name);
    assert.ok(texts.length < name.length, `${texts.length} questions`);
    await close(page);
  });

  it('comes back with the page', async () => {
    const page = await open();
    await show(page);
    const { total } = await found(page, SLOW);
    await type(page, SLOW);
    await count(page, `${total} found`);
    await page.waitForTimeout(400);
    await page.reload();
    await show(page);
    await count(page, `${total} found`);
    assert.equal(await page.locator('.search input').inputValue(), SLOW);
    await close(page);
  });
});
