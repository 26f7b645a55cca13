/** A workspace that nobody trusts: captures can be opened, programs are not run. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, CAPTURES, setStage, type Stage } from './harness.js';

const TASKS = {
  version: '2.0.0',
  tasks: [{ label: 'go', type: 'sluice', command: 'node plain.mjs', problemMatcher: [] }],
};

describe('in an untrusted workspace', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage({
      isTrusted: false,
      settings: {
        'security.workspace.trust.startupPrompt': 'never',
        'security.workspace.trust.untrustedFiles': 'open',
      },
    });
    const file = (name: string): string => stage.workspace.file(name);
    writeFileSync(file('broken.fxt'), 'no trace');
    writeFileSync(file('package.json'), JSON.stringify({ scripts: { go: 'node plain.mjs' } }));
    mkdirSync(file('.vscode'));
    writeFileSync(file('.vscode/tasks.json'), JSON.stringify(TASKS));
    window = await stage.openWindow();
  });
  after(async () => {
    await stage.end();
  });

  it('the sessions view says why programs are not profiled, and offers captures', async () => {
    await window.runCommand('Sluice: Focus on Sessions View');
    const welcome = window.page.locator('.welcome-view-content');
    await welcome.getByText('only in a trusted workspace').waitFor();
    await welcome.getByText('Open Capture').waitFor();
    assert.equal(await welcome.getByText('Profile Active File').count(), 0);
    await window.screenshot('untrusted');
  });

  it('the capture editor works', async () => {
    await window.runCommand('View: Show Explorer');
    await window.openCaptureFromExplorer('broken.fxt');
    await window.panel().locator('[role="alert"]').waitFor();
    assertNoErrors(stage, window);
  });

  it('no way in for programs is offered', async () => {
    const { page } = window;
    await window.runCommand('View: Close All Editors');
    await window.openFromExplorer('package.json');
    await page.locator('.editor-instance .view-line', { hasText: 'scripts' }).first().waitFor();
    for (const title of ['Open Profiled Terminal', 'Profile Script', 'Profile Example Pipeline']) {
      await page.keyboard.press('F1');
      await page.locator('.quick-input-widget input').first().fill(`>Sluice: ${title}`);
      await page.locator('.quick-input-list').waitFor();
      const row = page.locator('.quick-input-list .monaco-list-row', {
        hasText: `Sluice: ${title}`,
      });
      assert.equal(await row.count(), 0, title);
      await page.keyboard.press('Escape');
    }
    assert.equal(await page.locator('.codelens-decoration a', { hasText: 'Profile' }).count(), 0);
    await window.screenshot('untrusted-scripts');
    assert.ok(!existsSync(stage.workspace.file(CAPTURES)));
    assertNoErrors(stage, window);
  });
});
