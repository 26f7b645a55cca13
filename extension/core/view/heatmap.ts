/** A queue as a heatmap: columns of time, buckets of depth, colour the time spent there (`analysis/depthLevels.ts`). */
import { bucketsFor, type DepthLevels } from '../analysis/depthLevels.js';
import type { Columns } from './columns.js';

/** The cells of a heatmap (see `ViewSection`), from the first to the last column of which anything is known. */
export interface HeatCells {
  readonly first: number;
  readonly columns: number;
  readonly buckets: number;
  readonly depthPerBucket: number;
  readonly cells: Uint8Array;
}

/** A queue that never held more still has this many depths above it, so that staying empty looks empty, not full. */
const MIN_HIGHEST_DEPTH = 4;

/** What to draw of a queue. The depth axis reaches at least to the capacity. */
export interface HeatSource {
  readonly levels: DepthLevels;
  readonly capacity: number | null;
  readonly maxDepth: number;
}

/**
 * Fills the cells of one queue, or of several together: then a cell is the share of their time. The last depth holds up to
 * `horizonNs`, behind it nothing is known.
 */
export function paintHeatmap(
  sources: readonly HeatSource[],
  columns: Columns,
  horizonNs: number,
): HeatCells {
  const highest = sources.reduce(
    (most, { capacity, maxDepth }) => Math.max(most, maxDepth, Math.min(capacity ?? 0, 2 ** 31)),
    MIN_HIGHEST_DEPTH,
  );
  const { buckets, depthPerBucket } = bucketsFor(highest);
  const time = new Float64Array(columns.count * buckets);
  const { bits, first, count, widthNs } = columns;
  const into = { bits, first, count, depths: buckets, depthPerBucket, time };
  for (const { levels } of sources) levels.addTo(into, horizonNs);
  let from = 0;
  let to = time.length;
  while (from < to && time[from] === 0) from++;
  while (to > from && time[to - 1] === 0) to--;
  const start = Math.floor(from / buckets);
  const end = Math.ceil(to / buckets);
  const cells = new Uint8Array(Math.max(end - start, 0) * buckets);
  for (let i = 0; i < cells.length; i++) {
    const ns = time[start * buckets + i] ?? 0;
    if (ns > 0) cells[i] = shareByte(ns / (widthNs * sources.length));
  }
  return { first: start, columns: Math.max(end - start, 0), buckets, depthPerBucket, cells };
}

/** 1..255 for a share above 0. */
function shareByte(share: number): number {
  return Math.min(Math.max(Math.round(share * 255), 1), 255);
}
