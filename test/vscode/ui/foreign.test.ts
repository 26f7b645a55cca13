/** Traces of other tools in the workspace: opened with Sluice, dropped on the sessions view, exported. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { projectRoot, until, type WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, drawnOn, panelState, setStage, tableRow, type Stage } from './harness.js';

const fixtures = path.join(projectRoot, 'test/fixtures/foreign');

describe('traces of other tools', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage();
    const { workspace } = stage;
    const kineto = readFileSync(path.join(fixtures, 'kineto.json.gz'));
    writeFileSync(workspace.file('kineto.json'), gunzipSync(kineto));
    copyFileSync(path.join(fixtures, 'busy.cpuprofile'), workspace.file('busy.cpuprofile'));
    copyFileSync(path.join(fixtures, 'chromium.json.gz'), workspace.file('chromium.json.gz'));
    writeFileSync(workspace.file('settings.json'), '{"name": "no trace"}');
    window = await stage.openWindow();
  });
  after(async () => {
    await stage.end();
  });

  async function pictureOf(name: string): Promise<void> {
    await panelState(window, 'capture');
    await until(`the picture of ${name}`, async () => {
      const { colours, share } = await drawnOn(window, '#timeline');
      return colours >= 6 && share > 0.02;
    });
  }

  async function openWithSluice(name: string): Promise<void> {
    await window.openFromExplorer(name);
    await window.runAndPick('View: Reopen Editor With...', 'Sluice');
  }

  async function closeEditors(): Promise<void> {
    await window.runCommand('View: Close All Editors');
    await window.page.locator('iframe.webview').first().waitFor({ state: 'detached' });
  }

  it('open as text by themselves, and as a session with Open With… > Sluice', async () => {
    await window.openFromExplorer('kineto.json');
    assert.equal(await window.page.locator('iframe.webview').count(), 0);
    await openWithSluice('kineto.json');
    await pictureOf('kineto.json');
    const gpu = await tableRow(window, 'GPU 0');
    assert.equal(gpu.get('Items'), '156');
    await window.screenshot('foreign-kineto');
    await closeEditors();
  });

  it('that are CPU profiles open beside VS Code’s own view of them', async () => {
    await openWithSluice('busy.cpuprofile');
    await pictureOf('busy.cpuprofile');
    await window.screenshot('foreign-cpuprofile');
    await closeEditors();
  });

  it('that are none say what they are and what could be read', async () => {
    await openWithSluice('settings.json');
    const problem = window.panel().locator('body');
    await until('the explanation', async () => {
      const text = (await problem.textContent()) ?? '';
      return text.includes('a JSON object with the key name') && text.includes('speedscope JSON');
    });
    await closeEditors();
  });

  it('open when they are dropped on the sessions view', async () => {
    await openWithSluice('kineto.json');
    await pictureOf('kineto.json');
    await window.runCommand('Sluice: Focus on Sessions View');
    const row = window.page.locator('.pane-body .monaco-list-row', { hasText: 'kineto.json' });
    await row.first().waitFor();
    const { pathname } = pathToFileURL(stage.workspace.file('chromium.json.gz'));
    // The files are the server's: in the browser their addresses name it.
    const data = await window.page.evaluateHandle((list) => {
      const transfer = new DataTransfer();
      transfer.setData('text/uri-list', list);
      return transfer;
    }, `vscode-remote://${stage.server.host}${pathname}`);
    for (const type of ['dragenter', 'dragover', 'drop'] as const) {
      await row.first().dispatchEvent(type, { dataTransfer: data });
    }
    await window.tab('chromium.json.gz').waitFor();
    await pictureOf('chromium.json.gz');
    await window.screenshot('foreign-chromium');
  });

  it('are exported to a file in another format', async () => {
    const target = stage.workspace.file('out.trace.json');
    await window.runCommand('Sluice: Export…');
    await window.pick('chromium.json.gz');
    await window.pick('Chrome trace');
    const input = window.page.locator('.quick-input-widget input').first();
    await until('the dialog for the file', async () =>
      (await input.inputValue()).includes('chromium.trace.json'),
    );
    await input.fill(target);
    await input.press('Enter');
    await until('the file', () => Promise.resolve(existsSync(target)));
    await until('all of the file', () => {
      const text = readFileSync(target, 'utf8');
      return Promise.resolve(text.endsWith(']}\n'));
    });
    const { otherData } = JSON.parse(readFileSync(target, 'utf8')) as { otherData: object };
    assert.deepEqual(otherData, { producer: 'Sluice', sluice: 1, startNs: 0 });
    await closeEditors();
  });

  it('leave no errors behind', () => {
    assertNoErrors(stage, window);
  });
});
