/**
 * A capture in its panel: walked through with keys and brush, an item followed, the table read the way a screen reader does,
 * two captures beside each other, and each view in three themes.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { projectRoot, until, type WorkbenchWindow } from '../workbench/window.js';
import type { TestWorkspace } from '../workspace.js';
import {
  brush,
  lengthOf,
  onlyPanel,
  panelTitled,
  partIn,
  press,
  rangeIn,
  select,
  shownIn,
  toView,
  untilPainted,
  untilPart,
  type Looked,
} from './gestures.js';
import { assertNoErrors, drawnOn, panelState, setStage, type Stage } from './harness.js';

/** Records the example that newcomers run, with samples of its functions. */
async function record(workspace: TestWorkspace): Promise<void> {
  const example = path.join(projectRoot, 'examples/code-index/index.mjs');
  const input = path.join(projectRoot, 'node_modules');
  await promisify(execFile)(
    process.execPath,
    [
      ...[path.join(projectRoot, 'dist/cli.cjs'), 'run', '--cpu-profile', '--no-report'],
      ...['--out', workspace.file('index.fxt'), '--'],
      ...['node', example, input, '--out', workspace.file('index'), '--limit', '800'],
    ],
    { timeout: 120_000, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  copyFileSync(workspace.file('index.fxt'), workspace.file('second.fxt'));
}

const STAGES = ['walk', 'read', 'tokenise', 'compress', 'write', 'libuv pool'];

const isNear = (a: number, b: number): boolean => Math.abs(a - b) < 0.02;

describe('a capture in its panel', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  let looked: Looked;
  before(async () => {
    stage = await setStage();
    await record(stage.workspace);
    window = await stage.openWindow();
    looked = onlyPanel(window);
    await window.openCaptureFromExplorer('index.fxt');
    await panelState(window, 'capture');
    await until('the picture', async () => (await drawnOn(window, '#timeline')).share > 0.05);
  });
  after(async () => {
    await window.screenshot('panel-last');
    await stage.end();
  });

  it('is zoomed and moved with keys, and shown as a whole again', async () => {
    const whole = await partIn(looked);
    assert.ok(lengthOf(whole) > 0.9, JSON.stringify(whole));
    await press(looked, 'w', 'w', 'w');
    const near = await untilPart(looked, 'zoom in', (p) => lengthOf(p) < lengthOf(whole) / 3);
    await press(looked, 'd', 'd');
    const right = await untilPart(looked, 'a move to the right', (p) => p.from > near.from + 0.01);
    assert.ok(isNear(lengthOf(right), lengthOf(near)));
    await press(looked, 'a', 'a');
    await untilPart(looked, 'the way back', (p) => isNear(p.from, near.from));
    await press(looked, 's');
    await untilPart(looked, 'zoom out', (p) => lengthOf(p) > lengthOf(near) * 1.3);
    assert.equal((await shownIn(looked)).mode, 'held');
    await press(looked, 'f');
    await untilPart(looked, 'all of it', (p) => isNear(lengthOf(p), lengthOf(whole)));
  });

  it('shows what a search selected, and leads to the source with Enter', async () => {
    await select(looked, 'walk #12', 'walk');
    const card = looked.panel.locator('.card.details');
    assert.match(await card.innerText(), /Follow item 12/);
    await press(looked, 'Escape');
    await card.waitFor({ state: 'hidden' });
    await select(looked, 'indexFile', 'indexFile');
    await untilPainted(looked);
    await window.screenshot('panel-function');
    await press(looked, 'Enter');
    await window.tab('index.mjs').waitFor();
    await window.page.locator('.view-line', { hasText: 'function indexFile' }).waitFor();
    await window.runCommand('View: Close Editor');
    await panelState(window, 'capture');
    await card.waitFor();
    await press(looked, 'Escape', 'Escape', 'f');
    await untilPart(looked, 'all of it', (p) => lengthOf(p) > 0.9);
  });

  it('is selected from with a click, at the place that was clicked', async () => {
    const row = looked.panel.locator('[data-stage="read"]').first();
    const canvas = await looked.panel.locator('#timeline').boundingBox();
    const box = await row.boundingBox();
    assert.ok(canvas !== null && box !== null);
    await untilPainted(looked);
    await window.page.mouse.click(canvas.x + canvas.width / 2, box.y + 12);
    await looked.panel.locator('.card.details .heading', { hasText: 'read' }).waitFor();
    await press(looked, 'Escape');
  });

  it('shows what is brushed in the overview', async () => {
    await brush(looked, { from: 0.4, to: 0.6 });
    const part = await untilPart(looked, 'the brushed part', (p) => lengthOf(p) < 0.25);
    assert.ok(isNear(part.from, 0.4) && isNear(part.to, 0.6), JSON.stringify(part));
    await untilPainted(looked);
    await window.screenshot('panel-brushed');
    await press(looked, 'f');
  });

  it('lists the stops of an item stage by stage', async () => {
    await select(looked, 'compress #300', 'compress');
    await press(looked, 'i');
    const stops = looked.panel.locator('.card.item .stop');
    await stops.first().waitFor();
    const names = await stops.locator('.row-name').allInnerTexts();
    assert.deepEqual(names, ['walk', 'compress', 'write']);
    assert.match(
      await looked.panel.locator('.item-times').innerText(),
      /from end to end, .* waiting/,
    );
    await untilPainted(looked);
    await window.screenshot('panel-item');
    await press(looked, 'Escape', 'Escape', 'Escape', 'f');
  });

  it('is a table for a screen reader: heads, names of rows, what it is sorted by', async () => {
    await toView(looked, 'table');
    const table = looked.panel.getByRole('table', { name: 'Stages', exact: true });
    assert.deepEqual(await table.getByRole('rowheader').allInnerTexts(), STAGES);
    await table.getByRole('button', { name: 'Rate', exact: true }).click();
    await looked.panel.locator('th[aria-sort="descending"]', { hasText: 'Rate' }).waitFor();
    const tree = await table.ariaSnapshot();
    for (const line of ['columnheader "Stage"', 'rowheader "tokenise', 'button "tokenise"']) {
      assert.ok(tree.includes(line), `${line} in\n${tree}`);
    }
    await window.screenshot('panel-table');
    await toView(looked, 'timeline');
  });

  for (const [theme, kind, name] of [
    ['Light Modern', 'vscode-light', 'light'],
    ['Dark High Contrast', 'vscode-high-contrast', 'high-contrast'],
    ['Dark Modern', 'vscode-dark', 'dark'],
  ] as const) {
    it(`shows every view in the colours of ${theme}, also when they change under it`, async () => {
      const backgroundOf = (): Promise<string> =>
        looked.panel.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
      const before = await backgroundOf();
      await window.runCommand('Preferences: Color Theme');
      await window.pick(theme);
      await looked.panel.locator(`body[data-vscode-theme-kind="${kind}"]`).waitFor();
      assert.notEqual(await backgroundOf(), before);
      await press(looked, 'f');
      await untilPainted(looked);
      await window.screenshot(`views-${name}-timeline`);
      await toView(looked, 'graph');
      await looked.panel.locator('.graph-node.stage').first().waitFor();
      await window.screenshot(`views-${name}-graph`);
      await toView(looked, 'flame');
      await looked.panel.locator('.flame-functions td').first().waitFor();
      await until('boxes of functions', async () => {
        return (await drawnOn(window, '.flame-canvas')).colours >= 8;
      });
      await window.screenshot(`views-${name}-flame`);
      await toView(looked, 'table');
      await looked.panel.locator('.page-text', { hasText: '1–100' }).waitFor();
      await window.screenshot(`views-${name}-table`);
      await toView(looked, 'timeline');
      assertNoErrors(stage, window);
    });
  }

  describe('beside another one', () => {
    let first: Looked;
    let second: Looked;
    let range = '';
    const both = async (): Promise<void> => {
      first = await panelTitled(window, 'index.fxt');
      second = await panelTitled(window, 'second.fxt');
    };

    it('has a range and a view of its own', async () => {
      await window.runCommand('View: New Editor Group to the Right');
      await window.openFromExplorer('second.fxt');
      await both();
      for (const looked of [first, second]) await looked.panel.locator('#timeline').waitFor();
      const whole = await partIn(second);
      await brush(first, { from: 0.5, to: 0.7 });
      await untilPart(first, 'the brushed part', (p) => lengthOf(p) < 0.25);
      assert.deepEqual(await partIn(second), whole);
      range = await rangeIn(first);
      await press(second, 'w');
      await untilPart(second, 'zoom in', (p) => lengthOf(p) < lengthOf(whole) - 0.1);
      assert.equal(await rangeIn(first), range);
      await toView(second, 'graph');
      assert.equal((await shownIn(first)).view, 'timeline');
      await untilPainted(first);
      await window.screenshot('panel-two');
    });

    it('comes back with it after the window was reloaded', async () => {
      await window.reload();
      await both();
      await until('the range', async () => (await rangeIn(first)) === range);
      await second.panel.locator('#root[data-view="graph"]').waitFor();
      assert.equal((await shownIn(first)).view, 'timeline');
      await untilPainted(first);
      await window.screenshot('panel-two-reloaded');
      assertNoErrors(stage, window);
    });
  });
});
