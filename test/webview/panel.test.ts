/** The bundled panel in a real browser, on a page with VS Code's restrictions, fed by a simulated pipeline. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { formatCount, formatPercent, formatRate } from '../../extension/core/format.js';
import type { FromWebview } from '../../extension/core/panel/messages.js';
import { checkFromWebview } from '../../extension/core/panel/messages.js';
import { RUN_MS } from './harness/pipeline.js';
import {
  browserPath,
  buildBundles,
  keepScreenshot,
  openPanel,
  startBrowser,
  type Bundles,
  type PanelPage,
} from './harness/openPanel.js';
import { themes } from './harness/themes.js';

const executable = browserPath();
const skip = executable === null ? 'no Chromium here: set CHROMIUM to its path' : false;

type ThemeName = keyof typeof themes;

describe('the panel in a browser', { skip, timeout: 300_000 }, () => {
  let browser: Browser;
  let bundles: Bundles;
  let opened: PanelPage[] = [];

  before(async () => {
    browser = await startBrowser(executable ?? '');
    bundles = await buildBundles();
  });
  after(async () => {
    await browser.close();
  });

  async function open(theme: ThemeName = 'dark'): Promise<Page> {
    const panel = await openPanel(browser, bundles, theme);
    panel.page.setDefaultTimeout(60_000);
    opened.push(panel);
    return panel.page;
  }

  /** Every message that the panel posted is one that the host accepts, and nothing went wrong on the page. */
  async function close(page: Page): Promise<void> {
    for (const message of await posted(page)) {
      const checked = checkFromWebview(message, 'message');
      assert.ok(checked.ok, checked.ok ? '' : checked.error);
      assert.notEqual(message.kind, 'failure', JSON.stringify(message));
    }
    const problems = opened.filter((o) => o.page === page).flatMap((o) => o.problems);
    opened = opened.filter((o) => o.page !== page);
    assert.deepEqual(problems, []);
    await page.close();
  }

  async function openShown(
    state: 'live' | 'ended' | 'reading' | 'capture',
    atMs?: number,
  ): Promise<Page> {
    const page = await open();
    await show(page, state, atMs);
    return page;
  }

  it('says ready first, and loads until the host answers', async () => {
    const page = await open();
    assert.equal((await posted(page))[0]?.kind, 'ready');
    assert.equal(await page.getAttribute('#root', 'data-state'), 'loading');
    await close(page);
  });

  for (const theme of ['dark', 'light', 'hc', 'hc-light'] as const) {
    it(`draws lanes, queues and headers in the ${theme} theme`, async () => {
      const page = await open(theme);
      await show(page, 'live', 13_500);
      await untilDrawn(page);
      const background = themes[theme].variables['editor-background'] ?? '';
      const tokenise = await colours(page, '[data-stage="tokenise"]');
      assert.ok(distinct(tokenise) >= 3, `tokenise: ${JSON.stringify(tokenise)}`);
      // Busy nearly all the time: hardly any background within its lanes; read is hatched and blue.
      assert.ok((tokenise[background] ?? 0) < 0.3);
      assert.ok(distinct(await colours(page, '[data-stage="read"]')) >= 4);
      const queue = await colours(page, '[data-queue="texts"]');
      assert.ok((queue[background] ?? 0) > 0.4 && distinct(queue) >= 3, JSON.stringify(queue));
      await keepScreenshot(page, `panel-${theme}`);
      await close(page);
    });
  }

  it('shows the numbers of the report in tables', async () => {
    const page = await openShown('capture');
    const told = await page.evaluate(() => window.harness.snapshot());
    const pipeline = told?.report.pipelines[0];
    const rows = await tableRows(page, '#stages-table');
    assert.deepEqual(
      rows.map((r) => [r['Stage'], r['Executions'], r['Rate'], r['Busy']]),
      pipeline?.stages.map((s) => [
        s.name,
        formatCount(s.executions),
        formatRate(s.ratePerSec),
        formatPercent(s.shares.busy),
      ]),
    );
    const queues = await tableRows(page, '#queues-table');
    assert.deepEqual(
      queues.map((r) => [r['Queue'], r['Capacity']]),
      pipeline?.queues.map((q) => [q.name, String(q.capacity)]),
    );
    assert.equal((await tableRows(page, '#knobs-table')).length, 2);
    const label = await page.getAttribute('canvas#timeline', 'aria-label');
    assert.match(label ?? '', /bottleneck tokenise/);
    await page.getByText('Table', { exact: true }).click();
    await page.locator('#stages-table').getByRole('button', { name: 'Executions' }).click();
    const sorted = await tableRows(page, '#stages-table');
    const most = pipeline?.stages.toSorted((a, b) => b.executions - a.executions);
    assert.equal(sorted[0]?.['Stage'], most?.[0]?.name);
    assert.equal(
      await page.getAttribute('#stages-table th:nth-child(5)', 'aria-sort'),
      'descending',
    );
    await keepScreenshot(page, 'panel-table');
    await close(page);
  });

  const spanOf = (view: { readonly request: { fromNs: number; toNs: number } } | undefined) =>
    (view?.request.toNs ?? 0) - (view?.request.fromNs ?? 0);

  it('asks for one picture at a time, and for the newest range when it may', async () => {
    const page = await openShown('capture');
    await untilDrawn(page);
    await page.evaluate(() => {
      window.harness.setAnswering(false);
    });
    const before = await views(page);
    const startMs = performance.now();
    await page.focus('canvas#timeline');
    for (let i = 0; i < 8; i += 1) {
      await page.keyboard.press('w');
      await frame(page);
    }
    const during = await views(page);
    // One that is slow is given up for a newer one, three times a second at most.
    const slow = Math.floor((performance.now() - startMs) / 300);
    const asked = during.length - before.length;
    assert.ok(asked >= 1 && asked <= 1 + slow, `${asked} pictures, ${slow} of them slow`);
    await page.evaluate(() => {
      window.harness.setAnswering(true);
      window.harness.answerLast();
    });
    // Whether it was asked for while the others were slow, or comes now: the last one is of all eight steps.
    await page.waitForFunction(
      ([wideNs, steps]) => {
        const last = window.harness.posted.findLast((m) => m.kind === 'view')?.request;
        const spanNs = (last?.toNs ?? 0) - (last?.fromNs ?? 0);
        return Math.abs(Math.log(wideNs / spanNs) / Math.log(1.5) - steps) < 0.01;
      },
      [spanOf(before.at(-1)), 8] as const,
    );
    await close(page);
  });

  it('zooms where the pointer is, selects, tells, and goes to the source', async () => {
    const page = await openShown('capture');
    await untilDrawn(page);
    const at = await pointOn(page, '[data-stage="tokenise"]', 500, 14);
    await page.mouse.move(at.x, at.y);
    await page.keyboard.down('Control');
    for (let i = 0; i < 16; i += 1) await page.mouse.wheel(0, -250);
    await page.keyboard.up('Control');
    await page.waitForSelector('#root[data-mode="held"]');
    await page.mouse.move(at.x + 2, at.y);
    await page.waitForSelector('.tooltip:not([hidden])[data-heading="tokenise"]');
    await page.mouse.click(at.x, at.y);
    await page.waitForSelector('.details .heading:has-text("tokenise")');
    await keepScreenshot(page, 'panel-zoomed');
    await page.locator('.details vscode-button', { hasText: 'Go to source' }).click();
    const message = (await posted(page)).find((m) => m.kind === 'openSource');
    assert.equal(message?.source.line, 42);
    await page.keyboard.press('Escape');
    await close(page);
  });

  it('shows CPU samples below the lanes, tells functions, goes to their source, lists them in a table', async () => {
    const page = await open();
    await page.evaluate(() => {
      window.harness.showSampled('capture', false);
    });
    await untilDrawn(page);
    // The row's two calls stand at the lower end of the stage, 14 pixels each, above 5 of padding.
    const box = await page.locator('[data-stage="tokenise"]').boundingBox();
    assert.ok(box);
    const [outer, inner] = [box.height - 5 - 21, box.height - 5 - 7];
    const at = await pointOn(page, '[data-stage="tokenise"]', 60, inner);
    await page.mouse.move(at.x, at.y);
    await page.waitForSelector('.tooltip:not([hidden])[data-heading="split"]');
    const told = await page.locator('.tooltip').textContent();
    for (const text of ['src/split.ts:7', 'self, in view9.5 s', 'worker 1 CPU']) {
      assert.ok(told?.includes(text), `${text} in ${told ?? ''}`);
    }
    const sources = async (): Promise<(string | undefined)[]> =>
      (await posted(page)).flatMap((m) => (m.kind === 'openSource' ? [m.source.file] : []));
    await page.mouse.click(at.x, at.y);
    await page.waitForSelector('.details .heading:has-text("split")');
    assert.deepEqual(await sources(), []);
    await page.keyboard.press('Enter');
    assert.deepEqual(await sources(), ['/app/src/split.ts']);
    const above = await pointOn(page, '[data-stage="tokenise"]', 60, outer);
    await page.mouse.dblclick(above.x, above.y);
    await page.waitForSelector('.details .heading:has-text("tokenise")');
    assert.deepEqual(await sources(), ['/app/src/split.ts', '/app/src/tokenise.ts']);
    await page.locator('.details vscode-button', { hasText: 'Go to source' }).click();
    assert.equal((await sources()).length, 3);
    await keepScreenshot(page, 'panel-cpu');
    const rows = page.locator('#functions-table tbody tr');
    assert.equal(await rows.count(), 2);
    assert.match((await rows.first().textContent()) ?? '', /split.*50.*\/app\/src\/split\.ts:7:1/);
    await close(page);
  });

  it('starts and stops a CPU profile of a live session', async () => {
    const page = await open();
    const sample = async (isRunning: boolean): Promise<void> => {
      await page.evaluate((running) => {
        window.harness.showSampled('live', running);
      }, isRunning);
    };
    await sample(false);
    await page.getByText('CPU profile', { exact: true }).click();
    await sample(true);
    await page.getByText('Stop CPU profile', { exact: true }).click();
    const commands = (await posted(page)).flatMap((m) => (m.kind === 'command' ? [m.command] : []));
    assert.deepEqual(commands, ['recordCpuProfile', 'stopCpuProfile']);
    await close(page);
  });

  it('follows, pauses on a look back, follows again', async () => {
    const page = await openShown('live', 12_000);
    assert.equal(await page.getAttribute('#root', 'data-mode'), 'follow');
    await page.focus('canvas#timeline');
    await page.keyboard.press('a');
    await page.waitForSelector('#root[data-mode="held"]');
    await show(page, 'live', 13_000);
    // Ten seconds less a tenth that it was panned by, with the overscan of a quarter: new data did not move it.
    await page.waitForFunction(
      (from) => window.harness.posted.some((m) => m.kind === 'view' && m.request.fromNs === from),
      12e9 - 11e9 - 2.5e9,
    );
    assert.equal(await page.getAttribute('#root', 'data-mode'), 'held');
    await page.getByText('Follow', { exact: true }).click();
    await page.waitForFunction(
      (to) => window.harness.posted.some((m) => m.kind === 'view' && m.request.toNs === to),
      13e9 + 2.5e9,
    );
    assert.equal(await page.getAttribute('#root', 'data-mode'), 'follow');
    await page.getByText('Stop', { exact: true }).click();
    assert.ok((await posted(page)).some((m) => m.kind === 'command' && m.command === 'stop'));
    await show(page, 'ended');
    await page.waitForSelector('#root[data-mode="fit"]');
    assert.equal(await page.getByText('Stop', { exact: true }).isVisible(), false);
    await close(page);
  });

  it('sets a knob, and refuses a number out of its range', async () => {
    const page = await openShown('live');
    const card = page.locator('[data-knob="4711:1"]');
    await card.locator('vscode-text-field input').fill('100');
    await card.locator('vscode-button', { hasText: 'Set' }).click();
    assert.equal(await card.locator('.fault').textContent(), 'concurrency takes 1 … 64.');
    await card.locator('vscode-text-field input').fill('16');
    // A snapshot in between must not take away what was typed.
    await show(page, 'live', 19_000);
    await card.locator('vscode-text-field input').press('Enter');
    const sets = (await posted(page)).filter((m) => m.kind === 'setKnob');
    assert.deepEqual(sets, [{ kind: 'setKnob', knob: '4711:1', value: 16 }]);
    await close(page);
  });

  it('takes up where it was left when the page comes back', async () => {
    const page = await openShown('capture');
    await page.focus('canvas#timeline');
    for (let i = 0; i < 4; i += 1) await page.keyboard.press('w');
    await page.waitForFunction(() => JSON.stringify(window.harness.saved()).includes('fromNs'));
    const saved: unknown = await page.evaluate(() => window.harness.saved());
    await page.reload();
    // Of a file that is still being read the range may not be there yet.
    await show(page, 'reading', 1000);
    assert.equal(await page.getAttribute('#root', 'data-mode'), 'fit');
    await show(page, 'capture');
    await page.waitForSelector('#root[data-mode="held"]');
    await page.waitForFunction(() => window.harness.posted.some((m) => m.kind === 'view'));
    const request = (await views(page)).at(-1)?.request;
    const range: unknown = Reflect.get(Object(saved), 'range');
    const [from, to] = ['fromNs', 'toNs'].map((k) => Number(Reflect.get(Object(range), k)));
    const middle = ((request?.fromNs ?? 0) + (request?.toNs ?? 0)) / 2;
    assert.ok(Math.abs(middle - ((from ?? 0) + (to ?? 0)) / 2) < 1e3);
    await close(page);
  });

  it('keeps what was done last when the page is left right afterwards', async () => {
    const page = await openShown('capture');
    const kept = await page.evaluate(() => {
      // The second change comes while the first is still resting.
      for (const key of ['2', '4']) {
        document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      }
      window.dispatchEvent(new Event('blur'));
      return window.harness.saved();
    });
    assert.equal(Reflect.get(Object(kept), 'view'), 'table');
    await close(page);
  });

  it('shows names as text, whatever they hold', async () => {
    const page = await openShown('capture');
    const name = '<img src=x onerror="document.title=1">';
    const generation = await page.evaluate((title) => {
      const report = window.harness.snapshot()?.report;
      if (report === undefined) return -1;
      return window.harness.tell({ title, report: { ...report, notes: [title] } });
    }, name);
    await page.waitForSelector(`#root[data-generation="${generation}"]`);
    assert.equal(await page.textContent('.title'), name);
    assert.equal(await page.locator('#root img:not([role])').count(), 0);
    await close(page);
  });

  it('explains an empty session and a session that waits', async () => {
    const page = await open();
    await page.evaluate(() => {
      window.harness.showEmpty('waiting', 'Waiting for node app.js.');
    });
    await page.waitForSelector('#root[data-state="waiting"]');
    assert.equal(await page.locator('.center > .empty vscode-progress-ring').isVisible(), true);
    await keepScreenshot(page, 'panel-waiting');
    await page.evaluate(() => {
      window.harness.showEmpty('ended', 'app.js used no stage.');
    });
    await page.waitForSelector('#root[data-state="ended"]');
    assert.equal(await page.textContent('.center > .empty p'), 'app.js used no stage.');
    assert.equal(await page.locator('.timeline').isVisible(), false);
    await close(page);
  });

  it('takes on a theme that changes under it', async () => {
    const page = await openShown('capture');
    await untilDrawn(page);
    await page.evaluate(() => {
      document.documentElement.style.setProperty('--vscode-charts-orange', '#123456');
      document.body.dataset['vscodeThemeId'] = 'other';
    });
    await page.waitForFunction(
      () => (window.harness.rowColours('[data-stage="tokenise"]')['#123456'] ?? 0) > 0.05,
    );
    await close(page);
  });
});

async function show(
  page: Page,
  state: 'live' | 'ended' | 'reading' | 'capture',
  atMs = RUN_MS,
): Promise<void> {
  const generation = await page.evaluate(([s, at]) => window.harness.show(s, at), [
    state,
    atMs,
  ] as const);
  await page.waitForSelector(`#root[data-generation="${generation}"]`);
}

function posted(page: Page): Promise<FromWebview[]> {
  return page.evaluate(() => window.harness.posted);
}

async function views(page: Page): Promise<(FromWebview & { kind: 'view' })[]> {
  return (await posted(page)).filter((m) => m.kind === 'view');
}

/** Waits until the browser has drawn two frames. */
function frame(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        requestAnimationFrame(() => {
          requestAnimationFrame(() => {
            resolve();
          });
        });
      }),
  );
}

const colours = (page: Page, header: string): Promise<Record<string, number>> =>
  page.evaluate((h) => window.harness.rowColours(h), header);

/** Colours that cover at least a hundredth of the row. */
const distinct = (shares: Record<string, number>): number =>
  Object.values(shares).filter((share) => share > 0.01).length;

/** Waits for boxes and heat on the canvas. */
async function untilDrawn(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    ['[data-stage="tokenise"]', '[data-queue="texts"]'].every(
      (h) =>
        Object.values(window.harness.rowColours(h)).filter((share) => share > 0.01).length >= 3,
    ),
  );
}

async function pointOn(
  page: Page,
  header: string,
  x: number,
  y: number,
): Promise<{ x: number; y: number }> {
  const canvas = await page.locator('canvas#timeline').boundingBox();
  const row = await page.locator(header).boundingBox();
  assert.ok(canvas !== null && row !== null);
  return { x: canvas.x + x, y: row.y + y };
}

/** The body of a table, each row by the column's title. */
async function tableRows(page: Page, table: string): Promise<Record<string, string>[]> {
  const heads = await page.locator(`${table} thead th`).allTextContents();
  const rows = await page.locator(`${table} tbody tr`).all();
  return Promise.all(
    rows.map(async (row) => {
      const cells = await row.locator('th, td').allTextContents();
      return Object.fromEntries(cells.map((cell, i) => [heads[i] ?? '', cell] as const));
    }),
  );
}
