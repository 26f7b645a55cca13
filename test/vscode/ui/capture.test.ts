/** Captures that lie in the workspace: whole, compressed, cut, and no capture at all. In three themes. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { projectRoot, until, type WorkbenchWindow } from '../workbench/window.js';
import type { TestWorkspace } from '../workspace.js';
import {
  assertNoErrors,
  countOf,
  drawnOn,
  panelState,
  setStage,
  tableRow,
  type Stage,
} from './harness.js';

/** Records the fixture program with the command line, and puts variants of the capture beside it. */
async function record(workspace: TestWorkspace): Promise<void> {
  const capture = workspace.file('orders.fxt');
  const stop = setTimeout(() => {
    writeFileSync(workspace.file('stop'), '');
  }, 6000);
  await promisify(execFile)(
    process.execPath,
    [path.join(projectRoot, 'dist/cli.cjs'), 'run', '--out', capture, '--', 'node', 'pipeline.mjs'],
    { cwd: workspace.folder, timeout: 120_000, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  clearTimeout(stop);
  assert.ok(existsSync(workspace.file('counts.json')), 'the program came to its end');
  const bytes = readFileSync(capture);
  writeFileSync(workspace.file('packed.fxt.gz'), gzipSync(bytes));
  writeFileSync(workspace.file('cut.fxt'), bytes.subarray(0, Math.floor(bytes.length * 0.6) + 3));
  writeFileSync(workspace.file('broken.fxt'), 'not a trace, whatever the name says\n'.repeat(50));
}

describe('captures in the explorer', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage();
    await record(stage.workspace);
    window = await stage.openWindow();
  });
  after(async () => {
    await stage.end();
  });

  const fetched = (): number =>
    (JSON.parse(readFileSync(stage.workspace.file('counts.json'), 'utf8')) as { fetch: number })
      .fetch;

  /** Opens a capture and waits for its picture. */
  async function open(name: string): Promise<void> {
    await window.openCaptureFromExplorer(name);
    await panelState(window, 'capture');
    await until(`the picture of ${name}`, async () => {
      const { colours, share } = await drawnOn(window, '#timeline');
      return colours >= 8 && share > 0.05;
    });
  }

  async function closeEditors(): Promise<void> {
    await window.runCommand('View: Close All Editors');
    await window.page.locator('iframe.webview').first().waitFor({ state: 'detached' });
  }

  it('open with a double click, and tell what the program counted', async () => {
    await open('orders.fxt');
    assert.equal(countOf((await tableRow(window, 'fetch')).get('Items')), fetched());
  });

  it('are listed in the sessions view while they are open', async () => {
    await window.runCommand('Sluice: Focus on Sessions View');
    const row = window.page.locator('.pane-body .monaco-list-row', { hasText: 'orders.fxt' });
    await row.first().waitFor();
    await closeEditors();
    await row.first().waitFor({ state: 'detached' });
    await window.runCommand('View: Show Explorer');
  });

  it('may be compressed', async () => {
    await open('packed.fxt.gz');
    assert.equal(countOf((await tableRow(window, 'fetch')).get('Items')), fetched());
    await closeEditors();
  });

  it('may be cut: what is there is shown, with the reason', async () => {
    await open('cut.fxt');
    const items = countOf((await tableRow(window, 'fetch')).get('Items'));
    assert.ok(items > 0 && items < fetched(), `${items} of ${fetched()}`);
    await window
      .panel()
      .getByText(/cut|truncated|incomplete|ends/i)
      .first()
      .waitFor();
    await window.screenshot('capture-cut');
    await closeEditors();
  });

  it('that are none get a page that says so', async () => {
    await window.openCaptureFromExplorer('broken.fxt');
    const alert = window.panel().locator('[role="alert"]');
    await alert.waitFor();
    assert.match(await alert.innerText(), /broken\.fxt cannot be opened/);
    await window.screenshot('capture-broken');
    await closeEditors();
  });

  const backgrounds = new Set<string>();
  for (const [theme, name] of [
    ['Default Dark Modern', 'dark'],
    ['Default Light Modern', 'light'],
    ['Default High Contrast', 'high-contrast'],
  ] as const) {
    it(`are drawn in the colours of ${theme}`, async () => {
      stage.changeSettings({ 'workbench.colorTheme': theme });
      await window.close();
      window = await stage.openWindow();
      await open('orders.fxt');
      const background = await window
        .panel()
        .locator('body')
        .evaluate((body) => getComputedStyle(body).backgroundColor);
      assert.ok(!backgrounds.has(background), `${background} is another theme's`);
      backgrounds.add(background);
      await window.screenshot(`capture-${name}`);
      assertNoErrors(stage, window);
    });
  }

  it('come back after the window was reloaded', async () => {
    await window.reload();
    await panelState(window, 'capture');
    await until('the picture', async () => (await drawnOn(window, '#timeline')).share > 0.05);
  });

  it('leave no error anywhere', () => {
    assertNoErrors(stage, window);
  });
});
