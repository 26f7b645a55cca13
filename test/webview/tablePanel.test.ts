/** The Table view in a real browser: sorting, ways to the timeline, single executions, copies, with mouse and keyboard. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { keepScreenshot } from './harness/openPanel.js';
import {
  posted,
  postedOf,
  show,
  skip,
  themeNames,
  toView,
  usePanels,
} from './harness/panelTest.js';

const ROWS = '#executions-table tbody tr';

async function firstCells(page: Page, column: number): Promise<string[]> {
  return page.locator(`${ROWS} > :nth-child(${column})`).allTextContents();
}

const ms = (text: string): number => {
  const [n = '', unit = ''] = text.split(' ');
  return Number(n) * ({ ns: 1e-6, µs: 1e-3, ms: 1, s: 1e3 }[unit] ?? NaN);
};

async function untilListed(page: Page, text: string): Promise<void> {
  await page.waitForSelector(`.page-text:has-text("${text}")`);
}

async function pressUntilFocused(page: Page, key: string, selector: string): Promise<void> {
  for (let i = 0; i < 60; i += 1) {
    await page.keyboard.press(key);
    if (await page.locator(selector).evaluate((e) => e === document.activeElement)) return;
  }
  assert.fail(`${selector} is not reached with ${key}`);
}

describe('the Table view in a browser', { skip, timeout: 300_000 }, () => {
  const { open, close } = usePanels();

  for (const theme of themeNames) {
    it(`lists executions in the ${theme} theme`, async () => {
      const page = await open(theme);
      await show(page);
      await toView(page, 'Table');
      await untilListed(page, '1–100 of 29,291');
      await keepScreenshot(page, `table-${theme}`);
      await page.getByRole('navigation', { name: 'Tables' }).getByText('Executions').click();
      await keepScreenshot(page, `table-executions-${theme}`);
      await close(page);
    });
  }

  it('is a tree of tables with titles, columns and rows for a screen reader', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Table');
    await untilListed(page, '1–100');
    const table = page.getByRole('table', { name: 'Stages', exact: true });
    assert.equal(await table.count(), 1);
    const heads = await table.getByRole('columnheader').allTextContents();
    assert.deepEqual(heads.slice(0, 4), ['Stage', 'Kind', 'Parallelism', 'Executions']);
    assert.deepEqual(await table.getByRole('rowheader').allTextContents(), [
      'walk',
      'read',
      'tokenise',
      'embed',
      'write',
    ]);
    assert.equal(await page.getByRole('table', { name: 'Executions', exact: true }).count(), 1);
    const sticky = await page.evaluate(() => {
      const frame = document.querySelector('.tables');
      const head = document.querySelector('#executions-table thead th');
      document.querySelector(`#executions-table tbody tr:nth-child(50)`)?.scrollIntoView();
      const [outer, inner] = [frame, head].map((e) => e?.getBoundingClientRect().top ?? -1);
      return inner === outer;
    });
    assert.ok(sticky, 'titles stay in view');
    await close(page);
  });

  it('sorts with the keyboard, remembers that, and says so to a screen reader', async () => {
    const page = await open();
    await show(page);
    await page.focus('canvas#timeline');
    await page.keyboard.press('4');
    await page.waitForSelector('#root[data-view="table"]');
    await pressUntilFocused(page, 'Tab', '#stages-table th:nth-child(5) .sort');
    await page.keyboard.press('Enter');
    const sorted = page.locator('#stages-table th[aria-sort]');
    assert.equal(await sorted.textContent(), 'Executions');
    assert.equal(await sorted.getAttribute('aria-sort'), 'descending');
    await page.keyboard.press('Space');
    assert.equal(await sorted.getAttribute('aria-sort'), 'ascending');
    await page.waitForFunction(() =>
      JSON.stringify(window.harness.saved()).includes('"column":"Executions","descending":false'),
    );
    await page.reload();
    await show(page);
    await page.waitForSelector('#root[data-view="table"]');
    const rows = await page.locator('#stages-table tbody tr').allTextContents();
    assert.match(rows[0] ?? '', /^write/);
    assert.equal(await sorted.getAttribute('aria-sort'), 'ascending');
    await close(page);
  });

  it('pages through executions, by start or by duration, of one stage', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Table');
    await untilListed(page, '1–100 of 29,291');
    const next = page.getByText('Next', { exact: true });
    await next.click();
    await untilListed(page, '101–200 of 29,291');
    await page.getByText('Previous', { exact: true }).click();
    await untilListed(page, '1–100 of 29,291');
    await page.locator('#executions-table').getByText('Duration', { exact: true }).click();
    await page.waitForSelector('#executions-table th:nth-child(2)[aria-sort="descending"]');
    await page.waitForFunction(() =>
      document.querySelector('#executions-table tbody td')?.textContent.includes(' ms'),
    );
    await page.waitForFunction((rows) => {
      const [first] = document.querySelectorAll(`${rows} > :nth-child(2)`);
      return parseFloat(first?.textContent ?? '') > 30;
    }, ROWS);
    const longest = (await firstCells(page, 2)).map(ms);
    assert.deepEqual(
      longest,
      longest.toSorted((a, b) => b - a),
    );
    await page.getByRole('combobox', { name: 'Stage' }).focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => {
      const query = window.harness.posted.findLast((m) => m.kind === 'query')?.query;
      return query?.kind === 'executions' && query.row !== null;
    });
    await page.waitForFunction(() =>
      /^1–100 of 5,\d{3} exec/.test(document.querySelector('.page-text')?.textContent ?? ''),
    );
    assert.deepEqual([...new Set(await firstCells(page, 3))], ['write']);
    await close(page);
  });

  it('leads from an execution to the timeline, by mouse and by keyboard', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Table');
    await untilListed(page, '1–100');
    await page.locator(`${ROWS}:nth-child(7) td:nth-child(4)`).click();
    await page.waitForSelector('#root[data-view="timeline"][data-mode="held"]');
    await page.waitForSelector('.details .heading:has-text("read")');
    await page.waitForSelector('[data-stage="read"].pointed-out');
    assert.ok(await page.evaluate(() => document.activeElement?.id === 'timeline'));
    await page.waitForTimeout(500);
    await keepScreenshot(page, 'table-to-timeline');
    await page.keyboard.press('4');
    await untilListed(page, '1–');
    await page.locator('.tables').getByText('Whole session', { exact: true }).click();
    await untilListed(page, '1–100 of 29,291');
    await page.locator(`${ROWS}:nth-child(1) .cell-link`).focus();
    for (let i = 0; i < 3; i += 1) await page.keyboard.press('ArrowDown');
    const name = await page.evaluate(() => document.activeElement?.closest('tr')?.textContent);
    assert.match(name ?? '', /walk/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#root[data-view="timeline"]');
    await page.waitForSelector('.details .heading:has-text("walk")');
    await close(page);
  });

  it('leads from stages, queues and gauges to their rows, from places to the source', async () => {
    const page = await open();
    await show(page);
    for (const [link, row] of [
      ['tokens', '[data-queue="tokens"]'],
      ['write', '[data-stage="write"]'],
      ['event loop delay', '[data-gauge="event loop delay"]'],
    ] as const) {
      await page.keyboard.press('Escape');
      await toView(page, 'Table');
      await page.getByRole('rowheader', { name: link, exact: true }).getByRole('button').click();
      await page.waitForSelector(`${row}.pointed-out`);
    }
    await toView(page, 'Table');
    await page
      .locator('#stages-table')
      .getByText('/home/me/code-index/index.mjs:42:16')
      .first()
      .click();
    assert.equal((await postedOf(page, 'openSource'))[0]?.source.line, 42);
    await close(page);
  });

  it('copies what it shows', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Table');
    const tools = page.getByRole('group', { name: 'Copy Queues' });
    await tools.getByText('Markdown', { exact: true }).click();
    await tools.getByText('CSV', { exact: true }).click();
    const [markdown, csv] = (await postedOf(page, 'copy')).map((m) => m.text);
    assert.match(markdown ?? '', /^\*\*Queues\*\*\n\n\| Queue \|.*\n.*\n\| paths \|/);
    assert.match(csv ?? '', /^Queue,Pipeline,Between,Capacity,.*Wait p50 \(ns\)/);
    assert.equal(csv?.split('\r\n')[1]?.split(',')[0], 'paths');
    await close(page);
  });

  it('asks for no executions that nobody sees', async () => {
    const page = await open();
    await show(page);
    await page.keyboard.press('Tab');
    await page.waitForTimeout(300);
    assert.equal((await posted(page)).filter((m) => m.kind === 'query').length, 0);
    assert.equal(await page.locator('#executions-table').isVisible(), false);
    const stops = page.locator('.tables :is(button, vscode-button)[tabindex="0"]');
    assert.equal(await stops.count(), 0);
    await close(page);
  });
});
