/** In a real extension host: what VS Code makes of package.json and of what `activate` registers. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { EDITOR_TOOLS } from '../../../extension/host/assistants/toolTable.js';
import { COMMANDS } from '../../../extension/host/commandTable.js';

const ID = 'sluice.sluice';

async function until(what: string, probe: () => boolean): Promise<void> {
  for (const deadlineMs = Date.now() + 50_000; !probe();) {
    if (Date.now() > deadlineMs) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function workspaceFile(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder !== undefined);
  return vscode.Uri.joinPath(folder.uri, name);
}

const captureTabs = (): readonly vscode.Tab[] =>
  vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(
      (tab) =>
        tab.input instanceof vscode.TabInputCustom && tab.input.viewType === 'sluice.capture',
    );

describe('the extension', () => {
  it('is found, and activates', async () => {
    const extension = vscode.extensions.getExtension(ID);
    assert.ok(extension !== undefined);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('registers every command of the table, and no other', async () => {
    const registered = (await vscode.commands.getCommands(true)).filter(
      // VS Code itself adds commands for the views, such as sluice.sessions.focus.
      (id) => id.startsWith('sluice.') && !/^sluice\.(sessions|earlier)\./.test(id),
    );
    assert.deepEqual(registered.sort(), Object.keys(COMMANDS).sort());
  });

  it('has the defaults that package.json promises', () => {
    const settings = vscode.workspace.getConfiguration('sluice');
    assert.equal(settings.get('nodePath'), '');
    assert.equal(settings.get('captures.folder'), '');
    assert.equal(settings.get('captures.keep'), 20);
  });

  it('opens a file that is no capture in its editor, which says so, and closes it again', async () => {
    const uri = workspaceFile('broken.fxt');
    writeFileSync(uri.fsPath, 'this is not a trace at all, whatever its name says');
    await vscode.commands.executeCommand('sluice.openCapture', uri);
    await until('the editor', () => captureTabs().length === 1);
    await vscode.window.tabGroups.close(captureTabs());
    await until('the editor to close', () => captureTabs().length === 0);
  });

  it('profiles a command from start to end, and its capture opens', async () => {
    const folder = workspaceFile('captures').fsPath;
    const settings = vscode.workspace.getConfiguration('sluice');
    await settings.update('captures.folder', folder, vscode.ConfigurationTarget.Global);
    const document = await vscode.workspace.openTextDocument(workspaceFile('plain.mjs'));
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('sluice.profileActiveFile');
    const panel = (): boolean =>
      vscode.window.tabGroups.all.some((group) =>
        group.tabs.some(
          (tab) => tab.input instanceof vscode.TabInputWebview && tab.label === 'Sluice: plain.mjs',
        ),
      );
    await until('the panel', panel);
    await until('the capture', () => capturesIn(folder).length === 1);
    const [name = ''] = capturesIn(folder);
    const copy = workspaceFile('copy.fxt');
    await until('the first bytes', () => readFileSync(path.join(folder, name)).length > 0);
    copyFileSync(path.join(folder, name), copy.fsPath);
    await vscode.commands.executeCommand('vscode.open', copy);
    await until('the editor', () => captureTabs().length === 1);
  });

  it('gives language models its tools, which answer about its sessions', async () => {
    const names = Object.values(EDITOR_TOOLS).map(({ name }) => name);
    const own = vscode.lm.tools.filter(({ name }) => name.startsWith('sluice_'));
    assert.deepEqual(own.map(({ name }) => name).sort(), names.sort());
    assert.match(await answerOf('sluice_list_sessions', {}), /copy\.fxt/);
    assert.match(await answerOf('sluice_report', {}), /^# Session `s[\da-f]+-\d+`/);
    await assert.rejects(answerOf('sluice_report', { session: 's99' }), /no session s99/);
  });
});

async function answerOf(tool: string, input: object): Promise<string> {
  const options = { input, toolInvocationToken: undefined };
  const { content } = await vscode.lm.invokeTool(tool, options);
  return content
    .map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : ''))
    .join('');
}

function capturesIn(folder: string): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder).filter((name) => /^sluice-\d{8}-\d{6}-plain\.mjs\.fxt$/.test(name))
    : [];
}
