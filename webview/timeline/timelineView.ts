/**
 * The timeline on the page: ruler, headers, one canvas for all rows, a native scrollbar. The canvas sticks to the window
 * of the scroller and is drawn anew for each scroll position; headers and canvas move in the same frame.
 */
import { el, fitCanvas, setAttribute, setText } from '../dom.js';
import { drawGround } from '../draw/drawGround.js';
import { drawMarks } from '../draw/drawMarks.js';
import { frameOf } from '../draw/frame.js';
import { createHeaders, type HeaderActions } from './headers.js';
import { createDataLayer } from '../draw/layer.js';
import { bandsBetween } from './layout.js';
import type { Picture } from './picture.js';
import { drawRuler } from '../draw/ruler.js';
import type { PanelState } from '../state.js';
import { summaryText } from '../texts.js';
import { momentLabel, rangeLabel, spanOf, timeAt, type TimeRange } from './timeScale.js';
import type { Theme } from '../theme.js';

export const RULER_PX = 24;
const POINTED_OUT_MS = 2000;

export interface TimelineView {
  readonly element: HTMLElement;
  /** The pointer's target. */
  readonly plot: HTMLElement;
  /** The ruler beside it, another one. */
  readonly ruler: HTMLElement;
  /** Size of the plot in CSS pixels; zero while it is not on the page. */
  size(): { readonly widthPx: number; readonly heightPx: number };
  scrollTo(px: number): void;
  /** Gives the plot the keyboard. */
  focus(): void;
  /** Makes a row's header stand out for a moment; false while it is not on the page. */
  pointOut(key: string): boolean;
  draw(state: PanelState, theme: Theme, picture: Picture | null): void;
  /** Tells readers, and tests, whether a picture is shown in place of one that is on its way. */
  setBusy(isBusy: boolean): void;
  /** Shows the moment under the pointer; null hides it. */
  point(state: PanelState, x: number | null): void;
  dispose(): void;
}

export interface TimelineActions extends HeaderActions {
  readonly scrolled: (scrollPx: number) => void;
  readonly resized: () => void;
}

interface Parts {
  readonly element: HTMLElement;
  readonly rulerHeader: HTMLElement;
  readonly ruler: HTMLElement;
  readonly rulerCanvas: HTMLCanvasElement;
  readonly scroller: HTMLElement;
  readonly viewport: HTMLElement;
  readonly layer: HTMLElement;
  readonly plot: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly crosshair: HTMLElement;
  readonly crossLabel: HTMLElement;
  readonly spacer: HTMLElement;
}

function build(): Parts {
  const rulerHeader = el('div', 'ruler-header dim');
  const rulerCanvas = el('canvas', 'ruler');
  rulerCanvas.setAttribute('aria-hidden', 'true');
  const crossLabel = el('div', 'cross-label');
  const ruler = el('div', 'ruler-plot', rulerCanvas, crossLabel);
  const rulerRow = el('div', 'ruler-row', rulerHeader, ruler);
  const canvas = el('canvas');
  canvas.id = 'timeline';
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'img');
  const crosshair = el('div', 'crosshair');
  crosshair.hidden = true;
  crossLabel.hidden = true;
  const plot = el('div', 'plot', canvas, crosshair);
  const layer = el('div', 'header-layer');
  const viewport = el('div', 'viewport', el('div', 'headers', layer), plot);
  const spacer = el('div', 'spacer');
  const scroller = el('div', 'scroller', viewport, spacer);
  const element = el('section', 'timeline', rulerRow, scroller);
  element.setAttribute('aria-label', 'Timeline');
  return {
    element,
    rulerHeader,
    ruler,
    rulerCanvas,
    scroller,
    viewport,
    layer,
    plot,
    canvas,
    crosshair,
    crossLabel,
    spacer,
  };
}

function drawRulerRow(parts: Parts, state: PanelState, theme: Theme, widthPx: number): void {
  const ctx = fitCanvas(parts.rulerCanvas, widthPx, RULER_PX);
  if (ctx === null) return;
  const ruler = drawRuler(ctx, {
    theme,
    range: state.nav.range,
    widthPx,
    heightPx: RULER_PX,
    dpr: devicePixelRatio,
    knobChanges: state.snapshot?.knobChanges ?? [],
    marked: state.marked,
  });
  setText(parts.rulerHeader, ruler.base === null ? 'time' : `${ruler.base.label} +`);
}

function describe(canvas: HTMLElement, state: PanelState): void {
  if (state.snapshot === null) return;
  const label =
    `Timeline of ${state.snapshot.title}, ${rangeLabel(state.nav.range)}. ` +
    `${summaryText(state.snapshot)} The tables of the Table view hold the same numbers.`;
  setAttribute(canvas, 'aria-label', label);
}

/** Moves the line under the pointer and its label in the ruler; null hides both. */
function pointAt({ crosshair, crossLabel, plot }: Parts, range: TimeRange, x: number | null): void {
  crosshair.hidden = x === null;
  crossLabel.hidden = x === null;
  if (x === null) return;
  const widthPx = plot.clientWidth;
  crosshair.style.transform = `translateX(${x}px)`;
  const stepNs = 10 ** Math.floor(Math.log10(Math.max(spanOf(range) / widthPx, 1)));
  setText(crossLabel, momentLabel(timeAt(range, widthPx, x), Math.min(stepNs, 1e9)));
  crossLabel.style.transform = `translateX(${Math.min(x + 1, widthPx - crossLabel.offsetWidth)}px)`;
}

function pointOut(layer: HTMLElement, key: string): boolean {
  const headers = [...layer.querySelectorAll<HTMLElement>('.row-header')];
  const header = headers.find((h) => h.dataset['key'] === key);
  if (header === undefined) return false;
  header.classList.add('pointed-out');
  setTimeout(() => {
    header.classList.remove('pointed-out');
  }, POINTED_OUT_MS);
  return true;
}

/** Makes the timeline. */
export function createTimelineView(actions: TimelineActions): TimelineView {
  const parts = build();
  const { scroller, viewport, plot, canvas, spacer } = parts;
  const data = createDataLayer();
  const updateHeaders = createHeaders(parts.layer, actions);
  const size = (): { widthPx: number; heightPx: number } => ({
    widthPx: plot.clientWidth,
    heightPx: scroller.clientHeight,
  });
  const onScroll = (): void => {
    actions.scrolled(scroller.scrollTop);
  };
  scroller.addEventListener('scroll', onScroll, { passive: true });
  const resizes = new ResizeObserver(actions.resized);
  resizes.observe(scroller);

  const draw = (state: PanelState, theme: Theme, picture: Picture | null): void => {
    const { widthPx, heightPx } = size();
    if (widthPx === 0 || heightPx === 0) return;
    viewport.style.height = `${heightPx}px`;
    spacer.style.height = `${Math.max(0, state.geometry.heightPx - heightPx)}px`;
    const scrollPx = scroller.scrollTop;
    updateHeaders(bandsBetween(state.geometry, scrollPx, scrollPx + heightPx), scrollPx);
    drawRulerRow(parts, state, theme, widthPx);
    const ctx = fitCanvas(canvas, widthPx, heightPx);
    if (ctx === null) return;
    const window = { scrollPx, widthPx, heightPx, dpr: devicePixelRatio };
    const frame = frameOf(state, theme, picture, window);
    drawGround(ctx, frame);
    data.draw(ctx, frame);
    drawMarks(ctx, frame);
    describe(canvas, state);
  };

  return {
    element: parts.element,
    plot,
    ruler: parts.ruler,
    size,
    scrollTo(px) {
      scroller.scrollTop = px;
    },
    focus() {
      canvas.focus();
    },
    pointOut: (key) => pointOut(parts.layer, key),
    draw,
    setBusy(isBusy) {
      setAttribute(canvas, 'aria-busy', isBusy ? 'true' : null);
    },
    point(state, x) {
      pointAt(parts, state.nav.range, x);
    },
    dispose() {
      scroller.removeEventListener('scroll', onScroll);
      resizes.disconnect();
    },
  };
}
