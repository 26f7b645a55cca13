/** A workspace that nobody trusts: captures can be opened, programs are not run. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, setStage, type Stage } from './harness.js';

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
    writeFileSync(stage.workspace.file('broken.fxt'), 'no trace');
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
});
