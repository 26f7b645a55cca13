/** A person debugs programs with `"sluice": true` in the launch configuration, with the debugger that is built into VS Code. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { until, type WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, CAPTURES, panelState, setStage, type Stage } from './harness.js';

const PROGRAM = `import { writeFileSync } from 'node:fs';
const { NODE_OPTIONS, ORDERS } = process.env;
writeFileSync('seen.json', JSON.stringify({ NODE_OPTIONS, ORDERS }));
await import('./pipeline.mjs');
`;

const LAUNCH = {
  version: '0.2.0',
  configurations: [
    {
      name: 'orders',
      type: 'node',
      request: 'launch',
      program: '${workspaceFolder}/program.mjs',
      env: { NODE_OPTIONS: '--no-warnings', ORDERS: 'many' },
      sluice: true,
    },
    {
      name: 'orders in a terminal',
      type: 'node-terminal',
      request: 'launch',
      command: 'node program.mjs',
      sluice: true,
    },
    { name: 'typo', type: 'node', request: 'launch', program: 'plain.mjs', slooce: true },
  ],
};

interface Seen {
  readonly NODE_OPTIONS: string;
  readonly ORDERS?: string;
}

describe('a launch configuration with "sluice": true', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage();
    writeFileSync(stage.workspace.file('program.mjs'), PROGRAM);
    mkdirSync(stage.workspace.file('.vscode'));
    writeFileSync(stage.workspace.file('.vscode/launch.json'), JSON.stringify(LAUNCH, null, 2));
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('launch-last');
    await stage.end();
  });

  const seen = async (): Promise<Seen> => {
    await until('the program', () =>
      Promise.resolve(existsSync(stage.workspace.file('seen.json'))),
    );
    return JSON.parse(readFileSync(stage.workspace.file('seen.json'), 'utf8')) as Seen;
  };
  const captures = (): readonly string[] =>
    readdirSync(stage.workspace.file(CAPTURES)).filter((name) => name.endsWith('.fxt'));

  it('is no unknown property there', async () => {
    await window.page.locator('.explorer-folders-view [aria-label^=".vscode"]').first().click();
    await window.openFromExplorer('launch.json');
    const editor = window.page.locator('.editor-instance');
    await editor.locator('.squiggly-warning').first().waitFor();
    // The one that is unknown is found, so the schema is at work; the other is not.
    const count = await editor.locator('.squiggly-warning, .squiggly-error').count();
    await window.screenshot('launch-json');
    assert.equal(count, 1);
  });

  it('is profiled, with its own variables and options', async () => {
    await window.runAndPick('Debug: Select and Start Debugging', 'orders');
    await panelState(window, 'live');
    const { NODE_OPTIONS, ORDERS } = await seen();
    assert.match(NODE_OPTIONS, /--no-warnings/);
    assert.match(NODE_OPTIONS, /register\.cjs/);
    // The debugger's own is there as well.
    assert.match(NODE_OPTIONS, /bootloader/);
    assert.equal(ORDERS, 'many');
    await window.page.locator('.debug-toolbar').waitFor();
    await window.screenshot('launch-live');
  });

  it('ends with the debug session', async () => {
    await window.runCommand('Debug: Stop');
    await panelState(window, 'ended');
    assert.equal(captures().length, 1);
  });

  it('works in the debugger’s terminal, too', async () => {
    await window.runCommand('View: Close All Editors');
    rmSync(stage.workspace.file('seen.json'));
    await window.runAndPick('Debug: Select and Start Debugging', 'orders in a terminal');
    await panelState(window, 'live');
    assert.match((await seen()).NODE_OPTIONS, /register\.cjs/);
    await window.screenshot('launch-terminal');
    writeFileSync(stage.workspace.file('stop'), '');
    await panelState(window, 'ended');
    // The terminal, and the debug session with it, stays for more.
    await window.runCommand('Debug: Stop');
    await window.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await until('two captures', () => Promise.resolve(captures().length === 2));
  });

  it('leaves configurations without it alone, and no error anywhere', async () => {
    await window.runCommand('View: Close All Editors');
    await window.runAndPick('Debug: Select and Start Debugging', 'typo');
    await window.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    assert.equal(captures().length, 2);
    assertNoErrors(stage, window);
  });
});
