/**
 * What is on screen as one picture to keep, put together from the drawing functions of the page:
 *
 *     title, what of it is shown
 *     ┌ header ┬ overview ──┐
 *     │        │ ruler      │
 *     │ name   │ rows       │
 *     └ legend ┴────────────┘
 *
 * Pure: whoever has a surface draws it (`exportImage.ts`).
 */
import { color } from 'd3';
import { hasVerdict } from '../../extension/core/report/factText.js';
import { drawFlame, type FlameFrame } from '../draw/drawFlame.js';
import { drawHeader } from '../draw/drawHeaders.js';
import { drawLegend, planLegend } from '../draw/drawLegend.js';
import { drawOverview, LABELS_PX, overviewFrame, windowPixels } from '../draw/drawOverview.js';
import { drawTimeline } from '../draw/drawTimeline.js';
import { FLAME_ROW_PX } from '../flame/flameBoxes.js';
import { frameOf, type Frame } from '../draw/frame.js';
import { bandsBetween } from '../timeline/layout.js';
import type { Picture } from '../timeline/picture.js';
import { drawRuler } from '../draw/ruler.js';
import type { PanelState } from '../state.js';
import { fitText, type PictureSurface } from '../draw/surface.js';
import { bottleneckTitle, executionsText, lossText, sessionText, stateLine } from '../texts.js';
import { fontOf, isHighContrast, type Theme } from '../theme.js';
import { rangeLabel, rulerFor, type TimeRange } from '../timeline/timeScale.js';

/** A picture that can be drawn on any surface of its size. */
export interface Drawing {
  readonly widthPx: number;
  readonly heightPx: number;
  /** What it is, in a sentence. */
  readonly title: string;
  readonly theme: Theme;
  readonly draw: (ctx: PictureSurface) => void;
}

/** The timeline as it stands on the page. */
export interface TimelineShot {
  readonly state: PanelState;
  readonly theme: Theme;
  readonly picture: Picture | null;
  readonly headerPx: number;
  /** Of the plot. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly overviewPx: number;
  readonly rulerPx: number;
  readonly dpr: number;
  /** What stands beside the overview. */
  readonly overviewLines: readonly string[];
  readonly measure: (text: string, font: string) => number;
}

const TITLE_PX = 46;
const PAD_PX = 12;

interface TitleLines {
  readonly name: string;
  /** At the right, beside the name. */
  readonly shown: string;
  readonly facts: readonly string[];
  /** One of the facts, told as a warning; empty: nothing was lost. */
  readonly lost: string;
  /** At the right, below `shown`. */
  readonly marked: string;
}

function titleLines({ snapshot, nav, marked }: PanelState): TitleLines {
  const markedText = marked === null ? '' : `marked: ${rangeLabel(marked)}`;
  const shown = rangeLabel(nav.range);
  if (snapshot === null) return { name: 'Sluice', shown, facts: [], lost: '', marked: markedText };
  const { report } = snapshot;
  const verdicts = report.pipelines
    .filter((p) => hasVerdict(p) && p.bottleneck.kind !== 'none')
    .map((p) => `bottleneck ${bottleneckTitle(p)}`);
  const losses = lossText(report).short;
  const facts = [
    stateLine(snapshot),
    sessionText(report),
    executionsText(report),
    losses,
    ...verdicts,
  ];
  const lost = report.capture.lost.records > 0 ? losses : '';
  return { name: snapshot.title, shown, facts, lost, marked: markedText };
}

const FIRST_Y = 15;
const SECOND_Y = 33;
const FACT_GAP_PX = 4;

/** Writes a text that ends at the right edge, and returns how much room it leaves. */
function drawRight(
  ctx: PictureSurface,
  theme: Theme,
  text: string,
  at: readonly [number, number],
): number {
  const [widthPx, y] = at;
  ctx.textAlign = 'right';
  ctx.font = fontOf(theme, 12, null);
  ctx.fillStyle = theme.foreground;
  ctx.fillText(text, widthPx - PAD_PX, y);
  ctx.textAlign = 'left';
  return widthPx - 3 * PAD_PX - ctx.measureText(text).width;
}

function drawTitle(ctx: PictureSurface, theme: Theme, lines: TitleLines, widthPx: number): void {
  ctx.textBaseline = 'middle';
  const nameRoomPx = drawRight(ctx, theme, lines.shown, [widthPx, FIRST_Y]);
  ctx.font = fontOf(theme, 13, 600);
  ctx.fillText(fitText(ctx, lines.name, nameRoomPx), PAD_PX, FIRST_Y);
  const roomPx = drawRight(ctx, theme, lines.marked, [widthPx, SECOND_Y]);
  ctx.font = theme.font;
  let x = PAD_PX;
  for (const [i, fact] of lines.facts.entries()) {
    const text = fitText(ctx, i === 0 ? fact : `· ${fact}`, roomPx + PAD_PX - x);
    ctx.fillStyle = fact === lines.lost ? theme.warning : theme.dim;
    if (text !== '') ctx.fillText(text, x, SECOND_Y);
    // A space at the end of a text is dropped by many viewers.
    x += ctx.measureText(text).width + FACT_GAP_PX;
  }
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, TITLE_PX - 1, widthPx, 1);
}

/** Draws within a rectangle, whose upper left corner is the origin meanwhile. */
function inside(
  ctx: PictureSurface,
  [x, y, width, height]: readonly [number, number, number, number],
  draw: () => void,
): void {
  ctx.save();
  ctx.translate(x, y);
  ctx.beginPath();
  ctx.rect(0, 0, width, height);
  ctx.clip();
  draw();
  ctx.restore();
}

/** The visible range in the overview, as the brush shows it. */
function drawWindow(ctx: PictureSurface, shot: TimelineShot, range: TimeRange): void {
  const { theme, widthPx, overviewPx, state } = shot;
  const [left, right] = windowPixels(state.nav.extent, range, widthPx);
  const width = right - left;
  const isHigh = isHighContrast(theme);
  const fill = color(theme.focus)?.copy({ opacity: 0.18 });
  ctx.fillStyle = fill?.formatRgb() ?? theme.focus;
  if (!isHigh) ctx.fillRect(left, 0, width, overviewPx - LABELS_PX);
  ctx.strokeStyle = theme.focus;
  ctx.lineWidth = isHigh ? 2 : 1;
  ctx.setLineDash([]);
  ctx.strokeRect(left + 0.5, 0.5, Math.max(width - 1, 1), overviewPx - LABELS_PX - 1);
}

function drawOverviewStrip(ctx: PictureSurface, shot: TimelineShot): void {
  const { state, theme, widthPx, dpr } = shot;
  const { snapshot, nav } = state;
  if (snapshot === null) return;
  const size = { widthPx, heightPx: shot.overviewPx, dpr };
  drawOverview(ctx, overviewFrame(state, snapshot, theme, size));
  if (nav.extent.toNs > nav.extent.fromNs) drawWindow(ctx, shot, nav.range);
}

function drawOverviewHeader(ctx: PictureSurface, { theme, overviewLines }: TimelineShot): void {
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const [i, text] of overviewLines.entries()) {
    ctx.font = i === 0 ? fontOf(theme, 12, null) : theme.font;
    ctx.fillStyle = i === 1 ? theme.foreground : theme.dim;
    ctx.fillText(text, PAD_PX, 14 + i * 16);
  }
}

function drawRulerRow(ctx: PictureSurface, shot: TimelineShot, yPx: number): void {
  const { state, theme, headerPx, widthPx, rulerPx, dpr } = shot;
  const { nav, snapshot, marked } = state;
  const { base } = rulerFor(nav.range, widthPx);
  inside(ctx, [headerPx, yPx, widthPx, rulerPx], () => {
    const knobChanges = snapshot?.knobChanges ?? [];
    const size = { widthPx, heightPx: rulerPx, dpr };
    drawRuler(ctx, { theme, range: nav.range, ...size, knobChanges, marked });
  });
  ctx.font = fontOf(theme, 12, null);
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.dim;
  ctx.fillText(base === null ? 'time' : `${base.label} +`, headerPx - PAD_PX, yPx + rulerPx / 2);
  ctx.textAlign = 'left';
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, yPx + rulerPx - 1, headerPx, 1);
}

function drawHeaders(ctx: PictureSurface, shot: TimelineShot, frame: Frame): void {
  const { scrollPx, heightPx, geometry } = frame;
  const style = { theme: shot.theme, widthPx: shot.headerPx };
  for (const band of bandsBetween(geometry, scrollPx, scrollPx + heightPx)) {
    drawHeader(ctx, style, { ...band, yPx: band.yPx - scrollPx });
  }
}

/** The timeline with everything around it. */
export function timelineDrawing(shot: TimelineShot): Drawing {
  const { state, theme, headerPx, widthPx, overviewPx, rulerPx, dpr } = shot;
  const { geometry, scrollPx, heatScale } = state;
  const allPx = headerPx + widthPx;
  const rowsPx = Math.max(Math.min(shot.heightPx, Math.ceil(geometry.heightPx - scrollPx)), 1);
  const window = { scrollPx, widthPx, heightPx: rowsPx, dpr };
  const frame = frameOf(state, theme, shot.picture, window);
  const legend = planLegend({ heatScale }, allPx, (text) => shot.measure(text, theme.font));
  const rowsY = TITLE_PX + overviewPx + rulerPx;
  const heightPx = rowsY + rowsPx + legend.heightPx;
  const lines = titleLines(state);
  return {
    widthPx: allPx,
    heightPx,
    theme,
    title: `Timeline of ${lines.name}, ${lines.shown}. ${lines.facts.join(', ')}`,
    draw(ctx) {
      ctx.fillStyle = theme.background;
      ctx.fillRect(0, 0, allPx, heightPx);
      drawTitle(ctx, theme, lines, allPx);
      inside(ctx, [0, TITLE_PX, headerPx, overviewPx], () => {
        drawOverviewHeader(ctx, shot);
      });
      inside(ctx, [headerPx, TITLE_PX, widthPx, overviewPx], () => {
        drawOverviewStrip(ctx, shot);
      });
      drawRulerRow(ctx, shot, TITLE_PX + overviewPx);
      inside(ctx, [headerPx, rowsY, widthPx, rowsPx], () => {
        drawTimeline(ctx, frame);
      });
      inside(ctx, [0, rowsY, headerPx, rowsPx], () => {
        drawHeaders(ctx, shot, frame);
      });
      ctx.save();
      ctx.translate(0, rowsY + rowsPx);
      drawLegend(ctx, legend, { theme, dpr, heatScale });
      ctx.restore();
    },
  };
}

/** The flame graph as it is scrolled, down to its last row, under the same title. `about`: of what, and of how much time. */
export function flameDrawing(state: PanelState, shown: FlameFrame, about: string): Drawing {
  const { theme, widthPx, boxes, scrollPx } = shown;
  const rows = Math.max(...boxes.map((box) => box.row), 0) + 1;
  const flamePx = Math.max(Math.min(shown.heightPx, rows * FLAME_ROW_PX - scrollPx), 1);
  const frame = { ...shown, heightPx: flamePx };
  const lines = { ...titleLines(state), shown: about };
  const heightPx = TITLE_PX + flamePx;
  return {
    widthPx,
    heightPx,
    theme,
    title: `${about}. ${lines.name}. ${lines.facts.join(', ')}`,
    draw(ctx) {
      ctx.fillStyle = theme.background;
      ctx.fillRect(0, 0, widthPx, heightPx);
      drawTitle(ctx, theme, lines, widthPx);
      inside(ctx, [0, TITLE_PX, widthPx, flamePx], () => {
        drawFlame(ctx, frame);
      });
    },
  };
}
