/** A person turns a knob of a running program, tries what is suggested, searches, and takes it all back. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Locator } from 'playwright-core';
import { until, type WorkbenchWindow } from '../workbench/window.js';
import { assertNoErrors, panelState, setStage, type Stage } from './harness.js';

describe('trials on a running program', () => {
  let stage: Stage;
  let window: WorkbenchWindow;
  before(async () => {
    stage = await setStage();
    window = await stage.openWindow();
  });
  after(async () => {
    await window.screenshot('trials-last');
    await stage.end();
  });

  const panel = () => window.panel();
  const knob = (): Locator => panel().locator('.card.knob:has(strong:text-is("concurrency"))');
  const button = (within: Locator, name: string): Locator =>
    within.locator('vscode-button', { hasText: name }).first();
  const inView = async (part: Locator): Promise<void> => {
    await part.evaluate((element) => {
      element.scrollIntoView({ block: 'center' });
    });
  };

  /** What the program itself sees of its queue. */
  const concurrency = (): string => {
    const file = stage.workspace.file('pool.json');
    if (!existsSync(file)) return '';
    const [, value = ''] = /"concurrency":"(\w+)"/.exec(readFileSync(file, 'utf8')) ?? [];
    return value;
  };
  const untilRuns = async (value: string): Promise<void> => {
    await until(`the program to run with ${value}`, () =>
      Promise.resolve(concurrency() === value && value),
    );
  };

  it('sets a knob with the slider, at once', async () => {
    await window.openFromExplorer('pool.mjs');
    await window.runCommand('Sluice: Profile Active File');
    await panelState(window, 'live');
    await knob().waitFor();
    await untilRuns('4');
    await inView(knob());
    await knob().locator('input[type="range"]').focus();
    for (const key of ['ArrowRight', 'ArrowRight']) await window.page.keyboard.press(key);
    await untilRuns('6');
    await knob().locator('.knob-value:not(.pending)', { hasText: '6' }).waitFor();
    await inView(knob());
    await window.screenshot('trials-slider');
  });

  it('goes back to what it was at the start', async () => {
    await button(knob(), 'Revert to 4').click();
    await untilRuns('4');
    await knob().locator('.knob-value', { hasText: '4' }).waitFor();
    await button(knob(), 'Revert to 4').waitFor({ state: 'hidden' });
  });

  it('tries a suggestion live, and keeps it when it is better', async () => {
    const card = panel().locator('.card.suggestion:has(.effect)').first();
    await card.waitFor();
    await inView(card);
    await window.screenshot('trials-suggested');
    await button(card, 'Try live').click();
    const running = panel().locator('.card.running');
    await running.waitFor();
    await inView(running);
    await panel().locator('.card.running', { hasText: 'block' }).waitFor();
    await window.page.locator('.notification-toast', { hasText: 'trying it live' }).waitFor();
    await window.screenshot('trials-running');
    const verdict = panel().locator('.card.verdict[data-verdict="kept"]');
    await verdict.waitFor();
    await inView(verdict);
    assert.match(await verdict.innerText(), /concurrency 4 → \d+/);
    await until('more at once', () => Promise.resolve(Number(concurrency()) > 4));
    await window.screenshot('trials-verdict');
    const journal = readFileSync(stage.workspace.file('.sluice/trials.jsonl'), 'utf8');
    assert.match(journal, /"verdict":"kept"/);
  });

  it('searches by itself, and takes all of it back when it is told to', async () => {
    await button(panel().locator('.tune-bar'), 'Tune…').click();
    const form = panel().locator('.tune-form');
    await form.waitFor();
    await inView(form);
    await window.screenshot('trials-form');
    await button(form, 'Start tuning').click();
    await panel().locator('.card.running', { hasText: 'Tuning' }).waitFor();
    await panel().locator('.card.running', { hasText: 'block' }).waitFor();
    await inView(panel().locator('.card.running'));
    await window.screenshot('trials-tuning');
    await inView(knob());
    await button(knob(), 'Revert to 4').click();
    await untilRuns('4');
    await panel().locator('.card.running').waitFor({ state: 'hidden' });
    await until('the value to stay', async () => {
      await window.page.waitForTimeout(1500);
      return concurrency() === '4';
    });
    await window.screenshot('trials-reverted');
  });

  it('ends with the program, and no error anywhere', async () => {
    writeFileSync(stage.workspace.file('stop'), '');
    await panelState(window, 'ended');
    assert.equal(await knob().locator('input[type="range"]').isVisible(), false);
    assertNoErrors(stage, window);
  });
});
