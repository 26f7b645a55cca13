/** The overview strip: the curve of the whole session on a canvas, and d3's brush over it for the visible range. */
import { brushX, select, type D3BrushEvent } from 'd3';
import { el, fitCanvas, setText } from './dom.js';
import { drawOverview, type OverviewFrame } from './drawOverview.js';
import type { PanelState } from './state.js';
import { formatDurationNs, formatRate } from '../extension/core/format.js';
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import type { PipelineReport } from '../extension/core/report/report.js';
import { spanOf, timeAt, xOf, type TimeRange } from './timeScale.js';
import type { Theme } from './theme.js';

export const OVERVIEW_PX = 66;

export interface Overview {
  readonly element: HTMLElement;
  /** Draws the strip and moves the brush; `widthPx` is the width of the rows' plot, which it lines up with. */
  draw(state: PanelState, theme: Theme, widthPx: number): void;
}

type BrushPixels = readonly [number, number] | null;

function pixelsOf(event: D3BrushEvent<unknown>): BrushPixels {
  const [from, to] = event.selection ?? [];
  return typeof from === 'number' && typeof to === 'number' ? [from, to] : null;
}

/** A click outside of the brush moves the window there; a drag chooses a new one. */
function rangeFrom(
  pixels: BrushPixels,
  clickX: number,
  view: { readonly extent: TimeRange; readonly range: TimeRange; readonly widthPx: number },
): TimeRange {
  const { extent, range, widthPx } = view;
  if (pixels !== null) {
    return {
      fromNs: timeAt(extent, widthPx, pixels[0]),
      toNs: timeAt(extent, widthPx, pixels[1]),
    };
  }
  const center = timeAt(extent, widthPx, clickX);
  return { fromNs: center - spanOf(range) / 2, toNs: center + spanOf(range) / 2 };
}

/** The visible range in the strip; at least two pixels wide, or it could be neither seen nor grasped. */
function windowPixels(extent: TimeRange, range: TimeRange, widthPx: number): [number, number] {
  const at = (ns: number): number => Math.min(Math.max(xOf(extent, widthPx, ns), 0), widthPx);
  const from = Math.min(at(range.fromNs), widthPx - 2);
  return [from, Math.max(at(range.toNs), from + 2)];
}

function headerOf(): { element: HTMLElement; update: (state: PanelState) => void } {
  const rate = el('div', 'row-numbers');
  const latency = el('div', 'row-numbers dim');
  const heading = el('div', 'dim', 'Throughput');
  const element = el('div', 'overview-header', heading, rate, latency);
  return {
    element,
    update(state) {
      const first = state.snapshot?.report.pipelines[0];
      const pipeline = first?.isImported === true ? undefined : first;
      setText(heading, first?.isImported === true ? '' : 'Throughput');
      setText(rate, pipeline === undefined ? '' : formatRate(pipeline.throughputPerSec));
      setText(latency, pipeline === undefined ? '' : latencyText(pipeline));
    },
  };
}

/** The tail where items were followed; else the mean, which is all that Little's law gives. */
function latencyText({ latencyNs, latencyMean }: PipelineReport): string {
  if (latencyNs !== null) return `latency p95 ${formatDurationNs(latencyNs.p95)}`;
  if (latencyMean === null) return '';
  return `latency ${latencyMean.isAtLeast ? '≥' : '≈'} ${formatDurationNs(latencyMean.meanNs)}`;
}

function frameOf(
  { nav, marked, search }: PanelState,
  { throughput, losses }: PanelSnapshot,
  theme: Theme,
  widthPx: number,
): OverviewFrame {
  const size = { widthPx, heightPx: OVERVIEW_PX, dpr: devicePixelRatio };
  return { theme, extent: nav.extent, ...size, throughput, losses, marked, found: search.found };
}

/** Makes the strip. `show` is called with the range that the user brushed. */
export function createOverview(show: (range: TimeRange) => void): Overview {
  const canvas = el('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  const header = headerOf();
  const svg = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
  svg.attr('class', 'brush').attr('aria-hidden', 'true');
  const layer = svg.append('g');
  let current: { state: PanelState; widthPx: number } | null = null;
  let dragging = false;
  const brushed = (event: D3BrushEvent<unknown>): void => {
    // Moves that the program made itself have no source event.
    if (!(event.sourceEvent instanceof Event) || current === null) return;
    dragging = event.type !== 'end';
    const pixels = pixelsOf(event);
    if (pixels === null && event.type !== 'end') return;
    const source = event.sourceEvent;
    const clickX =
      source instanceof MouseEvent ? source.clientX - canvas.getBoundingClientRect().left : 0;
    const { extent, range } = current.state.nav;
    show(rangeFrom(pixels, clickX, { extent, range, widthPx: current.widthPx }));
  };
  const brush = brushX<unknown>().on('start brush end', brushed);
  const plot = el('div', 'overview-plot', canvas);
  const svgNode = svg.node();
  if (svgNode !== null) plot.append(svgNode);
  const element = el('div', 'overview', header.element, plot);
  return {
    element,
    draw(state, theme, widthPx) {
      const resized = current?.widthPx !== widthPx;
      current = { state, widthPx };
      header.update(state);
      if (resized) {
        svg.attr('width', widthPx).attr('height', OVERVIEW_PX);
        brush.extent([
          [0, 0],
          [widthPx, OVERVIEW_PX - 14],
        ]);
        layer.call(brush);
      }
      const ctx = fitCanvas(canvas, widthPx, OVERVIEW_PX);
      const { extent, range } = state.nav;
      if (ctx === null || state.snapshot === null) return;
      drawOverview(ctx, frameOf(state, state.snapshot, theme, widthPx));
      if (dragging || spanOf(extent) <= 0) return;
      const window = windowPixels(extent, range, widthPx);
      // A window over everything has nowhere to go: a drag in it chooses a part instead of moving it.
      svg.classed('whole', window[0] <= 1 && window[1] >= widthPx - 1);
      layer.call((selection) => {
        brush.move(selection, window);
      });
    },
  };
}
