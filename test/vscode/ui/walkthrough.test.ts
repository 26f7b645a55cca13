/** A newcomer follows the walkthrough: opens the example, profiles it, and finds the suggestion, offline. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until, type WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, drawnOn, panelState, setStage, type Stage } from './harness.js';

describe('the walkthrough', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage();
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('walkthrough-last');
    await stage.end();
  });

  it('opens, and its first step opens the example', async () => {
    await window.runAndPick('Welcome: Open Walkthrough', 'Profile your first pipeline');
    const step = window.page.locator('.getting-started-step.expanded');
    await step.getByText('Open the example').waitFor();
    await window.screenshot('walkthrough-open');
    await step.getByRole('button', { name: 'Open Example' }).click();
    await window.tab('index.mjs').first().waitFor();
    await window.page
      .locator('.editor-instance .view-line', { hasText: 'const DOWNLOADS = 2' })
      .waitFor();
    await window.screenshot('walkthrough-example');
  });

  it('profiles it, with nothing installed but the extension', async () => {
    await window.runCommand('Sluice: Profile Active File');
    await panelState(window, 'live');
    await until('a picture', async () => (await drawnOn(window, '#timeline')).share > 0.05);
  });

  it('finds the suggestion in the panel and among the sessions, with the way to its line', async () => {
    await window.runCommand('Sluice: Focus on Sessions View');
    const rows = window.page.locator('.pane-body .monaco-list-row');
    const suggestion = rows.filter({ hasText: /DOWNLOADS: 2 → \d/ });
    await suggestion.first().waitFor();
    await window
      .panel()
      .getByText(/\+\d+% throughput/)
      .first()
      .waitFor();
    await window.screenshot('walkthrough-suggestion');
    await window.page.locator('[id="sluice.sluice.sluice.status"]').hover();
    const tooltip = window.page.locator('.monaco-hover', { hasText: 'Sluice profiles index.mjs' });
    await tooltip.getByText('held back by download').waitFor();
    await window.screenshot('walkthrough-status');
    await suggestion.first().hover();
    await suggestion.first().locator('[aria-label="Go to Source"]').click();
    await window.tab('index.mjs').first().waitFor();
    const isThere = window.page.locator('.editor-instance .view-line', {
      hasText: "thumbnails.knob('DOWNLOADS'",
    });
    await isThere.waitFor();
    await window.screenshot('walkthrough-source');
  });

  it('shows a stage in the panel when its row is clicked', async () => {
    const row = window.page.locator('.pane-body .monaco-list-row', { hasText: 'upload' }).first();
    // Rows are drawn anew each second while the program runs, and a click in that moment is nobody's.
    await until('the panel', async () => {
      await row.click();
      const root = window.panel().locator('#root');
      return root.waitFor({ timeout: 5000 }).then(
        () => true,
        () => false,
      );
    });
    await panelState(window, 'live');
    await window.panel().locator('[data-stage="upload"]').first().waitFor();
    await window.screenshot('walkthrough-stage');
    await window.runCommand('Sluice: Stop Session');
    await panelState(window, 'ended');
    assert.equal(await window.page.locator('[id="sluice.sluice.sluice.status"]').count(), 0);
  });

  it('ticks the steps off that were done', async () => {
    await window.tab('Walkthrough').first().click();
    const done = window.page.locator('.getting-started-step .codicon.complete');
    await until('three steps', async () => (await done.count()) >= 3);
    await window.page.getByText('Change it, and measure again').first().click();
    await window.page.locator('.getting-started-media').first().waitFor();
    await window.screenshot('walkthrough-done');
    assertNoErrors(stage, window);
  });
});
