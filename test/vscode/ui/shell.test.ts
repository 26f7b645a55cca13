/** A person works in a terminal of the profile "Sluice": what runs in it is profiled, each program by itself. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { until, type WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, CAPTURES, panelState, setStage, type Stage } from './harness.js';

describe('a terminal of the profile "Sluice"', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage();
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('shell-last');
    await stage.end();
  });

  const type = async (line: string): Promise<void> => {
    await window.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await window.page.keyboard.type(line);
    await window.page.keyboard.press('Enter');
  };
  const captures = (): readonly string[] =>
    readdirSync(stage.workspace.file(CAPTURES)).filter((name) => name.endsWith('.fxt'));
  const sessionRow = (text: string) =>
    window.page.locator('.pane-body .monaco-list-row', { hasText: text });

  it('opens from the list of profiles, and waits', async () => {
    // A first terminal, for the menu of profiles stands in the bar over it.
    await window.runCommand('Terminal: Create New Terminal');
    await window.page.locator('.terminal-wrapper.active .xterm-rows').waitFor();
    // The menu lists what is known when it opens, and closes when the bar is drawn anew: both while the terminal starts.
    const profile = window.page.locator('.monaco-menu .action-item', { hasText: 'Sluice' }).first();
    await until('the profile in the menu', async () => {
      await window.page.keyboard.press('Escape');
      await window.page.locator('.part.panel [aria-label^="Launch Profile"]').first().click();
      await window.screenshot('shell-profiles');
      const chosen = profile.click({ timeout: 3000 });
      return chosen.then(
        () => true,
        () => false,
      );
    });
    await window.page.locator('.terminal-wrapper.active .xterm-rows').waitFor();
    await window.page.locator('.terminal-tabs-entry', { hasText: 'Sluice' }).click();
    await window.runCommand('Sluice: Focus on Sessions View');
    await sessionRow('waiting for the program').first().waitFor();
    const status = window.page.locator('[id="sluice.sluice.sluice.status"]');
    assert.equal(await status.count(), 0);
    await window.screenshot('shell-waiting');
  });

  it('profiles what runs in it, and shows that beside the keyboard', async () => {
    await type('node pipeline.mjs');
    await panelState(window, 'live');
    await sessionRow('Terminal: pipeline.mjs').first().waitFor();
    // The keyboard stays with the terminal.
    const isInTerminal = await window.page.evaluate(() =>
      document.activeElement?.classList.contains('xterm-helper-textarea'),
    );
    assert.equal(isInTerminal, true);
    await window.screenshot('shell-live');
  });

  it('gives the next program a session of its own', async () => {
    writeFileSync(stage.workspace.file('stop'), '');
    await panelState(window, 'ended');
    await sessionRow('waiting for the program').first().waitFor();
    rmSync(stage.workspace.file('stop'));
    await window.runCommand('View: Close All Editors');
    await type('node pipeline.mjs');
    await panelState(window, 'live');
    await until(
      'two sessions',
      async () => (await sessionRow('Terminal: pipeline.mjs').count()) === 2,
    );
    await window.screenshot('shell-second');
  });

  it('closes its captures when it closes, and keeps none of nothing', async () => {
    writeFileSync(stage.workspace.file('stop'), '');
    await panelState(window, 'ended');
    await sessionRow('waiting for the program').first().waitFor();
    await window.runCommand('Terminal: Kill All Terminals');
    await sessionRow('waiting for the program').first().waitFor({ state: 'detached' });
    assert.equal(captures().length, 2);
    assertNoErrors(stage, window);
  });
});
