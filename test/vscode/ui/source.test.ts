/** The loop in the source: a lens at the stage, a suggestion at the knob, the lightbulb, undo, a text that has changed since. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Locator } from 'playwright-core';
import { until, type WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, panelState, setStage, type Stage } from './harness.js';

const FILE = 'tunable.mjs';

describe('a session in the source', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage();
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('source-last');
    await stage.end();
  });

  const editor = (): Locator =>
    window.page.locator(`.editor-instance[aria-label^="${FILE}"], .editor-instance`).first();
  const line = (text: string): Locator => editor().locator('.view-line', { hasText: text }).first();
  const lens = (text: RegExp): Locator =>
    window.page.locator('.codelens-decoration', { hasText: text }).first();
  /** The pool as the program itself sees it. */
  const pool = (): { concurrency: number; most: number } =>
    JSON.parse(readFileSync(stage.workspace.file('pool.json'), 'utf8')) as {
      concurrency: number;
      most: number;
    };
  /** Opens the list of the lightbulb at the end of a line. */
  const fixes = async (at: string): Promise<Locator> => {
    await line(at).click();
    await window.page.keyboard.press('End');
    await window.page.keyboard.press('Control+.');
    const list = window.page.locator('.action-widget');
    await list.waitFor();
    return list;
  };
  /** Takes a row of the open list; the widget lets no click through to it. */
  const take = async (list: Locator, title: RegExp): Promise<void> => {
    const focused = list.locator('.monaco-list-row.focused');
    for (let i = 0; i < 12; i++) {
      if (title.test(await textOf(focused.first()))) break;
      await window.page.keyboard.press('ArrowDown');
    }
    assert.match(await textOf(focused.first()), title);
    await window.page.keyboard.press('Enter');
  };
  /** The text without what VS Code draws between words. */
  const textOf = async (of: Locator): Promise<string> =>
    (await of.innerText()).replaceAll('\u00a0', ' ');

  it('shows lens, hint and diagnostic while the program runs', async () => {
    await window.openFromExplorer(FILE);
    await window.runCommand('Sluice: Profile Active File');
    await panelState(window, 'live');
    await window.tab(FILE).first().click();
    await lens(/downloads: .*\/s.*busy.*p95.*bottleneck/).waitFor();
    await lens(/store: .*\/s.*starved/).waitFor();
    await window.page.locator('.squiggly-warning').first().waitFor();
    await until('the suggestion at the knob', async () =>
      (await textOf(line('new PQueue'))).includes('→ 4'),
    );
    await window.screenshot('source-lens');
  });

  it('explains why, beside the code', async () => {
    await take(await fixes('const downloads'), /Explain concurrency 4/);
    const page = window.page.frameLocator('iframe.webview.ready:not([src*="sluice.sluice"])');
    const text = page.frameLocator('iframe#active-frame').locator('body');
    await text.getByText('What was measured').waitFor();
    await text.getByRole('heading', { name: /2 → 4/ }).waitFor();
    await window.screenshot('source-explained');
    await window.page.keyboard.press('Control+W');
    await window.tab(FILE).first().click();
  });

  it('shows a change as a diff before it is made', async () => {
    await take(await fixes('const downloads'), /Preview concurrency 4/);
    const preview = window.page.locator('.pane-body .refactor-preview, .bulk-edit-panel').first();
    await preview.waitFor();
    await window.screenshot('source-preview');
    await preview.getByText('Discard', { exact: true }).click();
    await window.tab(FILE).first().click();
    await line('concurrency: 2').waitFor();
  });

  it('sets the knob in the source, and in the running program, too', async () => {
    const list = await fixes('const downloads');
    await window.screenshot('source-lightbulb');
    const titles = await textOf(list);
    for (const title of [
      /Set concurrency to 4 \(predicted \+\d+%, \d+ to \d+%\)/,
      /Try concurrency 4 live/,
      /Explain concurrency 4/,
      /Ignore this suggestion/,
      /Change parallelism \(concurrency\)…/,
    ]) {
      assert.match(titles, title);
    }
    await take(list, /Set concurrency to 4/);
    await line('concurrency: 4').waitFor();
    const notice = window.page.locator('.notification-toast', {
      hasText: 'The running program still has',
    });
    await notice.getByText('Set It There, Too').click();
    await until('four at once in the program', async () =>
      Promise.resolve(pool().concurrency === 4 && pool().most === 4),
    );
    await window.screenshot('source-applied');
  });

  it('is undone in one step', async () => {
    await line('new PQueue').click();
    await window.page.keyboard.press('Control+Z');
    await line('concurrency: 2').waitFor();
    // The source says 2 and the program runs with 4.
    await until('the difference', async () =>
      (await textOf(line('new PQueue'))).includes('running 4'),
    );
    await window.screenshot('source-undone');
  });

  it('follows a text that was edited and not saved', async () => {
    await window.page.keyboard.press('Control+Home');
    await window.page.keyboard.type(
      '// A line that was not there\n// new PQueue({ concurrency: 3 })\n',
    );
    await until('the lens below the new lines', async () => {
      const first = await lens(/downloads: /).boundingBox();
      const at = await line('const downloads').boundingBox();
      return first !== null && at !== null && Math.abs(first.y + first.height - at.y) < 12;
    });
    await window.screenshot('source-dirty');
  });

  it('changes a knob to any value, with what the model makes of it', async () => {
    await take(await fixes('const downloads'), /Change parallelism/);
    const input = window.page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill('0');
    await window.page
      .locator('.quick-input-widget', { hasText: 'A whole number from 1' })
      .waitFor();
    await input.fill('5');
    await window.page
      .locator('.quick-input-widget', { hasText: /Predicted throughput|No prediction/ })
      .waitFor();
    await window.screenshot('source-change');
    await input.press('Enter');
    await line('concurrency: 5').waitFor();
    // The comment that looks like code is as it was.
    await line('// new PQueue({ concurrency: 3 })').waitFor();
  });

  it('left no error anywhere', () => {
    writeFileSync(stage.workspace.file('stop'), '');
    assertNoErrors(stage, window);
  });
});
