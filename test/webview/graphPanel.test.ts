/** The Graph view in a real browser: what it shows, keys, ways to the timeline, zoom, live figures. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import { branchedShape, longShape, pipelineReport, shapeOf, stageReport } from './graphBuilders.js';
import { keepScreenshot } from './harness/openPanel.js';
import { show, skip, themeNames, toView, usePanels } from './harness/panelTest.js';

type Shape = Pick<PanelSnapshot, 'rows' | 'report'>;

/** Shows pipelines of any shape. */
async function tell(page: Page, shape: Shape): Promise<void> {
  const generation = await page.evaluate((changes) => window.harness.tell(changes), shape);
  await page.waitForSelector(`#root[data-generation="${generation}"]`);
}

const node = (name: string): string => `.graph-node:has(.node-name:text-is("${name}"))`;

const focused = (page: Page): Promise<string | null | undefined> =>
  page.evaluate(() => document.activeElement?.querySelector('.node-name')?.textContent);

async function places(page: Page): Promise<unknown> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.graph-node')].map(({ style }) => [
      style.left,
      style.top,
    ]),
  );
}

describe('the Graph view in a browser', { skip, timeout: 300_000 }, () => {
  const { open, close } = usePanels();

  for (const theme of themeNames) {
    it(`draws the pipeline in the ${theme} theme`, async () => {
      const page = await open(theme);
      await show(page);
      await toView(page, 'Graph');
      await page.waitForSelector(node('tokenise'));
      await keepScreenshot(page, `graph-${theme}`);
      await tell(page, branchedShape());
      await page.waitForSelector(node('images'));
      await keepScreenshot(page, `graph-branched-${theme}`);
      await close(page);
    });
  }

  it('tells the same as the report: states, rates, the bottleneck, queues that are full', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Graph');
    const texts = await page.locator(node('tokenise')).innerText();
    assert.match(texts, /cpu ×4\nbottleneck\n67% busy · 292\/s\np95 12.6 ms/i);
    assert.equal(await page.locator('.node-flag:visible').count(), 1);
    const busy = await page.locator(`${node('tokenise')} .part.busy`).evaluate((part) => {
      return (
        part.getBoundingClientRect().width /
        (part.parentElement?.getBoundingClientRect().width ?? 1)
      );
    });
    assert.ok(Math.abs(busy - 0.67) < 0.02, String(busy));
    const full = page.locator('.graph-node.queue[data-full] .node-name');
    assert.deepEqual(await full.allTextContents(), ['paths', 'texts']);
    assert.equal(
      await page.locator('.graph h2').textContent(),
      'code-index · 292/s · bottleneck: tokenise (98% sure)',
    );
    assert.equal(await page.locator('.graph-window .edge.declared').count(), 3);
    assert.equal(await page.locator('.graph-window .edge.items').count(), 1);
    await close(page);
  });

  it('is a list of buttons for a screen reader, each with all that is seen', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Graph');
    const graph = page.getByRole('region', { name: /Pipeline graph/ });
    const stage = graph.getByRole('button', {
      name: /^Stage tokenise, cpu ×4; bottleneck; 67% busy/,
    });
    assert.equal(await stage.count(), 1);
    const queue = graph.getByRole('button', {
      name: /^Queue texts; 58.9 of 64; full 88%; 292\/s; from read to tokenise; mean depth 58.9; capacity 64/,
    });
    assert.equal(await queue.count(), 1);
    await close(page);
  });

  it('follows the links with arrow keys, and leads to the row with Enter', async () => {
    const page = await open();
    await show(page);
    await page.focus('canvas#timeline');
    await page.keyboard.press('2');
    await page.waitForSelector('#root[data-view="graph"]');
    const visited = [await focused(page)];
    for (let i = 0; i < 4; i += 1) {
      await page.keyboard.press('ArrowRight');
      visited.push(await focused(page));
    }
    assert.deepEqual(visited, ['walk', 'paths', 'read', 'texts', 'tokenise']);
    await page.waitForSelector('.tooltip:not([hidden])[data-heading^="tokenise"]');
    assert.match(
      (await page.locator('.tooltip').textContent()) ?? '',
      /true rate.*fed by.*Enter or a click/,
    );
    await page.keyboard.press('ArrowLeft');
    await page.waitForSelector('.tooltip:not([hidden])[data-heading^="texts"]');
    assert.match((await page.locator('.tooltip').textContent()) ?? '', /passing292\/slinkdeclared/);
    await page.keyboard.press('End');
    assert.equal(await focused(page), 'write');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#root[data-view="timeline"]');
    await page.waitForSelector('[data-stage="write"].pointed-out');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'timeline');
    assert.equal(await page.locator('.tooltip').isVisible(), false);
    await page.keyboard.press('2');
    assert.equal(await focused(page), 'write');
    await page.locator(node('paths')).click();
    await page.waitForSelector('[data-queue="paths"].pointed-out');
    await close(page);
  });

  it('goes through branches, joins and ways back', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Graph');
    await tell(page, branchedShape());
    await page.locator(node('parse')).focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(page), 'pictures of the page');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(page), 'words');
    await page.keyboard.press('ArrowUp');
    for (let i = 0; i < 2; i += 1) await page.keyboard.press('ArrowRight');
    assert.equal(await focused(page), 'merge');
    for (let i = 0; i < 3; i += 1) await page.keyboard.press('ArrowRight');
    assert.equal(await focused(page), 'fetch', 'back through retry');
    const back = page.locator('.graph-window .arrow.back');
    assert.equal(await back.count(), 1);
    await close(page);
  });

  it('moves nothing when only numbers change, and keeps the focus', async () => {
    const page = await open();
    await show(page, 'live', 8000);
    await toView(page, 'Graph');
    await page.locator(node('read')).focus();
    const before = await places(page);
    const rate = await page
      .locator(`${node('read')} .node-line`)
      .first()
      .textContent();
    await page.evaluate(() => {
      document.querySelector<HTMLElement>('.graph-node')?.setAttribute('data-mine', '');
    });
    await show(page, 'live', 13_000);
    assert.deepEqual(await places(page), before);
    assert.notEqual(
      await page
        .locator(`${node('read')} .node-line`)
        .first()
        .textContent(),
      rate,
    );
    assert.equal(await page.locator('.graph-node[data-mine]').count(), 1, 'elements live on');
    assert.equal(await focused(page), 'read');
    await close(page);
  });

  it('zooms by wheel, keys and buttons, drags, and is as it was when the page comes back', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Graph');
    await tell(page, longShape(45));
    const zoom = (): Promise<number> =>
      page.locator('.graph-sheet').evaluate((e) => new DOMMatrix(getComputedStyle(e).transform).a);
    assert.equal(await zoom(), 0.75);
    const scroll = (): Promise<number> =>
      page.locator('.graph-window').evaluate((e) => e.scrollLeft);
    await page.mouse.move(600, 700);
    await page.mouse.wheel(0, 300);
    await page.waitForFunction(
      () => (document.querySelector('.graph-window')?.scrollLeft ?? 0) > 0,
    );
    const wheeled = await scroll();
    await page.mouse.down();
    await page.mouse.move(500, 700, { steps: 4 });
    await page.mouse.up();
    assert.equal(await scroll(), wheeled + 100);
    await page.locator(node('stage 1')).focus();
    const before = await page.locator(node('stage 3')).boundingBox();
    await page.keyboard.press('+');
    assert.ok(Math.abs((await zoom()) - 0.75 * 1.25) < 1e-6);
    assert.ok(before !== null);
    await page.mouse.move(before.x, before.y + 5);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, 400);
    await page.keyboard.up('Control');
    await page.waitForFunction(() =>
      JSON.stringify(window.harness.saved()).includes('"zoom":0.46'),
    );
    await page.locator('.graph-tools').getByText('Fit', { exact: true }).click();
    assert.ok((await zoom()) < 0.2);
    await keepScreenshot(page, 'graph-long');
    await page.locator(node('stage 44')).focus();
    await page.waitForFunction(() => JSON.stringify(window.harness.saved()).includes('stage 44/'));
    const left = await zoom();
    await page.reload();
    await show(page);
    await tell(page, longShape(45));
    await page.waitForSelector('#root[data-view="graph"]');
    assert.equal(await zoom(), left);
    assert.equal(await page.locator(`${node('stage 44')}[tabindex="0"]`).count(), 1);
    await close(page);
  });

  it('shows names as text, however long and whatever they hold', async () => {
    const page = await open();
    await show(page);
    await toView(page, 'Graph');
    const name = `<img src=x onerror="document.title=1"> ${'long '.repeat(40)}`;
    await tell(page, shapeOf(pipelineReport(name, { stages: [stageReport(name)] })));
    assert.equal(await page.locator('.graph-node .node-name').textContent(), name);
    assert.equal(await page.locator('.graph img').count(), 0);
    const box = await page.locator('.graph-node').boundingBox();
    assert.ok(box !== null && box.width < 250);
    await close(page);
  });
});
