/** Suggestions that are tried, trials and searches at the panel's side, in a real browser. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { keepScreenshot } from './harness/openPanel.js';
import { postedOf, show, skip, themeNames, usePanels } from './harness/panelTest.js';
import {
  better,
  fixed,
  quiet,
  rowOf,
  running,
  same,
  suggested,
  tellKnob,
  tellLive,
  tellPipeline,
  tuned,
  worse,
} from './liveBuilders.js';

const knob = '[data-knob="4711:1"]';
const button = (page: Page, within: string, name: string) =>
  page.locator(`${within} vscode-button`, { hasText: name }).first();

describe('a running program at the side', { skip, timeout: 600_000 }, () => {
  const { open, close } = usePanels();

  it('tries a suggestion live, and says of what is not live why not', async () => {
    const page = await open();
    await show(page, 'live');
    await tellPipeline(page, suggested);
    const card = '.card.suggestion:has-text("read waits")';
    await button(page, card, 'Try live').click();
    assert.deepEqual(await postedOf(page, 'tryLive'), [
      { kind: 'tryLive', moves: [{ knob: '4711:1', to: 16 }], why: better.reason },
    ]);
    const refused = '.card.suggestion:has-text("two of four cores")';
    const not = button(page, refused, 'Try live');
    assert.equal(await not.getAttribute('disabled'), '');
    assert.match(
      (await page.textContent(refused)) ?? '',
      /Not live: maxThreads can only be set when the program starts\. Piscina grows/,
    );
    assert.match((await not.getAttribute('title')) ?? '', /only be set when the program starts/);
    await button(page, refused, 'Write to source').click();
    assert.deepEqual(await postedOf(page, 'writeToSource'), [
      {
        kind: 'writeToSource',
        moves: [{ knob: '4711:2', to: 4, expression: 'os.availableParallelism()' }],
      },
    ]);
    await button(page, '.card.probe', 'Try live').click();
    assert.deepEqual((await postedOf(page, 'tryLive')).at(-1)?.moves, [{ knob: '4711:1', to: 9 }]);
    await close(page);
  });

  it('tries the suggestions of a plan as one change', async () => {
    const page = await open();
    await show(page, 'live');
    const second = { ...better, id: '4711:3=4', knob: '4711:3', to: 4 };
    await tellPipeline(page, { ...suggested, suggestions: [better, second] });
    await button(page, '.card.plan', 'Try live').click();
    assert.deepEqual((await postedOf(page, 'tryLive'))[0]?.moves, [
      { knob: '4711:1', to: 16 },
      { knob: '4711:3', to: 4 },
    ]);
    await tellPipeline(page, suggested);
    await page.waitForSelector('.card.plan .refusal:has-text("maxThreads")');
    await close(page);
  });

  it('explains when asked', async () => {
    const page = await open();
    await show(page, 'live');
    await tellPipeline(page, suggested);
    const card = '.card.suggestion:has-text("read waits")';
    const evidence = page.locator(card).getByText(better.evidence[0] ?? '');
    assert.equal(await evidence.isVisible(), false);
    await button(page, card, 'Explain').click();
    await evidence.waitFor();
    await button(page, card, 'Explain').click();
    await evidence.waitFor({ state: 'hidden' });
    await close(page);
  });

  it('hides what is ignored, and shows it again', async () => {
    const page = await open();
    await show(page, 'live');
    await tellPipeline(page, suggested);
    const card = page.locator('.card.suggestion:has-text("read waits")');
    await card.locator('vscode-button', { hasText: 'Ignore' }).click();
    const [ignored] = await postedOf(page, 'ignore');
    assert.equal(ignored?.ignored, true);
    const key = ignored.key;
    assert.match(key, /read\/concurrency=16$/);
    await tellLive(page, { ...quiet, ignored: [key] });
    await card.waitFor({ state: 'hidden' });
    // What all of it brings says nothing of the rest.
    assert.equal(await page.locator('.card.plan').isVisible(), false);
    await button(page, '.ignored-part', 'Show 1 ignored suggestion').click();
    await card.waitFor();
    await card.locator('vscode-button', { hasText: 'Show again' }).click();
    assert.deepEqual((await postedOf(page, 'ignore')).at(-1), {
      kind: 'ignore',
      key,
      ignored: false,
    });
    await close(page);
  });

  it('shows how far a trial is, lets it be stopped, and lets nothing else begin', async () => {
    const page = await open();
    await show(page, 'live');
    await tellPipeline(page, suggested);
    await tellLive(page, { ...quiet, running });
    const card = page.locator('.card.running');
    await card.waitFor();
    assert.match(await card.innerText(), /Trying concurrency 8 → 16/);
    assert.match(await card.innerText(), /block 3 of 8/);
    assert.match(await card.innerText(), /0:0\d · at most 0:0\d left/);
    const bar = card.locator('[role="progressbar"]');
    assert.ok(Number(await bar.getAttribute('aria-valuenow')) >= 53);
    await page.waitForSelector('.card.suggestion.trying .on-trial');
    await page.waitForSelector(`${knob} .on-trial:not([hidden])`);
    assert.equal(await button(page, '.card.probe', 'Try live').getAttribute('disabled'), '');
    assert.equal(await page.locator('vscode-button', { hasText: 'Tune…' }).isVisible(), false);
    await button(page, '.card.running', 'Stop').click();
    assert.equal((await postedOf(page, 'stopTrials')).length, 1);
    await tellLive(page, { ...quiet, running: { ...running, isStopping: true } });
    await page.waitForSelector('.card.running:has-text("takes back")');
    await tellLive(page, quiet);
    await card.waitFor({ state: 'hidden' });
    await close(page);
  });

  it('tells the verdict with its interval, as a card and as a row', async () => {
    const page = await open();
    await show(page, 'live');
    await tellLive(page, { ...quiet, rows: [rowOf(1)] });
    const card = '.card.verdict[data-verdict="kept"]';
    assert.match(await page.locator(card).innerText(), /Better: kept[^]*\+38% \(\+31% to \+44%\)/);
    await button(page, card, 'Write to source').click();
    assert.deepEqual((await postedOf(page, 'writeToSource'))[0]?.moves, [
      { knob: '4711:1', to: 16, expression: null },
    ]);
    await tellLive(page, { ...quiet, rows: [rowOf(1), worse(2), same(3)] });
    await page.waitForSelector('.card.verdict[data-verdict="noDifference"]');
    const rows = await page.locator('table.trials tbody tr').allInnerTexts();
    assert.deepEqual(
      rows.map((row) =>
        row
          .replaceAll('\u00a0', ' ')
          .split(/\s*[\t\n]\s*/)
          .join('|'),
      ),
      [
        'concurrency 16 → 15|no difference|+1%|-2% to +3%|4 + 4',
        'concurrency 16 → 32|taken back|-41%|-47% to -36%|1 + 1',
        'concurrency 8 → 16|kept|+38%|+31% to +44%|4 + 4',
      ],
    );
    await close(page);
  });

  it('asks in a form what a search shall be for, and says what is wrong', async () => {
    const page = await open();
    await show(page, 'live');
    await page.locator('vscode-button', { hasText: 'Tune…' }).click();
    const form = page.locator('.tune-form');
    const start = form.locator('vscode-button', { hasText: 'Start tuning' });
    await form.getByLabel('Limit of p95').locator('input').fill('-5');
    await start.click();
    assert.match((await form.locator('.fault').textContent()) ?? '', /number above 0/);
    await form.getByLabel('Limit of p95').locator('input').fill('50');
    await form.getByLabel('Limit of memory').locator('input').fill('512');
    await page.getByRole('combobox', { name: 'Objective' }).click();
    await page.getByRole('option', { name: 'Cost for a target rate' }).click();
    await start.click();
    assert.match((await form.locator('.fault').textContent()) ?? '', /how many items per second/);
    await form.getByLabel('Target rate').locator('input').fill('600');
    await start.click();
    assert.deepEqual(await postedOf(page, 'tune'), [
      {
        kind: 'tune',
        wish: {
          objective: 'cost',
          targetRatePerSec: 600,
          maxP95Ms: 50,
          maxP99Ms: null,
          maxRssMiB: 512,
          timeSec: 120,
        },
      },
    ]);
    assert.equal(await form.isVisible(), false);
    await close(page);
  });

  it('tells what a search found, and leads to the source', async () => {
    const page = await open();
    await show(page, 'live');
    const search = {
      ...running,
      kind: 'tuning' as const,
      trials: 2,
      best: 'concurrency 8 → 16: +38%',
    };
    await tellLive(page, { ...quiet, running: search, rows: [rowOf(1), worse(2)] });
    await page.waitForSelector('.card.running:has-text("Tuning, 2 tried")');
    assert.match(await page.locator('.card.running').innerText(), /Tuning, 2 tried/);
    assert.match(await page.locator('.card.running').innerText(), /Best so far: .*\+38%/);
    await tellLive(page, { ...quiet, tuned, rows: [rowOf(1), worse(2), same(3)] });
    const card = page.locator('.card.verdict:has-text("Tuned: +52% (+44% to +60%)")');
    await card.waitFor();
    const cells = (await card.locator('tbody tr').allInnerTexts()).map((row) =>
      row.split('\t').map((cell) => cell.trim()),
    );
    assert.deepEqual(cells, [
      ['concurrency · read', '8', '16'],
      ['throughput', '612/s', '930/s'],
      ['latency p95', '42 ms', '31 ms'],
    ]);
    await card.locator('vscode-button', { hasText: 'Write to source' }).click();
    assert.deepEqual((await postedOf(page, 'writeToSource'))[0]?.moves, [
      { knob: '4711:1', to: 16, expression: null },
    ]);
    await close(page);
  });

  it('says whether predictions came true', async () => {
    const page = await open();
    await show(page, 'live');
    const interval = (low: number, mid: number, high: number) => ({ low, mid, high });
    const predicted = interval(0.31, 0.38, 0.44);
    await tellLive(page, {
      ...quiet,
      promises: [
        { knobs: 'a 8 → 16', predicted, observed: interval(0.33, 0.36, 0.39), verdict: 'held' },
        { knobs: 'b 1 → 2', predicted, observed: null, verdict: 'unclear' },
      ],
    });
    const cards = await page.locator('.card.promise').allInnerTexts();
    assert.match(
      cards[0] ?? '',
      /Prediction held[^]*predicted \+38% \(\+31% to \+44%\), measured \+36% \(\+33% to \+39%\)/,
    );
    assert.match(cards[1] ?? '', /Prediction unclear[^]*not measured yet/);
    await close(page);
  });

  for (const theme of themeNames) {
    it(`looks as it should in the ${theme} theme`, async () => {
      const page = await open(theme);
      await page.setViewportSize({ width: 1440, height: 1760 });
      await show(page, 'live', 13_500);
      await tellPipeline(page, { ...suggested, suggestions: [better, fixed], findings: [] });
      await tellKnob(page, 16);
      const sourceValues = { '4711:1': { value: 12, text: '12' } };
      await tellLive(page, { ...quiet, running, rows: [rowOf(1), worse(2)], sourceValues });
      await page.waitForSelector('.card.running');
      await page.waitForTimeout(400);
      await keepScreenshot(page, `trials-running-${theme}`);
      const predicted = { low: 0.31, mid: 0.38, high: 0.44 };
      await tellLive(page, {
        ...quiet,
        tuned,
        rows: [rowOf(1), worse(2), same(3)],
        sourceValues,
        promises: [
          { knobs: 'concurrency 8 → 16', predicted, observed: predicted, verdict: 'held' },
        ],
      });
      await page.waitForSelector('table.tuned');
      await page.locator('vscode-button', { hasText: 'Tune…' }).click();
      await page.waitForTimeout(200);
      await keepScreenshot(page, `trials-tuned-${theme}`);
      await close(page);
    });
  }
});
