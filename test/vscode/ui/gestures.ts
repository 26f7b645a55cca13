/** What a person does in a panel with keys and pointer, and what can be read off the page afterwards. */
import assert from 'node:assert/strict';
import type { FrameLocator } from 'playwright-core';
import { until, type WorkbenchWindow } from '../workbench/window.js';

/** A panel's document, in the window that has the keyboard for it. */
export interface Looked {
  readonly window: WorkbenchWindow;
  readonly panel: FrameLocator;
}

export type View = 'timeline' | 'graph' | 'flame' | 'table';

/** The keys of the views. */
const viewKeys: Readonly<Record<View, string>> = {
  timeline: '1',
  graph: '2',
  flame: '3',
  table: '4',
};

/** The panel that is alone on screen. */
export const onlyPanel = (window: WorkbenchWindow): Looked => ({ window, panel: window.panel() });

/** The panel of a title, where several are on screen. */
export async function panelTitled(window: WorkbenchWindow, title: string): Promise<Looked> {
  return await until(`the panel of ${title}`, async () => {
    for (const panel of await window.panels()) {
      const shown = panel.locator('h1.title');
      if ((await shown.count()) === 1 && (await shown.innerText()).includes(title)) {
        return { window, panel };
      }
    }
    return undefined;
  });
}

/** What the root says of the panel. */
export interface Shown {
  readonly state: string;
  readonly view: string;
  /** Does the range stay, show all, follow the newest? */
  readonly mode: string;
  /** Of the snapshot. */
  readonly generation: number;
}

export async function shownIn({ panel }: Looked): Promise<Shown> {
  return await panel.locator('#root').evaluate(({ dataset }) => ({
    state: dataset['state'] ?? '',
    view: dataset['view'] ?? '',
    mode: dataset['mode'] ?? '',
    generation: Number(dataset['generation']),
  }));
}

/** The visible range as the timeline tells it to a screen reader, such as `1.2 s … 1.4 s (200 ms)`. */
export async function rangeIn({ panel }: Looked): Promise<string> {
  const label = (await panel.locator('#timeline').getAttribute('aria-label')) ?? '';
  return /, ([^,]* … [^)]*\))\./.exec(label)?.[1] ?? '';
}

/** Where the visible range lies in all of the session, in shares of it, by the window in the overview. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

export async function partIn({ panel }: Looked): Promise<Part> {
  return await panel.locator('.brush').evaluate((svg) => {
    const selection = svg.querySelector('.selection');
    const [x = NaN, width = NaN, whole = NaN] = [
      selection?.getAttribute('x'),
      selection?.getAttribute('width'),
      svg.getAttribute('width'),
    ].map(Number);
    return { from: x / whole, to: (x + width) / whole };
  });
}

export const lengthOf = ({ from, to }: Part): number => to - from;

/** Waits until the visible part is as `isWanted` wants it; returns it. */
export async function untilPart(
  looked: Looked,
  what: string,
  isWanted: (part: Part) => boolean,
): Promise<Part> {
  return await until(what, async () => {
    const part = await partIn(looked);
    return isWanted(part) && part;
  });
}

/** Waits until the picture on the timeline is that of the visible range, and no older one stretched. */
export async function untilPainted({ panel }: Looked): Promise<void> {
  await panel.locator('#timeline:not([aria-busy])').waitFor();
}

/** Presses keys in the timeline, which must be on screen. */
export async function press({ window, panel }: Looked, ...keys: string[]): Promise<void> {
  await panel.locator('#timeline').focus();
  for (const key of keys) await window.page.keyboard.press(key);
}

/** Switches to a view by its key, wherever the keyboard is in the panel. */
export async function toView(looked: Looked, view: View): Promise<void> {
  await looked.window.page.keyboard.press(viewKeys[view]);
  await looked.panel.locator(`#root[data-view="${view}"]`).waitFor();
}

/** Searches from the timeline, and waits until the first hit is selected, which has this heading. */
export async function select(looked: Looked, text: string, heading: string): Promise<void> {
  const { window, panel } = looked;
  await press(looked, '/');
  await window.page.keyboard.type(text);
  await window.page.keyboard.press('Enter');
  await panel.locator('.card.details .heading', { hasText: heading }).waitFor();
  await panel.locator('#timeline').focus();
}

/** Drags in the overview from one share of its width to another. */
export async function brush({ window, panel }: Looked, { from, to }: Part): Promise<void> {
  const box = await panel.locator('.brush').boundingBox();
  assert.ok(box !== null);
  const y = box.y + box.height / 3;
  await window.page.mouse.move(box.x + from * box.width, y);
  await window.page.mouse.down();
  await window.page.mouse.move(box.x + to * box.width, y, { steps: 5 });
  await window.page.mouse.up();
}
