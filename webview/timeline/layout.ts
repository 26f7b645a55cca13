/**
 * Where the rows of the timeline stand. Pure: rows and report in, rectangles out; nothing here knows a canvas.
 *
 * Rows follow the pipeline from top to bottom, so the reader sees cause and effect as neighbours: the lanes above a full
 * queue are hatched (blocked), the lanes below it are solid (busy). A row is a header of fixed width at the left and a
 * plot at the right; both share `yPx` and `heightPx`, which is all that this file decides.
 *
 *      y 0  ┌ header ─────┬ plot ───────────────────────┐
 *           │ decode      │ lane 0  level 0             │  levelPx each; a lane with nested spans
 *           │ cpu ×2      │         level 1             │  has more than one level
 *           │ ▇▇▇▇▁▁      │ lane 1  level 0             │
 *           │             │ CPU samples of a thread     │  one level a call, CPU_LEVEL_PX each
 *           ├─────────────┼─────────────────────────────┤
 *           │ decoded     │ queue: depth upwards        │
 *           ├─────────────┼─────────────────────────────┤
 *           │ ▾ process   │                             │  below all pipelines: one line of text each, GAUGE_PX;
 *           │ loop delay  │ gauge                       │  the title folds them away
 *           └─────────────┴─────────────────────────────┘
 *
 * Coordinate spaces, named once: *content* pixels count from the top of the first row (this file), *plot* pixels from the
 * top of what the scroll position shows (`drawTimeline.ts`), *reply* pixels are the columns of a view reply
 * (`picture.ts`). A stage with many lanes gets thinner lanes down to `MIN_LEVEL_PX`; beyond that the content is taller
 * than the window and scrolls, and only what is on screen is asked for and drawn, down to the single lane.
 */
import type {
  GaugeRow,
  GaugesRow,
  LaneRow,
  PanelRow,
  QueueRow,
  StageRow,
} from '../../extension/core/panel/rows.js';
import type {
  LinkReport,
  PipelineReport,
  QueueReport,
  Report,
  StageReport,
} from '../../extension/core/report/report.js';

/** One lane in content pixels. Its levels are stacked downwards, `levelPx` each (gap included). */
export interface LaneBand {
  readonly lane: LaneRow;
  readonly yPx: number;
  readonly levelPx: number;
}

/** A stretch of the content from top to bottom. */
export interface Band {
  readonly yPx: number;
  readonly heightPx: number;
}

/** A row in content pixels. A `group` names the pipeline or process of the rows below it. */
export type RowBand =
  | (Band & { readonly kind: 'group'; readonly key: string; readonly label: string })
  | (Band & {
      readonly kind: 'stage';
      readonly key: string;
      readonly row: StageRow;
      readonly report: StageReport | null;
      /** To and from this stage. */
      readonly links: readonly LinkReport[];
      /** When it is folded only the CPU samples. */
      readonly lanes: readonly LaneBand[];
      /** Where all lanes stand together when it is folded, above the rest; null: each for itself. */
      readonly strip: Band | null;
    })
  | (Band & {
      readonly kind: 'queue';
      readonly key: string;
      readonly row: QueueRow;
      readonly report: QueueReport | null;
    })
  | (Band & {
      /** Title of a process's gauges, which can be folded away. */
      readonly kind: 'gauges';
      readonly key: string;
      readonly row: GaugesRow;
      readonly isFolded: boolean;
    })
  | (Band & { readonly kind: 'gauge'; readonly key: string; readonly row: GaugeRow });

export type StageBand = Extract<RowBand, { kind: 'stage' }>;
export type QueueBand = Extract<RowBand, { kind: 'queue' }>;
export type GaugeBand = Extract<RowBand, { kind: 'gauge' }>;

/** All rows, from top to bottom without overlap. */
export interface Geometry {
  readonly bands: readonly RowBand[];
  readonly heightPx: number;
}

export const MIN_STAGE_PX = 58;
export const QUEUE_PX = 52;
export const GROUP_PX = 24;
export const GAUGE_PX = 19;
/** Above and below the lanes of a stage. */
export const STAGE_PAD_PX = 5;
export const MAX_LEVEL_PX = 22;
export const MIN_LEVEL_PX = 3;
/** What the lanes of one stage may take before they are drawn thinner. */
const LANES_BUDGET_PX = 224;
const COMFORTABLE_LEVEL_PX = 16;
/** Height of one call in the rows of CPU samples. */
export const CPU_LEVEL_PX = 14;

/** Height of one level for a stage with so many levels over all its lanes. */
export function levelHeightPx(levels: number): number {
  const roomy = Math.floor((MIN_STAGE_PX - 2 * STAGE_PAD_PX) / levels);
  const wanted = Math.max(roomy, COMFORTABLE_LEVEL_PX);
  const affordable = Math.floor(LANES_BUDGET_PX / levels);
  return Math.max(MIN_LEVEL_PX, Math.min(MAX_LEVEL_PX, wanted, affordable));
}

const levelsOf = (lane: LaneRow): number => Math.max(1, lane.levels);
const isLane = (lane: LaneRow): boolean => lane.kind !== 'cpu';

/** Stages with more lanes than this are folded into one strip until the reader unfolds them: more take the screen for one stage. */
const MAX_OPEN_LANES = 10;

/** Is there more than one lane, so that folding makes a difference? */
export const canFold = (row: StageRow): boolean => row.lanes.filter(isLane).length > 1;

/** What was folded or unfolded by the reader, by `foldKey`. */
export type Folds = ReadonlyMap<string, boolean>;

/** What folding is remembered by: names and pids outlive the ids of rows. */
export function foldKey(row: StageRow | GaugesRow): string {
  return row.kind === 'gauges'
    ? `gauges ${row.process}`
    : `stage ${row.pipeline}/${row.stage}/${row.joined === null ? row.process : 'all'}`;
}

/** Whether a row is folded: as the reader left it, else a stage by the number of its lanes. */
export function isFolded(row: StageRow | GaugesRow, folds: Folds): boolean {
  const left = folds.get(foldKey(row));
  if (left !== undefined) return left;
  return row.kind === 'stage' && row.lanes.filter(isLane).length > MAX_OPEN_LANES;
}

function stageBand(
  row: StageRow,
  pipeline: PipelineReport | undefined,
  yPx: number,
  folds: Folds,
): StageBand {
  const report = row.joined?.report ?? stageReport(pipeline, row);
  const links = (pipeline?.links ?? []).filter((l) => l.from === row.stage || l.to === row.stage);
  const band = { kind: 'stage' as const, key: `stage ${row.id}`, row, report, links, yPx };
  const folded = canFold(row) && isFolded(row, folds);
  const strip = { yPx: yPx + STAGE_PAD_PX, heightPx: MIN_STAGE_PX - 2 * STAGE_PAD_PX - 1 };
  const lanes = folded
    ? laneBands(
        row.lanes.filter((lane) => !isLane(lane)),
        yPx + MIN_STAGE_PX - STAGE_PAD_PX,
      )
    : laneBands(row.lanes, yPx + STAGE_PAD_PX);
  const last = lanes.at(-1);
  const endPx = last === undefined ? yPx : last.yPx + levelsOf(last.lane) * last.levelPx;
  const heightPx = Math.max(MIN_STAGE_PX, endPx + STAGE_PAD_PX - yPx);
  return { ...band, lanes, strip: folded ? strip : null, heightPx };
}

function laneBands(rows: readonly LaneRow[], yPx: number): readonly LaneBand[] {
  const levels = rows.filter(isLane).reduce((sum, lane) => sum + levelsOf(lane), 0);
  const levelPx = levelHeightPx(Math.max(1, levels));
  let laneY = yPx;
  return rows.map((lane): LaneBand => {
    // Stacks are deep, and a function without its name says nothing.
    const band = { lane, yPx: laneY, levelPx: isLane(lane) ? levelPx : CPU_LEVEL_PX };
    laneY += levelsOf(lane) * band.levelPx;
    return band;
  });
}

/** The stage's part of the report; null when the report does not know it. */
function stageReport(pipeline: PipelineReport | undefined, row: StageRow): StageReport | null {
  const named = pipeline?.stages.filter((s) => s.name === row.stage) ?? [];
  return named.find((s) => s.process === row.process) ?? named[0] ?? null;
}

function gaugeBands(row: GaugesRow, yPx: number, folded: boolean): readonly RowBand[] {
  const key = `gauges ${row.id}`;
  const title: RowBand = { kind: 'gauges', key, row, isFolded: folded, yPx, heightPx: GROUP_PX };
  if (folded) return [title];
  const gauges = row.gauges.map((gauge, i): RowBand => {
    const top = yPx + GROUP_PX + i * GAUGE_PX;
    return { kind: 'gauge', key: `gauge ${gauge.id}`, row: gauge, yPx: top, heightPx: GAUGE_PX };
  });
  return [title, ...gauges];
}

const noFolds: Folds = new Map();

/** Places every row. O(rows + lanes). */
export function layout(
  rows: readonly PanelRow[],
  report: Report,
  folds: Folds = noFolds,
): Geometry {
  const pipelines = new Map(report.pipelines.map((p) => [p.name, p]));
  const names = rows.flatMap((r) => (r.kind === 'gauges' ? [] : [r.pipeline]));
  const grouped = new Set(names).size > 1;
  const bands: RowBand[] = [];
  let yPx = 0;
  let group: string | null = null;
  const add = (band: RowBand): void => {
    bands.push(band);
    yPx += band.heightPx;
  };
  for (const row of rows) {
    if (row.kind === 'gauges') {
      for (const band of gaugeBands(row, yPx, isFolded(row, folds))) add(band);
      continue;
    }
    if (grouped && row.pipeline !== group) {
      group = row.pipeline;
      const key = `group ${bands.length}`;
      add({ kind: 'group', key, label: group, yPx, heightPx: GROUP_PX });
    }
    const pipeline = pipelines.get(row.pipeline);
    if (row.kind === 'stage') add(stageBand(row, pipeline, yPx, folds));
    else add(queueBand(row, pipeline, yPx));
  }
  return { bands, heightPx: yPx };
}

function queueBand(row: QueueRow, pipeline: PipelineReport | undefined, yPx: number): RowBand {
  const report = pipeline?.queues.find((q) => q.name === row.queue) ?? null;
  return { kind: 'queue', key: `queue ${row.id}`, row, report, yPx, heightPx: QUEUE_PX };
}

/** Index of the first element whose end lies below `yPx`; `length` when there is none. Elements are in order of y. */
function firstBelow<T>(list: readonly T[], yPx: number, endOf: (t: T) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    const element = list[mid];
    if (element !== undefined && endOf(element) <= yPx) low = mid + 1;
    else high = mid;
  }
  return low;
}

function between<T>(
  list: readonly T[],
  fromPx: number,
  toPx: number,
  at: { readonly start: (t: T) => number; readonly end: (t: T) => number },
): readonly T[] {
  const first = firstBelow(list, fromPx, at.end);
  let last = first;
  for (let t = list[last]; t !== undefined && at.start(t) < toPx; t = list[last]) last += 1;
  return list.slice(first, last);
}

const bandAt = {
  start: (b: Band): number => b.yPx,
  end: (b: Band): number => b.yPx + b.heightPx,
};
const laneHeightPx = (lane: LaneBand): number => levelsOf(lane.lane) * lane.levelPx;
const laneAt = {
  start: (l: LaneBand): number => l.yPx,
  end: (l: LaneBand): number => l.yPx + laneHeightPx(l),
};

/** Rows that touch [fromPx, toPx) of the content. */
export function bandsBetween(geometry: Geometry, fromPx: number, toPx: number): readonly RowBand[] {
  return between(geometry.bands, fromPx, toPx, bandAt);
}

/** Lanes that touch [fromPx, toPx) of the content. */
export function lanesBetween(
  lanes: readonly LaneBand[],
  fromPx: number,
  toPx: number,
): readonly LaneBand[] {
  return between(lanes, fromPx, toPx, laneAt);
}

/** Ids of the lanes, queues and gauges that touch [fromPx, toPx): what a view request asks for. At most `limit`. */
export function rowIdsBetween(
  geometry: Geometry,
  fromPx: number,
  toPx: number,
  limit = 4096,
): readonly number[] {
  const ids: number[] = [];
  for (const band of bandsBetween(geometry, fromPx, toPx)) {
    if (band.kind === 'queue' || band.kind === 'gauge') ids.push(band.row.id);
    if (band.kind === 'stage') {
      if (band.strip !== null) ids.push(band.row.id);
      ids.push(...lanesBetween(band.lanes, fromPx, toPx).map((l) => l.lane.id));
    }
  }
  return ids.slice(0, limit);
}

/** What stands at a height of the content. */
export type Place =
  | { readonly kind: 'queue' | 'gauge' | 'strip'; readonly row: number; readonly band: RowBand }
  | {
      readonly kind: 'lane';
      readonly row: number;
      readonly level: number;
      readonly lane: LaneBand;
      readonly band: RowBand;
    };

/** The lane, queue or gauge at `yPx`; null on padding, group titles and below the last row. */
export function placeAt(geometry: Geometry, yPx: number): Place | null {
  const band = bandsBetween(geometry, yPx, yPx + 1e-6)[0];
  if (band === undefined || yPx < band.yPx) return null;
  if (band.kind === 'queue' || band.kind === 'gauge') {
    return { kind: band.kind, row: band.row.id, band };
  }
  if (band.kind !== 'stage') return null;
  if (band.strip !== null && yPx < band.strip.yPx + band.strip.heightPx) {
    return { kind: 'strip', row: band.row.id, band };
  }
  const lane = lanesBetween(band.lanes, yPx, yPx + 1e-6)[0];
  if (lane === undefined || yPx < lane.yPx) return null;
  const level = Math.floor((yPx - lane.yPx) / lane.levelPx);
  return { kind: 'lane', row: lane.lane.id, level, lane, band };
}

/** Where rows stand, by their ids: a thousand hits of a search are placed for each frame, and a stage may have as many lanes. */
interface RowIndex {
  readonly bands: ReadonlyMap<number, RowBand>;
  readonly lanes: ReadonlyMap<number, LaneBand>;
}

const indexes = new WeakMap<Geometry, RowIndex>();

function indexOf(geometry: Geometry): RowIndex {
  const known = indexes.get(geometry);
  if (known !== undefined) return known;
  const bands = new Map<number, RowBand>();
  const lanes = new Map<number, LaneBand>();
  for (const band of geometry.bands) {
    if (band.kind === 'queue' || band.kind === 'gauge') bands.set(band.row.id, band);
    if (band.kind !== 'stage') continue;
    bands.set(band.row.id, band);
    for (const lane of band.row.lanes) bands.set(lane.id, band);
    for (const lane of band.lanes) lanes.set(lane.lane.id, lane);
  }
  const made = { bands, lanes };
  indexes.set(geometry, made);
  return made;
}

/** The row that holds a stage, a lane, a queue or a gauge; null when no row has this id. A lane may be folded away in it. */
export function bandOfRow(geometry: Geometry, rowId: number): RowBand | null {
  return indexOf(geometry).bands.get(rowId) ?? null;
}

/**
 * Where a level of a lane, or a queue, a gauge or a whole stage stands. A lane that is folded away stands in its stage's strip;
 * null when no row has this id.
 */
export function placeOfRow(geometry: Geometry, rowId: number, level: number): Band | null {
  const band = bandOfRow(geometry, rowId);
  if (band === null) return null;
  if (band.kind !== 'stage') return { yPx: band.yPx, heightPx: band.heightPx };
  const lane = indexOf(geometry).lanes.get(rowId);
  if (lane === undefined) return band.strip ?? { yPx: band.yPx, heightPx: band.heightPx };
  return { yPx: lane.yPx + level * lane.levelPx, heightPx: lane.levelPx };
}
