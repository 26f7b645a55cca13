/**
 * The way of docs/tutorial.md, click by click: from the example to a faster pipeline in the source whose prediction a second run
 * has confirmed. Each `action` is one thing that a person does.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Locator } from 'playwright-core';
import { until, type WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, panelState, setStage, type Stage } from './harness.js';

const MAX_ACTIONS = 6;

describe('the tutorial', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  const actions: string[] = [];
  const action = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    await act();
    actions.push(what);
  };
  before(async () => {
    stage = await setStage();
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('tutorial-last');
    await stage.end();
  });

  const run = (): Locator =>
    window.page.locator('.editor-actions [aria-label^="Profile Active File"]').first();

  it('opens the example from the walkthrough', async () => {
    await window.runAndPick('Welcome: Open Walkthrough...', 'Profile your first pipeline');
    const open = window.page
      .locator('.getting-started-step.expanded')
      .getByRole('button', { name: 'Open Example' });
    await open.waitFor();
    await window.screenshot('tutorial-1-walkthrough');
    await action('open the example', () => open.click());
    await window.tab('index.mjs').first().waitFor();
  });

  it('profiles it', async () => {
    await action('profile it', () => run().click());
    await panelState(window, 'live');
    await window
      .panel()
      .getByRole('button', { name: /^Write to Source/i })
      .first()
      .waitFor();
    await window.screenshot('tutorial-2-suggestion');
  });

  it('writes the suggestion into the source', async () => {
    await action('write to source', () =>
      window
        .panel()
        .getByRole('button', { name: /^Write to Source/i })
        .first()
        .click(),
    );
    await window.page.locator('.view-line', { hasText: 'const DOWNLOADS = ' }).first().waitFor();
    await until('the new value', async () => {
      const text = await window.page
        .locator('.view-line', { hasText: 'const DOWNLOADS = ' })
        .first()
        .innerText();
      return !/DOWNLOADS\s=\s2\b/.test(text);
    });
    await window.screenshot('tutorial-3-source');
  });

  it('profiles it again, and sees that the prediction came true', async () => {
    await action('profile it again', () => run().click());
    const told = window.page.locator('.notification-toast', { hasText: 'the prediction held' });
    await until('the verdict', async () => (await told.count()) > 0);
    await window.screenshot('tutorial-4-verdict');
    assert.match(
      await told.first().innerText(),
      /DOWNLOADS 2 → \d+: the prediction held, \+\d+% measured/,
    );
    assert.ok(actions.length <= MAX_ACTIONS, actions.join(', '));
    assertNoErrors(stage, window);
  });
});
