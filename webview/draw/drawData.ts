/**
 * Draws what was recorded: columns and boxes of lanes, heat of queues, steps of gauges. Filled rectangles only, so that it can
 * be painted into memory once (`layer.ts`) as well as onto a canvas. Costs O(boxes, columns and cells on screen).
 */
import { drawGauge } from './drawGauge.js';
import { drawHeatmap, type HeatPlot } from './drawHeatmap.js';
import { drawLane, laneHeightPx, type LaneBrush } from './drawLanes.js';
import { drawStrip, type StripPlot } from './drawStrip.js';
import type { DataFrame } from './frame.js';
import {
  bandsBetween,
  lanesBetween,
  type GaugeBand,
  type LaneBand,
  type QueueBand,
  type RowBand,
  type StageBand,
} from '../timeline/layout.js';
import {
  placeColumns,
  placePicture,
  type Picture,
  type Placement,
  type StripColumns,
} from '../timeline/picture.js';
import type { FillSurface } from './surface.js';
import { spanOf } from '../timeline/timeScale.js';

/** Space above and below the depth axis of a queue row. */
export const HEAT_PAD_PX = 6;
/** Above the highest value of a gauge. */
const GAUGE_PAD_PX = 3;

/** Draws the rows of a picture in a window on them. */
export function drawData(ctx: FillSurface, frame: DataFrame, picture: Picture): void {
  const { geometry, scrollPx, heightPx } = frame;
  for (const band of bandsBetween(geometry, scrollPx, scrollPx + heightPx)) {
    if (band.kind === 'stage') drawStage(ctx, frame, picture, band);
    else if (band.kind === 'queue') drawQueue(ctx, frame, picture, band);
    else if (band.kind === 'gauge') drawGaugeRow(ctx, frame, picture, band);
  }
}

/** Vertical stretch of a queue's depth axis, in pixels of the window. */
export function heatAxis(frame: DataFrame, band: RowBand): { topPx: number; bottomPx: number } {
  const top = band.yPx - frame.scrollPx;
  return { topPx: top + HEAT_PAD_PX, bottomPx: top + band.heightPx - HEAT_PAD_PX - 1 };
}

function drawQueue(ctx: FillSurface, frame: DataFrame, picture: Picture, band: QueueBand): void {
  const heat = picture.queues.get(band.row.id);
  if (heat === undefined || heat.columns === 0) return;
  const { theme, widthPx, dpr } = frame;
  const plot: HeatPlot = {
    theme,
    widthPx,
    dpr,
    place: shifted(placeColumns(picture, frame.range, widthPx), heat.first),
    ...heatAxis(frame, band),
    capacity: band.row.capacity,
    scale: frame.heatScale,
  };
  drawHeatmap(ctx, plot, heat);
}

/** Where column `first` of a picture stands, as column 0. */
function shifted(place: Placement, first: number): Placement {
  return { scale: place.scale, offsetPx: place.offsetPx + first * place.scale };
}

function drawGaugeRow(ctx: FillSurface, frame: DataFrame, picture: Picture, band: GaugeBand): void {
  const gauge = picture.gauges.get(band.row.id);
  if (gauge === undefined || gauge.columns === 0) return;
  const { theme, widthPx, dpr } = frame;
  const whole = placePicture(picture, frame.range, widthPx);
  const place = { ...whole, scale: (whole.scale * picture.widthPx) / gauge.columns };
  const topPx = band.yPx - frame.scrollPx + GAUGE_PAD_PX;
  const bottomPx = band.yPx - frame.scrollPx + band.heightPx - 1;
  drawGauge(ctx, { theme, place, widthPx, dpr, topPx, bottomPx, row: band.row }, gauge);
}

/** What the boxes of a stage's lanes are drawn with. */
export function brushOf(frame: DataFrame, picture: Picture, band: StageBand): LaneBrush {
  return {
    theme: frame.theme,
    stage: band.row.stageKind,
    place: placePicture(picture, frame.range, frame.widthPx),
    widthPx: frame.widthPx,
    dpr: frame.dpr,
    shiftY: -frame.scrollPx,
    names: picture.names,
    replyPx: picture.widthPx,
    replyNs: spanOf(picture.range),
  };
}

/** Lanes of a stage that are in the window. */
export function lanesOn(frame: DataFrame, band: StageBand): readonly LaneBand[] {
  return lanesBetween(band.lanes, frame.scrollPx, frame.scrollPx + frame.heightPx);
}

function drawStage(ctx: FillSurface, frame: DataFrame, picture: Picture, band: StageBand): void {
  const { theme, widthPx, dpr, scrollPx } = frame;
  const busy = theme.stages[band.row.stageKind].solid;
  const place = placeColumns(picture, frame.range, widthPx);
  const columns = (yPx: number, heightPx: number, strip: StripColumns | undefined): void => {
    if (strip === undefined) return;
    const plot: StripPlot = { theme, busy, place, widthPx, dpr, yPx: yPx - scrollPx, heightPx };
    drawStrip(ctx, plot, strip);
  };
  if (band.strip !== null) {
    columns(band.strip.yPx, band.strip.heightPx, picture.strips.get(band.row.id));
  }
  const brush = brushOf(frame, picture, band);
  for (const lane of lanesOn(frame, band)) {
    columns(lane.yPx, laneHeightPx(lane), picture.strips.get(lane.lane.id));
    const boxes = picture.lanes.get(lane.lane.id);
    if (boxes !== undefined) drawLane(ctx, brush, lane, boxes);
  }
}
