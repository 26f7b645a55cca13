/** A person profiles the file that is open, watches it, and looks at the result. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { until, type WorkbenchWindow } from '../workbench/window.js';
import {
  assertNoErrors,
  CAPTURES,
  countOf,
  drawnOn,
  panelState,
  setStage,
  tableRow,
  type Stage,
} from './harness.js';

interface Counts {
  readonly fetch: number;
  readonly price: number;
  readonly store: number;
}

describe('profiling the active file', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage();
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('profile-last');
    await stage.end();
  });

  it('starts from the command palette and draws while the program runs', async () => {
    await window.openFromExplorer('pipeline.mjs');
    await window.runCommand('Sluice: Profile Active File');
    await panelState(window, 'live');
    await until('lanes and heatmap on the canvas', async () => {
      const { colours, share } = await drawnOn(window, '#timeline');
      return colours >= 8 && share > 0.05;
    });
    await until('a few hundred items', async () => {
      return countOf((await tableRow(window, 'fetch')).get('Items')) >= 300;
    });
    await window.screenshot('profile-live');
  });

  it('shows the output of the program in a terminal', async () => {
    await window.page
      .locator('.single-terminal-tab', { hasText: 'Sluice: pipeline.mjs' })
      .waitFor();
    await window.page.locator('.xterm-rows', { hasText: 'orders are coming in' }).waitFor();
  });

  it('says throughput and bottleneck in the status bar', async () => {
    const item = window.page.locator('[id="sluice.sluice.sluice.status"]');
    await until('the status bar', async () => /\d\/s/.test(await item.innerText()));
  });

  it('lists the session with its stages in the activity bar', async () => {
    await window.runCommand('Sluice: Focus on Sessions View');
    for (const text of ['pipeline.mjs', 'orders', 'fetch', 'price', 'priced next']) {
      await window.page.locator('.pane-body .monaco-list-row', { hasText: text }).first().waitFor();
    }
    await window.screenshot('profile-sessions');
  });

  it('goes on after the panel was hidden', async () => {
    await window.tab('pipeline.mjs').first().click();
    await window.page.locator('.editor-instance .view-line').first().waitFor();
    await window.runCommand('Sluice: Show Panel');
    await panelState(window, 'live');
    await until('a picture again', async () => (await drawnOn(window, '#timeline')).share > 0.05);
  });

  it('ends with the program, and its counts are those of the program', async () => {
    writeFileSync(stage.workspace.file('stop'), '');
    await panelState(window, 'ended');
    await until('the counts', () =>
      Promise.resolve(existsSync(stage.workspace.file('counts.json'))),
    );
    const counts = JSON.parse(readFileSync(stage.workspace.file('counts.json'), 'utf8')) as Counts;
    for (const name of ['fetch', 'price'] as const) {
      await until(`${name} = ${counts[name]}`, async () => {
        const row = await tableRow(window, name);
        return countOf(row.get('Items')) === counts[name];
      });
    }
    const queue = await tableRow(window, 'priced next');
    assert.equal(queue.get('Capacity'), '16');
    assert.ok(countOf(queue.get('Highest')) >= 16);
    await window.screenshot('profile-ended');
  });

  it('comes back from its capture after the window was reloaded', async () => {
    const before = (await tableRow(window, 'fetch')).get('Items');
    await window.reload();
    await panelState(window, 'capture');
    await until('the picture', async () => (await drawnOn(window, '#timeline')).share > 0.05);
    assert.equal((await tableRow(window, 'fetch')).get('Items'), before);
  });

  it('left one capture, and no error anywhere', () => {
    const captures = readdirSync(stage.workspace.file(CAPTURES)).filter((f) => f.endsWith('.fxt'));
    assert.equal(captures.length, 1);
    assertNoErrors(stage, window);
  });

  it('says in a sentence when there was nothing to see', async () => {
    await window.runCommand('View: Show Explorer');
    await window.openFromExplorer('plain.mjs');
    await window.runCommand('Sluice: Profile Active File');
    await panelState(window, 'ended');
    const text = await window.panel().locator('.center > .empty p').innerText();
    assert.ok(text.length > 40, text);
    await window.screenshot('profile-nothing');
    assertNoErrors(stage, window);
  });
});
