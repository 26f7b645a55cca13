/** The histogram of a stage's durations on the page: choice of the stage, linear or logarithmic, a bar to look at. */
import type { DurationHistogram, StageStats } from '../extension/core/panel/query.js';
import { dropdown, button } from './controls.js';
import { el, fitCanvas, setAttribute, setText } from './dom.js';
import { drawHistogram, type HistogramFrame } from './drawHistogram.js';
import {
  barAt,
  barText,
  binText,
  histogramSentence,
  layoutHistogram,
  type CountScale,
} from './histogramLayout.js';
import type { StageBand } from './layout.js';
import type { Theme } from './theme.js';
import { formatCount } from '../extension/core/format.js';

/** What is shown; `histogram` and `stats` may be missing while they are asked for. */
export interface HistogramInput {
  readonly stages: readonly StageBand[];
  /** The chosen stage's row. */
  readonly row: number | null;
  readonly histogram: DurationHistogram | null;
  readonly stats: StageStats | null;
  /** It is of what is marked and chosen now. */
  readonly isCurrent: boolean;
}

export interface HistogramView {
  readonly element: HTMLElement;
  update(input: HistogramInput): void;
  paint(theme: Theme): void;
}

const HEIGHT_PX = 128;

interface Parts {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly told: HTMLElement;
  readonly bins: HTMLElement;
}

function build(controls: readonly HTMLElement[]): Parts {
  const canvas = el('canvas', 'histogram');
  canvas.tabIndex = 0;
  // A slider, because arrow keys go from bar to bar and each one is told.
  canvas.setAttribute('role', 'slider');
  canvas.setAttribute('aria-label', 'Durations: arrow keys go through the bars');
  canvas.setAttribute('aria-valuemin', '1');
  const told = el('div', 'told dim');
  const bins = el('table', 'for-readers');
  const line = el('div', 'histogram-controls', ...controls);
  return { element: el('div', 'histogram-box', line, canvas, told, bins), canvas, told, bins };
}

/** The bars as a table, for readers. */
function binRows(histogram: DurationHistogram | null): readonly HTMLElement[] {
  if (histogram === null) return [];
  const { counts, beyond } = histogram;
  const bars = beyond > 0 ? [...counts, beyond] : counts;
  return [
    el('caption', '', histogramSentence(histogram)),
    ...bars.flatMap((count, bin) =>
      count === 0
        ? []
        : [el('tr', '', el('th', '', binText(histogram, bin)), el('td', '', formatCount(count)))],
    ),
  ];
}

/** Where an arrow key leads from a bar. */
function nextBar(key: string, at: number | null, count: number): number | null {
  const last = count - 1;
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return at === null ? 0 : Math.min(at + 1, last);
    case 'ArrowLeft':
    case 'ArrowDown':
      return at === null ? last : Math.max(at - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

/** Makes the histogram; `choose` is called with the row of the stage that shall be shown. */
export function createHistogram(choose: (row: number) => void): HistogramView {
  const stage = dropdown('Durations of the stage', (value) => {
    choose(Number(value));
  });
  let scale: CountScale = 'linear';
  const log = button('log', 'secondary', () => {
    scale = scale === 'linear' ? 'log' : 'linear';
    show();
  });
  const parts = build([stage.element, log.element]);
  const { canvas, told, bins, element } = parts;
  let input: HistogramInput | null = null;
  let theme: Theme | null = null;
  let at: number | null = null;
  let drawnBins: DurationHistogram | null = null;

  const frame = (of: Theme): HistogramFrame => {
    const band = input?.stages.find((b) => b.row.id === input?.row);
    return {
      theme: of,
      widthPx: Math.max(element.clientWidth, 1),
      heightPx: HEIGHT_PX,
      dpr: devicePixelRatio,
      kind: band?.row.stageKind ?? 'cpu',
      histogram: input?.histogram ?? null,
      percentiles: input?.stats?.serviceNs ?? null,
      scale,
      at,
    };
  };
  const show = (): void => {
    if (theme === null || input === null || element.clientWidth === 0) return;
    log.setLabel('log', 'heights by the logarithm of the count, so that rare durations can be seen');
    log.setPressed(scale === 'log');
    const next = frame(theme);
    const ctx = fitCanvas(canvas, next.widthPx, next.heightPx);
    if (ctx !== null) drawHistogram(ctx, next);
    tell(canvas, told, { input, at });
  };
  const look = (bar: number | null): void => {
    if (bar === at) return;
    at = bar;
    show();
  };
  listen(canvas, {
    barAt: (x) => {
      const histogram = input?.histogram ?? null;
      if (histogram === null || theme === null) return null;
      const { widthPx, heightPx } = frame(theme);
      return barAt(layoutHistogram(histogram, { widthPx, heightPx }, scale), x);
    },
    keyed: (key) => nextBar(key, at, barsOf(input?.histogram ?? null)),
    look,
  });
  new ResizeObserver(show).observe(element);
  return {
    element,
    update(next) {
      const isOther = next.histogram?.row !== input?.histogram?.row;
      input = next;
      if (isOther || (at !== null && at >= barsOf(next.histogram))) at = null;
      stage.update(
        next.stages.map(({ row }) => ({ value: String(row.id), text: row.stage })),
        next.row === null ? '' : String(next.row),
      );
      element.classList.toggle('stale', !next.isCurrent);
      if (drawnBins !== next.histogram) bins.replaceChildren(...binRows(next.histogram));
      drawnBins = next.histogram;
      show();
    },
    paint(next) {
      theme = next;
      show();
    },
  };
}

const barsOf = (histogram: DurationHistogram | null): number =>
  histogram === null ? 0 : histogram.counts.length + (histogram.beyond > 0 ? 1 : 0);

/** Says what the bar is that is looked at, else what all of them are. */
function tell(
  canvas: HTMLElement,
  told: HTMLElement,
  { input, at }: { readonly input: HistogramInput; readonly at: number | null },
): void {
  const { histogram } = input;
  const all = histogram === null ? 'No execution ended in the range.' : histogramSentence(histogram);
  const bar = histogram === null || at === null ? null : barText(histogram, at);
  setText(told, bar ?? all);
  setAttribute(canvas, 'aria-valuemax', String(barsOf(histogram)));
  setAttribute(canvas, 'aria-valuenow', String((at ?? -1) + 1));
  setAttribute(canvas, 'aria-valuetext', bar ?? all);
}

interface HistogramEvents {
  readonly barAt: (x: number) => number | null;
  readonly keyed: (key: string) => number | null;
  readonly look: (bar: number | null) => void;
}

function listen(canvas: HTMLElement, { barAt, keyed, look }: HistogramEvents): void {
  canvas.addEventListener('pointermove', (event) => {
    look(barAt(event.clientX - canvas.getBoundingClientRect().left));
  });
  canvas.addEventListener('pointerleave', () => {
    look(null);
  });
  canvas.addEventListener('focusout', () => {
    look(null);
  });
  canvas.addEventListener('keydown', (event) => {
    const bar = keyed(event.key);
    if (bar === null) return;
    event.preventDefault();
    look(bar);
  });
}
