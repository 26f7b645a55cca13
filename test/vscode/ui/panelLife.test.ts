/** What a person looks at stays: while the panel is hidden, when the program ends, when the window is loaded anew. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { until, type WorkbenchWindow } from '../workbench/window.js';
import {
  lengthOf,
  onlyPanel,
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

/** What is looked at. */
interface Sight {
  readonly range: string;
  readonly selected: string;
  readonly mode: string;
}

describe('what is looked at in a panel', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  let looked: Looked;
  before(async () => {
    stage = await setStage();
    window = await stage.openWindow();
    looked = onlyPanel(window);
    await window.openFromExplorer('pipeline.mjs');
    await window.runCommand('Sluice: Profile Active File');
    await panelState(window, 'live');
  });
  after(async () => {
    await window.screenshot('panel-life-last');
    await stage.end();
  });

  const sight = async (): Promise<Sight> => ({
    range: await rangeIn(looked),
    selected: await looked.panel.locator('.card.details').innerText(),
    mode: (await shownIn(looked)).mode,
  });
  let kept: Sight;

  it('is held while the program goes on', async () => {
    await until('a picture', async () => (await drawnOn(window, '#timeline')).share > 0.05);
    await until(
      'a few seconds',
      async () => parseFloat(/… (\d+)/.exec(await rangeIn(looked))?.[1] ?? '') >= 3,
    );
    await press(looked, 'w', 'w', 'w');
    await untilPart(looked, 'a part', (part) => lengthOf(part) < 0.6);
    await select(looked, 'price >1ms', 'price');
    await untilPainted(looked);
    kept = await sight();
    assert.equal(kept.mode, 'held');
    const { generation } = await shownIn(looked);
    await until('newer data', async () => (await shownIn(looked)).generation >= generation + 2);
    assert.deepEqual(await sight(), kept);
    await window.screenshot('panel-life-held');
  });

  it('comes back with a newer snapshot when the panel was hidden', async () => {
    await toView(looked, 'table');
    const { generation } = await shownIn(looked);
    await window.tab('pipeline.mjs').first().click();
    await window.page.locator('.editor-instance .view-line').first().waitFor();
    assert.equal((await window.panels()).length, 0);
    await window.runCommand('Sluice: Show Panel');
    await panelState(window, 'live');
    const shown = await shownIn(looked);
    assert.equal(shown.view, 'table');
    assert.ok(shown.generation > generation, `${shown.generation} > ${generation}`);
    await looked.panel.locator('.tables').focus();
    await toView(looked, 'timeline');
    await until('the range', async () => (await rangeIn(looked)) === kept.range);
    assert.deepEqual(await sight(), kept);
  });

  it('stays when the program ends', async () => {
    const scroller = looked.panel.locator('.scroller');
    await press(looked, 'ArrowDown', 'ArrowDown');
    const scrolled = await until('the rows to scroll', async () => {
      const top = await scroller.evaluate((element) => element.scrollTop);
      return top > 0 && top;
    });
    writeFileSync(stage.workspace.file('stop'), '');
    await panelState(window, 'ended');
    await untilPainted(looked);
    assert.deepEqual(await sight(), kept);
    assert.equal(await scroller.evaluate((element) => element.scrollTop), scrolled);
    await window.screenshot('panel-life-ended');
  });

  it('comes back from the capture after the window was reloaded', async () => {
    await toView(looked, 'graph');
    await looked.panel.locator('.graph-node.stage').first().waitFor();
    await window.reload();
    await panelState(window, 'capture');
    await looked.panel.locator('#root[data-view="graph"]').waitFor();
    await looked.panel.locator('.graph-node.stage').first().focus();
    await toView(looked, 'timeline');
    await until('the range', async () => (await rangeIn(looked)) === kept.range);
    await untilPainted(looked);
    assert.deepEqual(await sight(), kept);
    await window.screenshot('panel-life-reloaded');
    assertNoErrors(stage, window);
  });
});
