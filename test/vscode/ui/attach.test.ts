/** A person attaches to a program that runs already. What that needs is loaded then. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { projectRoot, type WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, panelState, setStage, type Stage } from './harness.js';

describe('attaching to a program', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  let program: ChildProcess;
  before(async () => {
    stage = await setStage();
    const register = path.join(projectRoot, 'dist/agent/register.cjs');
    program = spawn(process.execPath, ['--require', register, 'pipeline.mjs'], {
      cwd: stage.workspace.folder,
      stdio: 'ignore',
    });
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('attach-last');
    program.kill();
    await stage.end();
  });

  it('records it from now on, and lets it go', async () => {
    await window.runCommand('Sluice: Attach to Process…');
    const row = window.page.locator('.quick-input-list .monaco-list-row', {
      hasText: 'pipeline.mjs',
    });
    await row.first().click();
    await panelState(window, 'live');
    await window.panel().locator('[data-stage="fetch"]').first().waitFor();
    await window.runCommand('Sluice: Stop Session');
    await panelState(window, 'ended');
    assert.equal(program.exitCode, null);
    writeFileSync(stage.workspace.file('stop'), '');
    assertNoErrors(stage, window);
  });
});
