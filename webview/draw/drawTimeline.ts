/**
 * Draws the body of the timeline. Pure in the sense that counts: a frame in, calls on a surface out. From the bottom up: grounds
 * and grid, data, marks. The panel paints the data once per picture (`layer.ts`) and the rest for each frame; a picture to keep
 * (SVG) and a test take all of it at once.
 */
import { drawData } from './drawData.js';
import { drawGround } from './drawGround.js';
import { drawMarks } from './drawMarks.js';
import type { Frame } from './frame.js';
import type { Surface } from './surface.js';

/** Draws a whole frame over whatever was there. */
export function drawTimeline(ctx: Surface, frame: Frame): void {
  drawGround(ctx, frame);
  if (frame.picture !== null) drawData(ctx, frame, frame.picture);
  drawMarks(ctx, frame);
}
