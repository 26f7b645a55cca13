/** A person profiles npm scripts from package.json, and commands as tasks. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { until, type WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, panelState, setStage, type Stage } from './harness.js';

const PACKAGE = {
  name: 'orders',
  private: true,
  scripts: { start: 'node pipeline.mjs', greet: 'node plain.mjs' },
};
const TASKS = {
  version: '2.0.0',
  tasks: [
    {
      label: 'orders',
      type: 'sluice',
      command: 'node pipeline.mjs',
      problemMatcher: [],
    },
    {
      label: 'prepare',
      type: 'sluice',
      command: 'node prepare.mjs',
      env: { PREPARED_BY: 'task' },
      panel: false,
      problemMatcher: [],
    },
  ],
};
const LAUNCH = {
  version: '0.2.0',
  configurations: [
    {
      name: 'after the task',
      type: 'node',
      request: 'launch',
      program: '${workspaceFolder}/after.mjs',
      preLaunchTask: 'prepare',
    },
  ],
};

describe('scripts and tasks', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage({ settings: { 'debug.javascript.codelens.npmScripts': 'top' } });
    const file = (name: string): string => stage.workspace.file(name);
    mkdirSync(file('.vscode'));
    const put = (name: string, value: unknown): void => {
      writeFileSync(file(name), typeof value === 'string' ? value : JSON.stringify(value, null, 2));
    };
    put('package.json', PACKAGE);
    put('.vscode/tasks.json', TASKS);
    put('.vscode/launch.json', LAUNCH);
    put(
      'prepare.mjs',
      `import { writeFileSync } from 'node:fs';
const { PREPARED_BY, NODE_OPTIONS } = process.env;
writeFileSync('prepared.json', JSON.stringify({ PREPARED_BY, NODE_OPTIONS }));`,
    );
    put(
      'after.mjs',
      `import { copyFileSync } from 'node:fs'; copyFileSync('prepared.json', 'after.json');`,
    );
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('scripts-last');
    await stage.end();
  });

  const lenses = () => window.page.locator('.codelens-decoration a', { hasText: 'Profile' });
  const endProgram = async (): Promise<void> => {
    writeFileSync(stage.workspace.file('stop'), '');
    await panelState(window, 'ended');
    rmSync(stage.workspace.file('stop'));
  };

  it('"Profile" stands above the scripts, beside "Debug", and runs the one that is chosen', async () => {
    await window.openFromExplorer('package.json');
    // They are drawn anew while the file is read: for moments there is none.
    await until('one lens', async () => (await lenses().count()) === 1);
    await window.screenshot('scripts-lens');
    await lenses().first().click();
    await window.pick('start');
    await panelState(window, 'live');
    await window.tab('Sluice: npm run start').waitFor();
    await window.screenshot('scripts-live');
    await endProgram();
  });

  it('stands above each script, or nowhere, as the setting says', async () => {
    stage.changeSettings({ 'sluice.scripts.codeLens': 'all' });
    await window.tab('package.json').first().click();
    await until('a lens for each', async () => (await lenses().count()) === 2);
    await window.screenshot('scripts-lenses');
    stage.changeSettings({ 'sluice.scripts.codeLens': 'never' });
    await until('no lens', async () => (await lenses().count()) === 0);
  });

  it('a task of the type "sluice" runs from the list of tasks', async () => {
    await window.runCommand('View: Close All Editors');
    await window.runAndPick('Tasks: Run Task', 'orders');
    await panelState(window, 'live');
    await window.page.locator('.xterm-rows', { hasText: 'Executing task: orders' }).waitFor();
    await window.screenshot('scripts-task');
    await endProgram();
  });

  it('a debug session waits for it, and goes on when it has succeeded', async () => {
    await window.runCommand('View: Close All Editors');
    await window.runAndPick('Debug: Select and Start Debugging', 'after the task');
    const after = stage.workspace.file('after.json');
    await until('the program after the task', () => Promise.resolve(existsSync(after)));
    const prepared = JSON.parse(readFileSync(after, 'utf8')) as Record<string, string>;
    assert.equal(prepared['PREPARED_BY'], 'task');
    assert.match(prepared['NODE_OPTIONS'] ?? '', /register\.cjs/);
    // It was asked not to show its panel.
    assert.equal((await window.panels()).length, 0);
    assertNoErrors(stage, window);
  });
});
