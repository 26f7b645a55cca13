/** What the advisor says, at the panel's side, in a real browser. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepScreenshot } from './harness/openPanel.js';
import { postedOf, show, skip, themeNames, usePanels } from './harness/panelTest.js';

describe('advice in a browser', { skip, timeout: 600_000 }, () => {
  const { open, close } = usePanels();

  for (const theme of themeNames) {
    it(`stands beside the timeline, in the ${theme} theme`, async () => {
      const page = await open(theme);
      await show(page);
      assert.equal(await page.locator('.side h2:has-text("Findings")').isVisible(), false);
      await page.evaluate(() => {
        window.harness.advise();
      });
      const { pipelines } = await page.evaluate(
        () => window.harness.snapshot()?.report ?? { pipelines: [] },
      );
      const advice = pipelines[0];
      assert.ok(advice !== undefined && advice.checks.length > 10);
      assert.ok(advice.findings.length > 0);
      for (const finding of advice.findings.slice(0, 3)) {
        if (finding.kind === 'parallelism' && finding.stage === advice.bottleneck.stage) continue;
        await page.waitForSelector(`.side .card:has-text(${JSON.stringify(finding.text)})`);
      }
      for (const { reason } of advice.suggestions) {
        await page.waitForSelector(`.side .card:has-text(${JSON.stringify(reason)})`);
      }
      await page.locator('.side h2:has-text("Findings")').scrollIntoViewIfNeeded();
      await keepScreenshot(page, `advice-${theme}`);
      await close(page);
    });
  }

  it('leads from a suggestion to the source of its knob', async () => {
    const page = await open();
    await show(page);
    await page.evaluate(() => {
      const report = window.harness.snapshot()?.report;
      const [first, ...rest] = report?.pipelines ?? [];
      const knob = first?.knobs.find(({ source }) => source !== null);
      if (report === undefined || first === undefined || knob === undefined) return;
      const rate = { low: 110, mid: 120, high: 130 };
      const suggestion = {
        id: 'made',
        knob: knob.id,
        from: 2,
        to: 4,
        aim: 'throughput' as const,
        expression: 'os.availableParallelism()',
        predicted: {
          throughputPerSec: rate,
          gain: { low: 1.1, mid: 1.2, high: 1.3 },
          latencyP95Ns: null,
        },
        reason: 'because',
        evidence: [],
        costs: ['memory'],
      };
      const steady = { fromNs: 0, toNs: 1e9, throughputPerSec: 100 };
      const pipelines = [{ ...first, steady, suggestions: [suggestion] }, ...rest];
      window.harness.tell({ report: { ...report, pipelines } });
    });
    const card = page.locator('.side .card:has-text("because")');
    assert.match((await card.textContent()) ?? '', /2 → 4 \(os\.availableParallelism\(\)\)/);
    assert.match((await card.textContent()) ?? '', /\+20% throughput \(\+10% to \+30%\)/);
    assert.match((await card.textContent()) ?? '', /Costs: memory/);
    await card.getByText('Go to source').click();
    assert.equal((await postedOf(page, 'openSource')).length, 1);
    await close(page);
  });
});
