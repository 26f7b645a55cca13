/** The histogram of a stage's durations on the page: choice of the stage, linear or logarithmic, a bar to look at. */
import type { DurationHistogram, StageStats } from '../../extension/core/panel/query.js';
import { button, choice, type Button, type Choice } from '../controls.js';
import { el, fitCanvas, setAttribute, setText } from '../dom.js';
import { drawHistogram } from '../draw/drawHistogram.js';
import {
  barAt,
  barText,
  binText,
  histogramSentence,
  layoutHistogram,
  type CountScale,
} from './histogramLayout.js';
import type { StageBand } from '../timeline/layout.js';
import type { Theme } from '../theme.js';
import { formatCount } from '../../extension/core/format.js';

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
  // 0: none is looked at.
  canvas.setAttribute('aria-valuemin', '0');
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

/** The histogram; `choose` is called with the row of the stage that shall be shown. */
export class HistogramView {
  readonly element: HTMLElement;
  private readonly parts: Parts;
  private readonly stage: Choice;
  private readonly log: Button;
  private scale: CountScale = 'linear';
  private input: HistogramInput | null = null;
  private theme: Theme | null = null;
  /** The bar that is looked at. */
  private at: number | null = null;
  /** What the table of the bars shows. */
  private listed: DurationHistogram | null = null;

  constructor(choose: (row: number) => void) {
    this.stage = choice('Durations of the stage', (value) => {
      choose(Number(value));
    });
    this.log = button('log', 'secondary', () => {
      this.scale = this.scale === 'linear' ? 'log' : 'linear';
      this.show();
    });
    this.log.setLabel('log', 'heights by the logarithm of the count: rare durations can be seen');
    this.parts = build([this.stage.element, this.log.element]);
    this.element = this.parts.element;
    listen(this.parts.canvas, {
      barAt: (x) => this.barAt(x),
      keyed: (key) => nextBar(key, this.at, barsOf(this.input?.histogram ?? null)),
      look: (bar) => {
        if (bar === this.at) return;
        this.at = bar;
        this.show();
      },
    });
    new ResizeObserver(() => {
      this.show();
    }).observe(this.element);
  }

  update(next: HistogramInput): void {
    const { histogram, stages, row, isCurrent } = next;
    const isOther = histogram?.row !== this.input?.histogram?.row;
    this.input = next;
    if (isOther || (this.at !== null && this.at >= barsOf(histogram))) this.at = null;
    const isOne = new Set(stages.map((s) => s.row.pipeline)).size <= 1;
    const choices = stages.map(({ row: { id, pipeline, stage } }) => ({
      value: String(id),
      label: isOne ? stage : `${pipeline}: ${stage}`,
    }));
    this.stage.update(choices, row === null ? '' : String(row));
    this.element.classList.toggle('stale', !isCurrent);
    if (this.listed !== histogram) this.parts.bins.replaceChildren(...binRows(histogram));
    this.listed = histogram;
    this.show();
  }

  paint(theme: Theme): void {
    this.theme = theme;
    this.show();
  }

  private barAt(x: number): number | null {
    const histogram = this.input?.histogram ?? null;
    if (histogram === null) return null;
    const size = { widthPx: this.element.clientWidth, heightPx: HEIGHT_PX };
    return barAt(layoutHistogram(histogram, size, this.scale), x);
  }

  private show(): void {
    const { input, theme, parts, at, scale } = this;
    const widthPx = this.element.clientWidth;
    if (theme === null || input === null || widthPx === 0) return;
    this.log.setPressed(scale === 'log');
    const ctx = fitCanvas(parts.canvas, widthPx, HEIGHT_PX);
    if (ctx === null) return;
    drawHistogram(ctx, {
      theme,
      widthPx,
      heightPx: HEIGHT_PX,
      dpr: devicePixelRatio,
      kind: input.stages.find((band) => band.row.id === input.row)?.row.stageKind ?? 'cpu',
      histogram: input.histogram,
      percentiles: input.stats?.serviceNs ?? null,
      scale,
      at,
    });
    tell(parts, input.histogram, at);
  }
}

const barsOf = (histogram: DurationHistogram | null): number =>
  histogram === null ? 0 : histogram.counts.length + (histogram.beyond > 0 ? 1 : 0);

/** Says what the bar is that is looked at, else what all of them are. */
function tell(
  { canvas, told }: Parts,
  histogram: DurationHistogram | null,
  at: number | null,
): void {
  const all =
    histogram === null ? 'No execution ended in the range.' : histogramSentence(histogram);
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
