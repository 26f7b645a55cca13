/** The example that newcomers run, profiled with a command line in a folder of its own. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { projectRoot, until, type WorkbenchWindow } from '../workbench/window.js';
import {
  assertNoErrors,
  countOf,
  drawnOn,
  panelState,
  setStage,
  tableRow,
  type Stage,
} from './harness.js';

const STAGES = ['walk', 'read', 'tokenise', 'compress', 'write'];

describe('profiling the code index', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage();
    window = await stage.openWindow();
  });
  after(async () => {
    await stage.end();
  });

  it('with a command draws every stage of it, also those in worker threads', async () => {
    const script = path.join(projectRoot, 'examples/code-index/index.mjs');
    const input = path.join(projectRoot, 'node_modules');
    await window.runCommand('Sluice: Profile Command');
    await window.answer(`node "${script}" "${input}" --out index --limit 1200`);
    await panelState(window, 'ended');
    await until('the picture', async () => (await drawnOn(window, '#timeline')).share > 0.1);
    const items = await Promise.all(
      STAGES.map(async (name) => countOf((await tableRow(window, name)).get('Items'))),
    );
    assert.ok(
      items.every((count) => count >= 1000),
      String(items),
    );
    // What is read is tokenised, compressed and written.
    assert.equal(new Set(items.slice(2)).size, 1, String(items));
    await window.screenshot('example-timeline');
  });

  it('has room for the whole pipeline when it has the window to itself: the picture of the README', async () => {
    await window.runCommand('View: Toggle Panel Visibility');
    await window.runCommand('View: Toggle Primary Side Bar Visibility');
    await window.panel().locator('[data-stage="write"]').first().waitFor();
    await until('the picture', async () => (await drawnOn(window, '#timeline')).share > 0.1);
    await window.screenshot('example-panel');
  });

  it('shows the same as tables', async () => {
    await window
      .panel()
      .getByRole('button', { name: /^Table/ })
      .click();
    await window.panel().getByRole('cell', { name: 'tokenise' }).first().waitFor();
    await window.screenshot('example-table');
    assertNoErrors(stage, window);
  });

  it('remembers the command', async () => {
    await window.runCommand('Sluice: Profile Command');
    const input = window.page.locator('.quick-input-widget input').first();
    await until('the last command', async () => (await input.inputValue()).includes('index.mjs'));
    await window.page.keyboard.press('Escape');
  });
});
