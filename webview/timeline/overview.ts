/** The overview strip: the curves of the whole session on a canvas, and d3's brush over it for the visible range. */
import { brushX, select, type D3BrushEvent } from 'd3';
import { el, fitCanvas, setText } from '../dom.js';
import { drawOverview, overviewFrame, windowPixels } from '../draw/drawOverview.js';
import type { PanelState } from '../state.js';
import { formatDurationNs, formatRate } from '../../extension/core/format.js';
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import type { PipelineReport } from '../../extension/core/report/report.js';
import { momentLabel, spanOf, timeAt, type TimeRange } from './timeScale.js';
import type { Theme } from '../theme.js';

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

const CHART_TITLE =
  'Area: items per second that left the pipeline. Lines: p50, p95 (thick) and p99 of the time that they had taken from end to end.';

/** What the strip's header says of the whole session, or of the moment under the pointer. */
interface HeaderTexts {
  readonly heading: string;
  readonly rate: string;
  readonly latency: string;
}

function headerOf(): { element: HTMLElement; show: (texts: HeaderTexts) => void } {
  const rate = el('div', 'row-numbers');
  const latency = el('div', 'row-numbers dim');
  const heading = el('div', 'dim');
  const element = el('div', 'overview-header', heading, rate, latency);
  element.title = CHART_TITLE;
  return {
    element,
    show(texts) {
      setText(heading, texts.heading);
      setText(rate, texts.rate);
      setText(latency, texts.latency);
    },
  };
}

/** What stands beside the strip while no pointer is over it. */
export function wholeTexts(state: PanelState): HeaderTexts {
  const pipeline = state.snapshot?.report.pipelines[0];
  if (pipeline?.isImported === true) return { heading: '', rate: '', latency: '' };
  return {
    heading: 'Throughput',
    rate: pipeline === undefined ? '' : formatRate(pipeline.throughputPerSec),
    latency: pipeline === undefined ? '' : latencyText(pipeline),
  };
}

const percentilesText = ([p50 = '', p95 = '', p99 = '']: readonly string[]): string =>
  `p95 ${p95} (${p50} … ${p99})`;

/** What the curves show at a moment; in brackets p50 and p99. */
export function textsAt(
  { throughput, latency }: Pick<PanelSnapshot, 'throughput' | 'latency'>,
  extent: TimeRange,
  atNs: number,
): HeaderTexts {
  const stepAt = (stepNs: number): number => Math.floor((atNs - extent.fromNs) / stepNs);
  const { perSec } = throughput;
  // The last step is drawn to the end of the session.
  const rate = perSec[Math.min(stepAt(throughput.stepNs), perSec.length - 1)];
  const took = latency?.steps[stepAt(latency.stepNs)] ?? null;
  return {
    heading: `at ${momentLabel(atNs, spanOf(extent) / 1000)}`,
    rate: rate === undefined ? '' : formatRate(rate),
    latency: took === null ? '' : percentilesText(took.map(formatDurationNs)),
  };
}

/** What was drawn last. */
interface Drawn {
  readonly state: PanelState;
  readonly widthPx: number;
}

function textsOf({ state, widthPx }: Drawn, pointerX: number | null): HeaderTexts {
  const { snapshot, nav } = state;
  const isFlow = snapshot?.report.pipelines[0]?.isImported === false;
  if (pointerX === null || !isFlow || widthPx === 0) return wholeTexts(state);
  return textsAt(snapshot, nav.extent, timeAt(nav.extent, widthPx, pointerX));
}

/** Tells where the pointer is over the plot, in pixels from its left; null: it is not. */
function listenToPointer(plot: HTMLElement, moved: (x: number | null) => void): void {
  plot.addEventListener('pointermove', (event) => {
    moved(event.clientX - plot.getBoundingClientRect().left);
  });
  plot.addEventListener('pointerleave', () => {
    moved(null);
  });
}

/** The tail where items were followed; else the mean, which is all that Little's law gives. */
function latencyText({ latencyNs, latencyMean }: PipelineReport): string {
  if (latencyNs !== null) return `latency p95 ${formatDurationNs(latencyNs.p95)}`;
  if (latencyMean === null) return '';
  return `latency ${latencyMean.isAtLeast ? '≥' : '≈'} ${formatDurationNs(latencyMean.meanNs)}`;
}

/** Makes the strip. `show` is called with the range that the user brushed. */
export function createOverview(show: (range: TimeRange) => void): Overview {
  const canvas = el('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  const header = headerOf();
  const svg = select(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
  svg.attr('class', 'brush').attr('aria-hidden', 'true');
  const layer = svg.append('g');
  let current: Drawn | null = null;
  let pointerX: number | null = null;
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
  listenToPointer(plot, (x) => {
    pointerX = x;
    if (current !== null) header.show(textsOf(current, pointerX));
  });
  return {
    element,
    draw(state, theme, widthPx) {
      const resized = current?.widthPx !== widthPx;
      current = { state, widthPx };
      header.show(textsOf(current, pointerX));
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
      const size = { widthPx, heightPx: OVERVIEW_PX, dpr: devicePixelRatio };
      drawOverview(ctx, overviewFrame(state, state.snapshot, theme, size));
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
