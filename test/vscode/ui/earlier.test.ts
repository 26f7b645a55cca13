/** A person goes back to earlier captures: opens, names, pins and deletes them, also after the window went in mid-session. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { projectRoot, until, type WorkbenchWindow } from '../workbench/window.js';
import {
  assertNoErrors,
  CAPTURES,
  countOf,
  panelState,
  setStage,
  tableRow,
  type Stage,
} from './harness.js';

const FIRST = 'sluice-20250101-000000-first.mjs.fxt';
const SECOND = 'sluice-20250101-000100-second.mjs.fxt';
const HOUR_SEC = 3600;

describe('earlier captures', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  const file = (name: string): string => path.join(stage.workspace.file(CAPTURES), name);

  /** As an earlier window would have left it, `ageSec` ago. */
  const record = (name: string, ageSec: number): void => {
    const cli = path.join(projectRoot, 'dist/cli.cjs');
    const example = path.join(projectRoot, 'examples/first-pipeline/index.mjs');
    const command = ['run', '--no-report', '--out', file(name), '--', process.execPath, example];
    execFileSync(process.execPath, [cli, ...command], {
      env: { ...process.env, EXAMPLE_MS: '1000' },
      stdio: 'ignore',
    });
    const at = Date.now() / 1000 - ageSec;
    utimesSync(file(name), at, at);
  };

  before(async () => {
    stage = await setStage();
    mkdirSync(stage.workspace.file(CAPTURES));
    record(FIRST, 3 * HOUR_SEC);
    record(SECOND, 400 * 24 * HOUR_SEC);
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('earlier-last');
    await stage.end();
  });

  const row = (text: string) =>
    window.page.locator('.pane[aria-label^="Earlier"], .pane-body').locator('.monaco-list-row', {
      hasText: text,
    });

  it('are listed with their age and size, the newest first', async () => {
    await window.runCommand('Sluice: Focus on Sessions View');
    await row('first.mjs').first().waitFor();
    const labels = await window.page
      .locator('.pane-body .monaco-list-row')
      .evaluateAll((rows) => rows.map((element) => element.getAttribute('aria-label') ?? ''));
    assert.equal(labels.length, 2, String(labels));
    assert.match(labels[0] ?? '', /first\.mjs, (3 h ago|yesterday) · \d+(\.\d+)? KiB/);
    assert.match(labels[1] ?? '', /second\.mjs, \d{4}-\d\d-\d\d · /);
    await window.screenshot('earlier-list');
  });

  it('get a name that stays, and a pin', async () => {
    await window.runAndPick('Sluice: Rename Capture', 'first.mjs');
    await window.answer('before the change');
    await row('before the change').first().waitFor();
    await row('second.mjs').first().hover();
    await row('second.mjs').first().locator('[aria-label="Pin Capture"]').click();
    await row('second.mjs').first().locator('.codicon-pinned').first().waitFor();
    await window.reload();
    await window.runCommand('Sluice: Focus on Sessions View');
    await row('before the change').first().waitFor();
    await row('second.mjs').first().locator('.codicon-pinned').first().waitFor();
    await window.screenshot('earlier-named');
  });

  it('open with a click', async () => {
    await row('before the change').first().click();
    await panelState(window, 'capture');
    assert.ok(countOf((await tableRow(window, 'download')).get('Items')) > 10);
    await window.screenshot('earlier-opened');
    await window.runCommand('View: Close All Editors');
  });

  it('are deleted, with their notes, when the user confirms it', async () => {
    const remove = async (): Promise<void> => {
      await row('second.mjs').first().hover();
      await row('second.mjs').first().locator('[aria-label^="Delete Capture"]').click();
    };
    const dialog = window.page.locator('.monaco-dialog-box');
    await remove();
    await dialog.filter({ hasText: 'second.mjs' }).waitFor();
    await window.screenshot('earlier-delete');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    assert.ok(existsSync(file(SECOND)));
    await remove();
    await dialog.getByRole('button', { name: 'Delete Permanently' }).click();
    await until('the file to go', () => Promise.resolve(!existsSync(file(SECOND))));
    await until('the row to go', async () => (await row('second.mjs').count()) === 0);
    assert.ok(!existsSync(`${file(SECOND)}.json`));
    assert.ok(existsSync(file(FIRST)));
  });

  it('of a session that the window left in the middle are whole, and the program goes on', async () => {
    await window.runCommand('Sluice: Open Profiled Terminal');
    await window.page.locator('.terminal-wrapper.active .xterm-rows', { hasText: '#' }).waitFor();
    await window.page.keyboard.type('node pipeline.mjs');
    await window.page.keyboard.press('Enter');
    await panelState(window, 'live');
    await until('items', async () => {
      return countOf((await tableRow(window, 'fetch')).get('Items')) > 50;
    });
    await window.reload();
    await panelState(window, 'capture');
    await window.runCommand('View: Close All Editors');
    await window.runCommand('Sluice: Focus on Sessions View');
    await row('Terminal: pipeline.mjs').first().click();
    await panelState(window, 'capture');
    assert.ok(countOf((await tableRow(window, 'fetch')).get('Items')) > 50);
    // Nothing says that the file ends early.
    assert.equal(await window.panel().getByText('truncated').count(), 0);
    await window.screenshot('earlier-reloaded');
    assert.ok(!existsSync(stage.workspace.file('counts.json')));
    writeFileSync(stage.workspace.file('stop'), '');
    await until('the program’s own end', () =>
      Promise.resolve(existsSync(stage.workspace.file('counts.json'))),
    );
    assertNoErrors(stage, window);
  });
});
