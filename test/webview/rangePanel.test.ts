/** Marking a stretch in a real browser: ruler, edges, figures, histogram, Markdown. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import {
  formatCount,
  formatDurationNs,
  formatPercent,
  formatRate,
} from '../../extension/core/format.js';
import type { StatsReply } from '../../extension/core/panel/query.js';
import { drag, onPlot, onRuler, savedRange, untilDrawn } from './harness/gestures.js';
import { keepScreenshot } from './harness/openPanel.js';
import { postedOf, show, skip, themeNames, usePanels } from './harness/panelTest.js';

const CURRENT = '.card.range:not(.stale) .range-figures:not([hidden])';

/** Marks from one pixel of the ruler to another. */
async function mark(page: Page, from: number, to: number): Promise<void> {
  await drag(page, await onRuler(page, from), await onRuler(page, to));
  await page.waitForSelector(CURRENT);
}

/** The questions for figures so far: their ranges, in milliseconds. */
async function asked(page: Page): Promise<{ fromMs: number; toMs: number; row: number | null }[]> {
  const queries = await postedOf(page, 'query');
  return queries.flatMap(({ query }) =>
    query.kind === 'stats'
      ? [{ fromMs: query.fromNs / 1e6, toMs: query.toNs / 1e6, row: query.row }]
      : [],
  );
}

/** What the session's model says to the last question for figures. */
async function expected(page: Page): Promise<StatsReply> {
  const { query } = (await postedOf(page, 'query')).at(-1) ?? { query: null };
  assert.ok(query?.kind === 'stats');
  const reply = await page.evaluate((q) => window.harness.ask(q), query);
  assert.ok(reply.kind === 'stats');
  return reply;
}

/** Figures of a stage as the card shows them, in the order of the columns. */
async function figuresOf(page: Page, stage: string): Promise<string[]> {
  return page.locator(`[data-figures="${stage}"] .figure`).allTextContents();
}

/** Where the marked edges are on the ruler. */
async function edges(page: Page): Promise<{ from: number; to: number }> {
  await page.waitForTimeout(400);
  const marked = (await savedRange(page, 'marked')) ?? [];
  const width = await page.locator('.ruler-plot').evaluate((e) => e.clientWidth);
  // The whole session with a hundredth of air on both sides.
  const { extentNs } = (await page.evaluate(() => window.harness.snapshot())) ?? {
    extentNs: [0, 0],
  };
  const span = ((extentNs[1] - extentNs[0]) / 1e6) * 1.02;
  const air = (span / 1.02) * 0.01;
  const [from, to] = marked.map((ms) => ((ms - extentNs[0] / 1e6 + air) / span) * width);
  return { from: from ?? NaN, to: to ?? NaN };
}

describe('a marked range in a browser', { skip, timeout: 600_000 }, () => {
  const { open, close } = usePanels();

  for (const theme of themeNames) {
    it(`has figures, bars and a histogram in the ${theme} theme`, async () => {
      const page = await open(theme);
      await show(page);
      await untilDrawn(page);
      await mark(page, 200, 480);
      const reply = await expected(page);
      const rows = (await page.evaluate(() => window.harness.snapshot()))?.rows ?? [];
      const row = rows.find((r) => r.kind === 'stage' && r.stage === 'tokenise');
      const stats = reply.stages.find((s) => s.row === row?.id);
      assert.ok(stats?.serviceNs);
      const { ratePerSec, serviceNs, executions, shares } = stats;
      assert.deepEqual(await figuresOf(page, 'tokenise'), [
        formatRate(ratePerSec),
        ...[serviceNs.p50, serviceNs.p95, serviceNs.p99].map(formatDurationNs),
      ]);
      const stage = page.locator('[data-figures="tokenise"]');
      assert.ok((await stage.textContent())?.includes(formatCount(executions)));
      const bars = await stage.locator('.share-bars').getAttribute('aria-label');
      assert.ok(bars?.startsWith(`busy ${formatPercent(shares.busy)}, `), bars ?? '');
      assert.match(bars ?? '', /; whole session: busy \d+%/);
      // The bottleneck is what one wants to know the durations of.
      assert.equal(reply.histogram?.row, row?.id);
      await keepScreenshot(page, `range-${theme}`);
      await close(page);
    });
  }

  it('is marked by dragging in the ruler, moved as a whole and by its edges, and cleared', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await mark(page, 200, 400);
    const first = await edges(page);
    assert.ok(
      Math.abs(first.from - 200) < 1.5 && Math.abs(first.to - 400) < 1.5,
      JSON.stringify(first),
    );
    await drag(page, await onRuler(page, 400), await onRuler(page, 500));
    const second = await edges(page);
    assert.ok(Math.abs(second.from - 200) < 1.5 && Math.abs(second.to - 500) < 2, 'right edge');
    await drag(page, await onRuler(page, 300), await onRuler(page, 350));
    const third = await edges(page);
    assert.ok(Math.abs(third.from - 250) < 2 && Math.abs(third.to - 550) < 2.5, 'as a whole');
    // On the plot the edge is grasped as well, and beside it the picture.
    const plot = await onPlot(page, '[data-stage="read"]', 250, 40);
    await drag(page, plot, { ...plot, x: plot.x - 100 });
    const fourth = await edges(page);
    assert.ok(Math.abs(fourth.from - 150) < 2.5 && Math.abs(fourth.to - 550) < 2.5, 'on the plot');
    assert.equal(await page.getAttribute('#root', 'data-mode'), 'fit');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.card.range', { state: 'hidden' });
    await close(page);
  });

  it('is shown as wide as the window by a button, by Enter, and by a double click', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await mark(page, 200, 400);
    const isZoomed = async (): Promise<void> => {
      await page.waitForSelector('#root[data-mode="held"]');
      await page.waitForTimeout(400);
      assert.deepEqual(await savedRange(page, 'range'), await savedRange(page, 'marked'));
      await page.keyboard.press('f');
      await page.waitForSelector('#root[data-mode="fit"]');
    };
    await page.locator('.card.range vscode-button', { hasText: 'Zoom' }).click();
    await page.focus('canvas#timeline');
    await isZoomed();
    await page.keyboard.press('Enter');
    await isZoomed();
    const at = await onRuler(page, 300);
    await page.mouse.dblclick(at.x, at.y);
    await isZoomed();
    await close(page);
  });

  it('does not show figures of another range as if they were its own, and asks again for lost ones', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await mark(page, 200, 400);
    const before = await figuresOf(page, 'read');
    await page.evaluate(() => {
      window.harness.setAnswering(false);
    });
    await drag(page, await onRuler(page, 400), await onRuler(page, 700));
    await page.waitForSelector('.card.range.stale[aria-busy="true"]');
    assert.deepEqual(await figuresOf(page, 'read'), before);
    assert.match((await page.textContent('.range-status')) ?? '', /^Figures of \d/);
    const copy = page.locator('.card.range vscode-button', { hasText: 'Copy' });
    assert.notEqual(await copy.getAttribute('disabled'), null);
    await keepScreenshot(page, 'range-stale');
    await page.evaluate(() => {
      window.harness.setAnswering(true);
    });
    // The question that was lost is asked again by and by.
    await page.waitForSelector(CURRENT);
    assert.notDeepEqual(await figuresOf(page, 'read'), before);
    await close(page);
  });

  it('asks while it is dragged, but not for every pixel', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    const before = (await asked(page)).length;
    const from = await onRuler(page, 100);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    const startMs = performance.now();
    for (let x = 0; x < 300; x += 5) await page.mouse.move(from.x + x, from.y);
    await page.mouse.up();
    const tookMs = performance.now() - startMs;
    await page.waitForSelector(CURRENT);
    const count = (await asked(page)).length - before;
    assert.ok(count >= 2 && count <= 3 + tookMs / 100, `${count} questions in ${tookMs} ms`);
    await close(page);
  });

  it('has a histogram that one can go through by pointer and keyboard, of any stage', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await mark(page, 200, 400);
    const { histogram } = await expected(page);
    assert.ok(histogram !== null);
    const total = histogram.counts.reduce((sum, n) => sum + n, histogram.beyond);
    const told = page.locator('.told');
    assert.ok((await told.textContent())?.startsWith(`${formatCount(total)} executions took `));
    await page.focus('canvas.histogram');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    const [, from, to] = histogram.edgesNs;
    const second = `${formatDurationNs(from ?? 0)} – ${formatDurationNs(to ?? 0)}: ${formatCount(histogram.counts[1] ?? 0)} of `;
    assert.ok((await told.textContent())?.startsWith(second), second);
    const spoken = await page.getAttribute('canvas.histogram', 'aria-valuetext');
    assert.ok(spoken?.startsWith(second));
    // Its keys are its own: the picture has not moved.
    assert.equal(await page.getAttribute('#root', 'data-mode'), 'fit');
    await page.hover('canvas.histogram', { position: { x: 2, y: 60 } });
    assert.match((await told.textContent()) ?? '', / of /);
    const log = page.locator('.histogram-box vscode-button');
    await log.click();
    assert.equal(await log.getAttribute('aria-pressed'), 'true');
    await keepScreenshot(page, 'range-log');
    await page.locator('[data-figures="embed"] button').click();
    await page.waitForSelector('.histogram-box:not(.stale)');
    const chosen = await expected(page);
    assert.notEqual(chosen.histogram?.row, histogram.row);
    await page.locator('.histogram-box vscode-dropdown').click();
    await page.locator('.histogram-box vscode-option', { hasText: 'tokenise' }).click();
    await page.waitForFunction(
      (row) =>
        window.harness.posted.findLast((m) => m.kind === 'query' && m.query.kind === 'stats')
          ?.kind === 'query' &&
        window.harness.posted.some(
          (m) => m.kind === 'query' && m.query.kind === 'stats' && m.query.row === row,
        ),
      histogram.row,
    );
    await close(page);
  });

  it('is copied as Markdown', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await mark(page, 200, 400);
    await page.locator('.card.range vscode-button', { hasText: 'Copy' }).click();
    const [copied] = await postedOf(page, 'copy');
    const lines = copied?.text.split('\n') ?? [];
    assert.match(lines[0] ?? '', /^### code-index: [\d.]+ s … [\d.]+ s \([\d.]+ s\)$/);
    const [rate] = await figuresOf(page, 'read');
    const read = lines.find((line) => line.startsWith('| read ')) ?? '';
    assert.ok(read.includes(`${rate ?? '?'} (`), read);
    assert.equal(lines.filter((line) => line.startsWith('| texts ')).length, 1);
    await close(page);
  });

  it('is the whole session when all is on screen, with the figures of the report', async () => {
    const page = await open();
    await show(page);
    await untilDrawn(page);
    await page.keyboard.press('m');
    await page.waitForSelector(CURRENT);
    const report = (await page.evaluate(() => window.harness.snapshot()))?.report;
    const stage = report?.pipelines[0]?.stages.find((s) => s.name === 'read');
    assert.equal((await figuresOf(page, 'read'))[0], formatRate(stage?.ratePerSec ?? 0));
    const changes = await page.locator('[data-figures] .change').allTextContents();
    assert.deepEqual([...new Set(changes)], ['=']);
    await close(page);
  });

  it('is asked for anew while a live session adds to it', async () => {
    const page = await open();
    await show(page, 'live', 12_000);
    await untilDrawn(page);
    await page.keyboard.press('m');
    await page.waitForSelector(CURRENT);
    const first = (await asked(page)).length;
    await show(page, 'live', 12_500);
    await page.waitForFunction(
      (n) =>
        window.harness.posted.filter((m) => m.kind === 'query' && m.query.kind === 'stats').length >
        n,
      first,
    );
    await page.waitForSelector(CURRENT);
    const marked = await savedRange(page, 'marked');
    assert.equal(marked?.[1], 12_000);
    await show(page, 'live', 16_000);
    await page.waitForTimeout(500);
    const settled = (await asked(page)).length;
    await show(page, 'live', 17_000);
    await page.waitForTimeout(500);
    assert.equal((await asked(page)).length, settled, 'nothing can be added any more');
    await close(page);
  });

  it('holds a picture that follows when one marks in it, and comes back with the page', async () => {
    const page = await open();
    await show(page, 'live', 12_000);
    await untilDrawn(page);
    assert.equal(await page.getAttribute('#root', 'data-mode'), 'follow');
    await mark(page, 200, 400);
    assert.equal(await page.getAttribute('#root', 'data-mode'), 'held');
    await page.waitForTimeout(400);
    const marked = await savedRange(page, 'marked');
    await page.reload();
    await show(page, 'live', 12_000);
    await page.waitForSelector(CURRENT);
    assert.deepEqual(await savedRange(page, 'marked'), marked);
    const last = (await asked(page)).at(-1);
    assert.deepEqual(
      [last?.fromMs, last?.toMs].map((ms) => Math.round(ms ?? 0)),
      marked,
    );
    await close(page);
  });
});
