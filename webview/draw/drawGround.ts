/** What lies under the data: the grounds of the rows and the lines of the time grid. */
import type { DataFrame } from './frame.js';
import { bandsBetween, type RowBand } from '../timeline/layout.js';
import { snap, type FillSurface } from './surface.js';
import { rulerFor, xOf } from '../timeline/timeScale.js';

/** Covers everything that was there. */
export function drawGround(ctx: FillSurface, frame: DataFrame): void {
  const { theme, widthPx, heightPx, scrollPx, geometry } = frame;
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, widthPx, heightPx);
  for (const band of bandsBetween(geometry, scrollPx, scrollPx + heightPx)) {
    drawRowGround(ctx, frame, band);
  }
  drawGrid(ctx, frame);
}

function drawRowGround(ctx: FillSurface, frame: DataFrame, band: RowBand): void {
  const { theme, widthPx } = frame;
  const y = band.yPx - frame.scrollPx;
  ctx.fillStyle = band.kind === 'stage' || band.kind === 'gauges' ? theme.stageRow : theme.queueRow;
  ctx.fillRect(0, y, widthPx, band.heightPx);
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, y + band.heightPx - 1, widthPx, 1);
}

function drawGrid(ctx: FillSurface, frame: DataFrame): void {
  ctx.fillStyle = frame.theme.grid;
  for (const tick of rulerFor(frame.range, frame.widthPx).ticks) {
    const x = snap(xOf(frame.range, frame.widthPx, tick.atNs), frame.dpr);
    ctx.fillRect(x, 0, 1, frame.heightPx);
  }
}
