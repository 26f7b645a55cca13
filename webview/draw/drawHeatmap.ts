/**
 * Draws a queue: x is time, y is depth upwards, colour is the share of the column's time at that depth. The dashed line
 * is the capacity; a queue that touches it from below is full. Columns of which nothing is known stay empty.
 */
import type { HeatCells, Placement } from '../timeline/picture.js';
import { snap, strokeLine, type FillSurface, type Surface } from './surface.js';
import type { Theme } from '../theme.js';

export interface HeatPlot {
  readonly theme: Theme;
  readonly place: Placement;
  readonly widthPx: number;
  readonly dpr: number;
  /** Of the depth axis, in plot pixels. */
  readonly topPx: number;
  readonly bottomPx: number;
  /** null: unbounded or unknown; then there is no line. */
  readonly capacity: number | null;
  readonly scale: HeatScale;
}

/**
 * What a colour says: `linear`, the share of time itself; `ranked`, how it stands among the shares of this queue, so that
 * small differences show where one depth takes nearly all of the time.
 */
export type HeatScale = 'linear' | 'ranked';

/** Colour index of each share, 1..255, for a scale. */
export function heatSteps(cells: Uint8Array, scale: HeatScale): Uint8Array {
  const steps = Uint8Array.from({ length: 256 }, (_, share) => share);
  if (scale === 'linear') return steps;
  const counts = new Uint32Array(256);
  for (const share of cells) counts[share] = (counts[share] ?? 0) + 1;
  const total = cells.length - (counts[0] ?? 0);
  let below = 0;
  for (let share = 1; share < 256; share += 1) {
    const count = counts[share] ?? 0;
    // The middle of those that are equal.
    const rank = total === 0 ? 0 : (below + count / 2) / total;
    steps[share] = Math.max(Math.round(rank * 255), 1);
    below += count;
  }
  return steps;
}

/** Plot pixel of the lower edge of a depth's band: depth d fills [d, d + 1) of an axis that ends at `depths`. */
export function depthY(
  plot: Pick<HeatPlot, 'topPx' | 'bottomPx'>,
  depths: number,
  depth: number,
): number {
  return plot.bottomPx - (depth / depths) * (plot.bottomPx - plot.topPx);
}

/** One bucket over all columns; neighbours of the same colour become one rectangle. */
function drawBucket(
  ctx: FillSurface,
  plot: HeatPlot,
  { heat, steps }: { readonly heat: HeatCells; readonly steps: Uint8Array },
  bucket: number,
): void {
  const { place, dpr, theme } = plot;
  const top = snap(depthY(plot, heat.buckets, bucket + 1), dpr);
  const bottom = snap(depthY(plot, heat.buckets, bucket), dpr);
  const height = Math.max(bottom - top, 1 / dpr);
  const first = Math.max(0, Math.floor(-place.offsetPx / place.scale));
  const last = Math.min(heat.columns, Math.ceil((plot.widthPx - place.offsetPx) / place.scale));
  const xAt = (column: number): number => snap(column * place.scale + place.offsetPx, dpr);
  let start = first;
  while (start < last) {
    const value = heat.cells[start * heat.buckets + bucket] ?? 0;
    let end = start + 1;
    while (end < last && heat.cells[end * heat.buckets + bucket] === value) end += 1;
    if (value > 0) {
      ctx.fillStyle = theme.heat[steps[value] ?? value] ?? theme.foreground;
      const x = xAt(start);
      ctx.fillRect(x, top, Math.max(xAt(end) - x, 1 / dpr), height);
    }
    start = end;
  }
}

/** Draws all cells on screen. Reply columns may be wider or narrower than pixels. */
export function drawHeatmap(ctx: FillSurface, plot: HeatPlot, heat: HeatCells): void {
  const steps = heatSteps(heat.cells, plot.scale);
  for (let bucket = 0; bucket < heat.buckets; bucket += 1) {
    drawBucket(ctx, plot, { heat, steps }, bucket);
  }
}

/**
 * Draws the capacity line on an axis of `depths` depths, `depthPerBucket` of them in one row of cells; nothing for an
 * unbounded queue.
 */
export function drawCapacity(
  ctx: Surface,
  plot: Omit<HeatPlot, 'place' | 'scale'>,
  depths: number,
  depthPerBucket: number,
): void {
  if (plot.capacity === null || plot.capacity > depths) return;
  // The upper edge of the cells that hold depth = capacity: a full queue touches the line from below.
  const edge = Math.ceil((plot.capacity + 1) / depthPerBucket) * depthPerBucket;
  const y = snap(depthY(plot, depths, Math.min(edge, depths)), plot.dpr) - 0.5;
  ctx.strokeStyle = plot.theme.capacity;
  ctx.lineWidth = 1;
  ctx.setLineDash([5, 3]);
  strokeLine(ctx, [0, y], [plot.widthPx, y]);
  ctx.setLineDash([]);
}
