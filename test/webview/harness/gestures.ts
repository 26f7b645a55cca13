/** What a hand does on the panel's plot and ruler. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A point of the ruler, `x` pixels from its left edge. */
export async function onRuler(page: Page, x: number): Promise<Point> {
  const box = await page.locator('.ruler-plot').boundingBox();
  assert.ok(box !== null);
  return { x: box.x + x, y: box.y + box.height / 2 };
}

/** A point of the plot beside a header: `x` pixels from the plot's left edge, `y` from the header's upper one. */
export async function onPlot(page: Page, header: string, x: number, y: number): Promise<Point> {
  const canvas = await page.locator('canvas#timeline').boundingBox();
  const row = await page.locator(header).boundingBox();
  assert.ok(canvas !== null && row !== null);
  return { x: canvas.x + x, y: row.y + y };
}

/** Drags with the left button, in a few steps. */
export async function drag(page: Page, from: Point, to: Point): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
}

/** Waits for boxes and heat on the canvas. */
export async function untilDrawn(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    ['[data-stage="tokenise"]', '[data-queue="texts"]'].every(
      (header) =>
        Object.values(window.harness.rowColours(header)).filter((share) => share > 0.01).length >=
        3,
    ),
  );
}

/** What the panel keeps for when it comes back. */
export async function savedOf(page: Page, name: string): Promise<unknown> {
  const saved: unknown = await page.evaluate(() => window.harness.saved());
  return Reflect.get(Object(saved), name);
}

/** The range that is kept under a name, in milliseconds, rounded; null: none is. */
export async function savedRange(page: Page, name: string): Promise<readonly number[] | null> {
  const range = await savedOf(page, name);
  if (range === null) return null;
  return ['fromNs', 'toNs'].map((end) => Math.round(Number(Reflect.get(Object(range), end)) / 1e6));
}
