/** Accessibility: axe finds nothing serious in any view of the panel, in any theme. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { branchedShape } from './graphBuilders.js';
import {
  quiet,
  rowOf,
  running,
  same,
  suggested,
  tellKnob,
  tellLive,
  tellPipeline,
  tuned,
  worse,
} from './liveBuilders.js';
import { show, skip, themeNames, toView, usePanels } from './harness/panelTest.js';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const options: RunOptions = {
  // Everything that axe knows, so that its advice beyond the standard is seen as well.
  runOnly: {
    type: 'tag',
    values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  },
  resultTypes: ['violations'],
};

declare global {
  interface Window {
    axe: { run(context: Document, options: RunOptions): Promise<AxeResults> };
  }
}

/** What is serious or critical, one line a finding. */
async function findings(page: Page, where: string): Promise<readonly string[]> {
  // Run by the debugger, so the page's policy for scripts does not apply.
  await page.evaluate(source);
  const { violations } = await page.evaluate((o) => window.axe.run(document, o), options);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary = '' }) => {
        const why = failureSummary.split('\n').slice(1).join(' ').trim();
        return `${where}: ${id} at ${target.join(' ')}: ${why}`;
      }),
    );
}

/** A state of the panel that is looked at. */
interface Look {
  readonly name: string;
  readonly reach: (page: Page) => Promise<void>;
}

const looks: readonly Look[] = [
  { name: 'loading', reach: () => Promise.resolve() },
  {
    name: 'waiting',
    reach: async (page) => {
      await page.evaluate(() => {
        window.harness.showEmpty('waiting', 'Waiting for node app.js.');
      });
      await page.waitForSelector('#root[data-state="waiting"]');
    },
  },
  {
    name: 'timeline, live',
    reach: async (page) => {
      await show(page, 'live', 13_500);
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'timeline, something selected, a notice, a tooltip',
    reach: async (page) => {
      await show(page, 'live');
      await page.evaluate(() => {
        window.harness.send({ kind: 'notice', level: 'error', text: 'The knob did not answer.' });
      });
      await page.locator('[data-knob="4711:1"] vscode-text-field input').fill('100');
      await page.locator('[data-knob="4711:1"] vscode-button', { hasText: 'Set' }).click();
      const box = await page.locator('canvas#timeline').boundingBox();
      await page.mouse.click((box?.x ?? 0) + 300, (box?.y ?? 0) + 120);
      await page.waitForSelector('.details .heading');
      await page.locator('[data-stage="tokenise"] .row-name').focus();
      await page.waitForSelector('.tooltip:not([hidden])');
    },
  },
  {
    name: 'a trial that runs, suggestions, a slider',
    reach: async (page) => {
      await show(page, 'live');
      await tellPipeline(page, suggested);
      await tellKnob(page, 16);
      const sourceValues = { '4711:1': { value: 12, text: '12' } };
      await tellLive(page, { ...quiet, running, rows: [rowOf(1), worse(2)], sourceValues });
      await page.waitForSelector('.card.running');
      await page.locator('vscode-button', { hasText: 'Explain' }).first().click();
      await page.focus('[data-knob="4711:1"] input[type="range"]');
    },
  },
  {
    name: 'what a search found, and the form for the next',
    reach: async (page) => {
      await tellLive(page, { ...quiet, tuned, rows: [rowOf(1), worse(2), same(3)] });
      await page.waitForSelector('table.tuned');
      await page.locator('vscode-button', { hasText: 'Tune…' }).click();
      await page.locator('.tune-form vscode-button', { hasText: 'Start' }).waitFor();
    },
  },
  {
    name: 'graph',
    reach: async (page) => {
      await toView(page, 'Graph');
      await page.locator('.graph-node.stage').first().focus();
      await page.waitForSelector('.tooltip:not([hidden])');
    },
  },
  {
    name: 'graph with branches',
    reach: async (page) => {
      await page.evaluate((changes) => {
        window.harness.tell(changes);
      }, branchedShape());
      await page.waitForSelector('.graph-node.queue[data-full]');
    },
  },
  {
    name: 'flame graph, nothing recorded',
    reach: async (page) => {
      await show(page, 'live', 20_000);
      await toView(page, 'Flame graph');
      await page.waitForSelector('.flame .empty h2');
    },
  },
  {
    name: 'flame graph, zoomed and searched',
    reach: async (page) => {
      await page.evaluate(() => {
        window.harness.showSampled('capture', false);
      });
      await page.waitForSelector('.flame-functions td');
      await page.locator('.flame-tools input').fill('split');
      await page.focus('canvas.flame-canvas');
      for (const key of ['ArrowDown', 'ArrowDown', 'Space']) await page.keyboard.press(key);
      await page.waitForSelector('.flame-crumbs:not([hidden])');
    },
  },
  {
    name: 'table',
    reach: async (page) => {
      await toView(page, 'Table');
      await page.waitForSelector('.page-text:has-text("1–100")');
      await page.locator('#stages-table').getByText('Rate', { exact: true }).click();
    },
  },
  {
    name: 'table, an open list',
    reach: async (page) => {
      await page.getByRole('combobox', { name: 'Stage' }).focus();
      await page.keyboard.press('Enter');
      await page.waitForSelector('vscode-dropdown[open]');
    },
  },
];

describe('accessibility', { skip, timeout: 600_000 }, () => {
  const { open, close } = usePanels();

  for (const theme of themeNames) {
    it(`has nothing serious for axe to find in the ${theme} theme`, async () => {
      const page = await open(theme);
      const found: string[] = [];
      for (const { name, reach } of looks) {
        await reach(page);
        found.push(...(await findings(page, name)));
      }
      assert.equal(found.join('\n'), '');
      await close(page);
    });
  }
});
