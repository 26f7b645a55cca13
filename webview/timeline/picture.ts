/**
 * A view reply, opened: typed arrays over its buffer, by row. Reply pixels are columns of the reply; `placePicture` maps
 * them onto the range that is on screen now, so an older reply stays useful while the next one is on its way.
 */
import {
  BOX_BYTES,
  metaLevel,
  type ViewReply,
  type ViewSection,
} from '../../extension/core/panel/view.js';
import { spanOf, type TimeRange } from './timeScale.js';

const WORDS_PER_BOX = BOX_BYTES / 4;
/** A queue row has room for so many depths that one can still tell apart. */
const MAX_BUCKETS = 14;

/** Boxes of one lane, by level and then by x. `floats` and `words` look at the same bytes. */
export interface LaneBoxes {
  readonly count: number;
  readonly floats: Float32Array;
  readonly words: Uint32Array;
}

/** Columns of one row: words as in `packStrip`, from column `first` of the picture on. */
export interface StripColumns {
  readonly first: number;
  readonly words: Uint32Array;
}

/** Cells of one queue, column-major, from column `first` of the picture on; see `ViewSection`. */
export interface HeatCells {
  readonly first: number;
  readonly columns: number;
  readonly buckets: number;
  readonly depthPerBucket: number;
  readonly cells: Uint8Array;
}

/** Values of one gauge; see `ViewSection`. */
export interface GaugeColumns {
  readonly columns: number;
  readonly values: Float32Array;
}

export interface Picture {
  readonly range: TimeRange;
  readonly widthPx: number;
  /** Width of the columns of strips and heatmaps, and where column 0 begins. */
  readonly columnNs: number;
  readonly originNs: number;
  readonly lanes: ReadonlyMap<number, LaneBoxes>;
  /** By row: what of a lane is too narrow for boxes, or all lanes of a stage together. */
  readonly strips: ReadonlyMap<number, StripColumns>;
  readonly queues: ReadonlyMap<number, HeatCells>;
  readonly gauges: ReadonlyMap<number, GaugeColumns>;
  readonly names: readonly string[];
}

/** Box `i`: x and width in reply pixels. A box that is not there is empty, at 0. */
export const boxX = (boxes: LaneBoxes, i: number): number => boxes.floats[i * WORDS_PER_BOX] ?? 0;
export const boxWidth = (boxes: LaneBoxes, i: number): number =>
  boxes.floats[i * WORDS_PER_BOX + 1] ?? 0;
export const boxMeta = (boxes: LaneBoxes, i: number): number =>
  boxes.words[i * WORDS_PER_BOX + 2] ?? 0;
export const boxName = (boxes: LaneBoxes, i: number): number =>
  boxes.words[i * WORDS_PER_BOX + 3] ?? 0;

/** Where the bytes of a section stand. */
function piecesOf(section: ViewSection): readonly (readonly [offset: number, bytes: number])[] {
  switch (section.kind) {
    case 'lane':
      return [
        [section.offset, section.count * BOX_BYTES],
        [section.strip.offset, section.strip.count * 4],
      ];
    case 'strip':
      return [[section.strip.offset, section.strip.count * 4]];
    case 'queue':
      return [[section.offset, section.columns * section.buckets]];
    case 'gauge':
      return [[section.offset, section.columns * 4]];
  }
}

function fits(section: ViewSection, byteLength: number): boolean {
  return piecesOf(section).every(
    ([offset, bytes]) => offset >= 0 && offset % 4 === 0 && offset + bytes <= byteLength,
  );
}

interface Rows {
  readonly lanes: Map<number, LaneBoxes>;
  readonly strips: Map<number, StripColumns>;
  readonly queues: Map<number, HeatCells>;
  readonly gauges: Map<number, GaugeColumns>;
}

function openSection(rows: Rows, section: ViewSection, buffer: ArrayBuffer): void {
  const { row } = section;
  if (section.kind === 'lane') {
    const words = section.count * WORDS_PER_BOX;
    rows.lanes.set(row, {
      count: section.count,
      floats: new Float32Array(buffer, section.offset, words),
      words: new Uint32Array(buffer, section.offset, words),
    });
  }
  if (section.kind === 'lane' || section.kind === 'strip') {
    const { offset, first, count } = section.strip;
    rows.strips.set(row, { first, words: new Uint32Array(buffer, offset, count) });
  } else if (section.kind === 'gauge') {
    const { columns } = section;
    rows.gauges.set(row, { columns, values: new Float32Array(buffer, section.offset, columns) });
  } else {
    const { first, columns, buckets, depthPerBucket } = section;
    const cells = new Uint8Array(buffer, section.offset, columns * buckets);
    rows.queues.set(
      row,
      joinBuckets({ first, columns, buckets, depthPerBucket, cells }, MAX_BUCKETS),
    );
  }
}

/**
 * Opens a reply. Returns the reason when a section does not lie inside the buffer or is not aligned: a fault of the host,
 * shown to the user rather than drawn wrongly.
 */
export function openReply(reply: ViewReply): Picture | { readonly fault: string } {
  const rows = {
    lanes: new Map<number, LaneBoxes>(),
    strips: new Map<number, StripColumns>(),
    queues: new Map<number, HeatCells>(),
    gauges: new Map<number, GaugeColumns>(),
  };
  for (const section of reply.sections) {
    if (!fits(section, reply.buffer.byteLength)) {
      return { fault: `Row ${section.row}: its pixels do not lie inside the reply.` };
    }
    openSection(rows, section, reply.buffer);
  }
  const { fromNs, toNs, widthPx, columnNs, originNs, names } = reply;
  return { range: { fromNs, toNs }, widthPx, columnNs, originNs, ...rows, names };
}

/**
 * Joins neighbouring depths until there are at most `maxBuckets`: rows of a pixel each would read as a line and not as a
 * heatmap. Shares add up, so nothing is lost but the distinction; a column that saw any of it stays above 0.
 */
export function joinBuckets(heat: HeatCells, maxBuckets: number): HeatCells {
  const joined = Math.ceil(heat.buckets / maxBuckets);
  if (joined <= 1) return heat;
  const buckets = Math.ceil(heat.buckets / joined);
  const cells = new Uint8Array(heat.columns * buckets);
  for (let i = 0; i < heat.columns * heat.buckets; i += 1) {
    const share = heat.cells[i] ?? 0;
    if (share === 0) continue;
    const column = Math.floor(i / heat.buckets);
    const at = column * buckets + Math.floor((i % heat.buckets) / joined);
    cells[at] = Math.min(255, (cells[at] ?? 0) + share);
  }
  const { first, columns } = heat;
  return { first, columns, buckets, depthPerBucket: heat.depthPerBucket * joined, cells };
}

/** Reply pixel `x` stands at plot pixel `x * scale + offsetPx`. */
export interface Placement {
  readonly scale: number;
  readonly offsetPx: number;
}

/** Where a picture of `picture.range` stands on a plot that shows `range` on `widthPx` pixels. */
export function placePicture(picture: Picture, range: TimeRange, widthPx: number): Placement {
  const pxPerNs = widthPx / spanOf(range);
  return {
    scale: (spanOf(picture.range) / picture.widthPx) * pxPerNs,
    offsetPx: (picture.range.fromNs - range.fromNs) * pxPerNs,
  };
}

/** The same for columns: column i of the picture stands at `i * scale + offsetPx`. */
export function placeColumns(picture: Picture, range: TimeRange, widthPx: number): Placement {
  const pxPerNs = widthPx / spanOf(range);
  return {
    scale: picture.columnNs * pxPerNs,
    offsetPx: (picture.originNs - range.fromNs) * pxPerNs,
  };
}

/** Index of the first box that is at or after (level, x) in the order of the reply; `count` when there is none. */
export function firstBoxFrom(boxes: LaneBoxes, level: number, x: number): number {
  let low = 0;
  let high = boxes.count;
  while (low < high) {
    const mid = (low + high) >>> 1;
    const midLevel = metaLevel(boxMeta(boxes, mid));
    if (midLevel < level || (midLevel === level && boxX(boxes, mid) < x)) low = mid + 1;
    else high = mid;
  }
  return low;
}

/**
 * The box of a level under reply pixel `x`, or the nearest one within `tolerancePx`; -1 when there is none. O(log boxes).
 */
export function findBox(boxes: LaneBoxes, level: number, x: number, tolerancePx: number): number {
  const after = firstBoxFrom(boxes, level, x);
  const near = (i: number): number => {
    if (i < 0 || i >= boxes.count || metaLevel(boxMeta(boxes, i)) !== level) return Infinity;
    const left = boxX(boxes, i);
    const right = left + boxWidth(boxes, i);
    return x < left ? left - x : Math.max(0, x - right);
  };
  const [before, next] = [near(after - 1), near(after)];
  const best = before <= next ? after - 1 : after;
  return Math.min(before, next) <= tolerancePx ? best : -1;
}
