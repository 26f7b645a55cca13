/** Knobs of a running program at the panel's side, in a real browser: sliders, ways back, what the source says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { postedOf, show, skip, usePanels } from './harness/panelTest.js';
import { quiet, suggested, tellKnob, tellLive, tellPipeline } from './liveBuilders.js';

const knob = '[data-knob="4711:1"]';
const slider = `${knob} input[type="range"]`;

const press = async (page: Page, ...keys: string[]): Promise<void> => {
  await page.focus(slider);
  for (const key of keys) await page.keyboard.press(key);
};

const button = (page: Page, within: string, name: string) =>
  page.locator(`${within} vscode-button`, { hasText: name }).first();

const values = async (page: Page): Promise<number[]> =>
  (await postedOf(page, 'setKnob')).map(({ value }) => value);

/** Waits for the last value that was sent: in between there may be fewer than there were moves. */
async function untilSent(page: Page, value: number): Promise<void> {
  await page.waitForFunction((wanted) => {
    const last = window.harness.posted.findLast((m) => m.kind === 'setKnob');
    return last?.value === wanted;
  }, value);
}

describe('knobs at the side', { skip, timeout: 600_000 }, () => {
  const { open, close } = usePanels();

  it('has a slider that sets the knob by keys, says the value, and can go back', async () => {
    const page = await open();
    await show(page, 'live');
    const valueText = (): Promise<string | null> => page.getAttribute(slider, 'aria-valuetext');
    assert.equal(await valueText(), '8');
    await press(page, 'ArrowRight');
    assert.equal(await valueText(), '9');
    await untilSent(page, 9);
    await press(page, 'PageUp');
    await untilSent(page, 18);
    await press(page, 'Home');
    await untilSent(page, 1);
    await press(page, 'End');
    await untilSent(page, 64);
    assert.equal(await page.textContent(`${knob} .knob-value`), '64');
    await tellKnob(page, 64);
    await page.waitForSelector(`${knob} .knob-value:not(.pending)`);
    const revert = button(page, knob, 'Revert to 8');
    await revert.click();
    assert.deepEqual(await postedOf(page, 'revertKnobs'), [
      { kind: 'revertKnobs', knob: '4711:1', to: 'start' },
    ]);
    await tellKnob(page, 8, 64);
    await page.waitForFunction(
      (at) => document.querySelector(at)?.getAttribute('aria-valuetext') === '8',
      slider,
    );
    assert.equal(await revert.isVisible(), false);
    await close(page);
  });

  it('tells the program only now and then while the slider is drawn, and the last value always', async () => {
    const page = await open();
    await show(page, 'live');
    const box = await page.locator(slider).boundingBox();
    assert.ok(box !== null);
    const y = box.y + box.height / 2;
    const at = (share: number): number => box.x + 7 + share * (box.width - 14);
    await page.mouse.move(at(0.5), y);
    await page.mouse.down();
    for (let i = 0; i <= 60; i++) await page.mouse.move(at(0.5 + i / 120), y);
    // A snapshot in between must not take it out of one's hand.
    await tellKnob(page, 20);
    await page.mouse.move(at(1), y);
    await page.mouse.up();
    await untilSent(page, 64);
    const sent = await values(page);
    assert.ok(sent.length < 30, `${sent.length} messages`);
    assert.equal(await page.textContent(`${knob} .knob-value`), '64');
    await close(page);
  });

  it("stays under one's hand when something comes above it", async () => {
    const page = await open();
    await page.setViewportSize({ width: 1440, height: 500 });
    await show(page, 'live');
    await page.focus(slider);
    const top = async (): Promise<number> => (await page.locator(slider).boundingBox())?.y ?? NaN;
    const before = await top();
    await tellPipeline(page, suggested);
    await page.waitForSelector('.card.plan');
    await page.waitForTimeout(300);
    assert.ok(Math.abs((await top()) - before) < 2, `${before} ${await top()}`);
    await close(page);
  });

  it('goes back by one change where that is not the start', async () => {
    const page = await open();
    await show(page, 'live');
    await tellKnob(page, 16);
    await show(page, 'live');
    await page.evaluate(() => {
      const shown = window.harness.snapshot();
      if (shown === null) return;
      const change = { knob: '4711:1', name: 'concurrency' };
      const pipelines = shown.report.pipelines.map((pipeline) => ({
        ...pipeline,
        knobs: pipeline.knobs.map((k) => (k.id === '4711:1' ? { ...k, value: 32 } : k)),
      }));
      window.harness.tell({
        report: { ...shown.report, pipelines },
        knobChanges: [
          { ...change, atNs: 1e9, from: 8, to: 16 },
          { ...change, atNs: 9e9, from: 16, to: 32 },
        ],
      });
    });
    await button(page, knob, 'Back to 16').click();
    await button(page, knob, 'Revert to 8').click();
    assert.deepEqual(
      (await postedOf(page, 'revertKnobs')).map(({ to }) => to),
      ['before', 'start'],
    );
    await close(page);
  });

  it('shows the unlimited as such, and has no slider for what is not live or over', async () => {
    const page = await open();
    await show(page, 'live');
    assert.equal(await page.locator('[data-knob="4711:2"] input[type="range"]').isVisible(), false);
    await page.evaluate(() => {
      const shown = window.harness.snapshot();
      if (shown === null) return;
      const pipelines = shown.report.pipelines.map((pipeline) => ({
        ...pipeline,
        knobs: pipeline.knobs.map((k) =>
          k.id === '4711:1' ? { ...k, value: null, max: null } : k,
        ),
      }));
      window.harness.tell({ report: { ...shown.report, pipelines } });
    });
    await page.waitForFunction(
      (at) => document.querySelector(at)?.getAttribute('aria-valuetext') === 'unlimited',
      slider,
    );
    assert.equal(await page.locator(`${knob} .knob-slider`).innerText(), '1\n∞');
    await show(page, 'ended');
    assert.equal(await page.locator(slider).isVisible(), false);
    await close(page);
  });

  it('says what the source says, where that is another value', async () => {
    const page = await open();
    await show(page, 'live');
    const chip = page.locator(`${knob} .in-source`);
    assert.equal(await chip.isVisible(), false);
    await tellLive(page, { ...quiet, sourceValues: { '4711:1': { value: 12, text: '12' } } });
    await chip.waitFor();
    assert.match(await chip.innerText(), /^in source: 12/);
    assert.match((await chip.getAttribute('title')) ?? '', /next run of the program will use/);
    await tellLive(page, { ...quiet, sourceValues: { '4711:1': { value: 8, text: '8' } } });
    await chip.waitFor({ state: 'hidden' });
    await close(page);
  });
});
