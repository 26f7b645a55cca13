/**
 * The entries of the legend: small samples, drawn by the same code and in the same colours as the rows themselves. Pure; the
 * page shows each on a canvas of its own, a saved picture all of them below the rows.
 */
import { BoxFlag, BoxKind, packMeta, packStrip } from '../../extension/core/panel/view.js';
import { drawGauge } from './drawGauge.js';
import type { HeatScale } from './drawHeatmap.js';
import { drawLane } from './drawLanes.js';
import { drawStrip } from './drawStrip.js';
import type { Surface } from './surface.js';
import type { StageKind, Theme } from '../theme.js';

/** Height of every sample. */
export const SAMPLE_PX = 12;
const SWATCH_PX = 22;
const HEAT_PX = 90;
const COLUMNS_PX = 44;
const GAUGE_SAMPLE_PX = 45;

/** What samples are drawn with. */
export interface SampleStyle {
  readonly theme: Theme;
  readonly dpr: number;
  readonly heatScale: HeatScale;
}

/** A sample between its texts. Where it is drawn begins at (0, 0). */
export interface LegendSample {
  readonly id: string;
  readonly before: string;
  readonly widthPx: number;
  readonly after: string;
  readonly draw: (ctx: Surface, style: SampleStyle) => void;
}

interface BoxSample {
  readonly stage?: StageKind;
  readonly flags?: number;
}

function ground(ctx: Surface, { theme }: SampleStyle, widthPx: number): void {
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, widthPx, SAMPLE_PX);
}

function drawBox(ctx: Surface, style: SampleStyle, kind: number, what: BoxSample): void {
  ground(ctx, style, SWATCH_PX);
  const bytes = new ArrayBuffer(16);
  const floats = new Float32Array(bytes);
  const words = new Uint32Array(bytes);
  // One wider, for the air behind it.
  floats[1] = SWATCH_PX + 1;
  words[2] = packMeta(kind, 0, 255, what.flags ?? 0);
  const brush = {
    theme: style.theme,
    stage: what.stage ?? 'io',
    place: { scale: 1, offsetPx: 0 },
    widthPx: SWATCH_PX,
    dpr: style.dpr,
    shiftY: 0,
    names: [],
    replyPx: 0,
    replyNs: 0,
  };
  const lane = { lane: { id: 0, label: '', levels: 1 }, yPx: 0, levelPx: SAMPLE_PX + 1 };
  drawLane(ctx, brush, lane, { count: 1, floats, words });
}

const box = (label: string, kind: number, what: BoxSample = {}): LegendSample => ({
  id: label,
  before: '',
  widthPx: SWATCH_PX,
  after: label,
  draw: (ctx, style) => {
    drawBox(ctx, style, kind, what);
  },
});

/** Columns that are ever less busy and ever more blocked, then starved. */
function drawColumns(ctx: Surface, style: SampleStyle): void {
  ground(ctx, style, COLUMNS_PX);
  const words = Uint32Array.from({ length: COLUMNS_PX }, (_, x) => {
    const busy = 0.95 - (0.7 * x) / COLUMNS_PX;
    const rest = 0.98 - busy;
    const isBlocked = x < COLUMNS_PX * 0.7;
    const [blocked, starved] = isBlocked ? [rest, 0] : [0, rest];
    return packStrip({ busy, blocked, starved, limited: 0 }, 0);
  });
  const { theme, dpr } = style;
  const place = { scale: 1, offsetPx: 0 };
  const plot = { theme, dpr, place, widthPx: COLUMNS_PX, yPx: 0, heightPx: SAMPLE_PX };
  drawStrip(ctx, { ...plot, busy: theme.stages.io.solid }, { first: 0, words });
}

/** Ranks have no measure between them, so theirs is a row of steps. */
const RANK_STEPS = 9;

/** The colours of a scale, from its lower end to its upper one. */
function drawHeat(ctx: Surface, { theme, heatScale }: SampleStyle): void {
  const steps = heatScale === 'ranked' ? RANK_STEPS : HEAT_PX;
  const stepPx = HEAT_PX / steps;
  for (let i = 0; i < steps; i += 1) {
    const step = Math.max(1, Math.round((i / (steps - 1)) * 255));
    ctx.fillStyle = theme.heat[step] ?? theme.background;
    ctx.fillRect(i * stepPx, 0, heatScale === 'ranked' ? stepPx - 1 : stepPx, SAMPLE_PX);
  }
}

/** What the ends of the heat's colours mean. */
export const heatEnds: Readonly<Record<HeatScale, readonly [before: string, after: string]>> = {
  linear: ['share of time at a queue depth: 0', '100%'],
  ranked: ['share of time at a queue depth, by rank: least', 'most'],
};

/** A gauge that rises, is a bad sign, and is then not known for a while. */
function drawGaugeSample(ctx: Surface, style: SampleStyle): void {
  ground(ctx, style, GAUGE_SAMPLE_PX);
  const values = Float32Array.of(0.2, 0.4, 0.9, 0.5, -1);
  const plot = {
    theme: style.theme,
    place: { scale: GAUGE_SAMPLE_PX / values.length, offsetPx: 0 },
    widthPx: GAUGE_SAMPLE_PX,
    dpr: style.dpr,
    topPx: 1,
    bottomPx: SAMPLE_PX,
    row: { scaleMax: 1, warnAbove: 0.8 },
  };
  drawGauge(ctx, plot, { columns: values.length, values });
}

/** All entries, in their order; `heat` is the one whose texts are those of a scale. */
export function legendSamples(heatScale: HeatScale): readonly LegendSample[] {
  const [least, most] = heatEnds[heatScale];
  return [
    ...(['source', 'cpu', 'io', 'gpu', 'sink'] as const).map((stage) =>
      box(stage, BoxKind.busy, { stage }),
    ),
    box('blocked', BoxKind.blocked),
    box('limited', BoxKind.limited),
    box('starved', BoxKind.starved),
    box('failed', BoxKind.busy, { flags: BoxFlag.error }),
    {
      id: 'columns',
      before: '',
      widthPx: COLUMNS_PX,
      after: 'many at once: shares of time',
      draw: drawColumns,
    },
    { id: 'heat', before: least, widthPx: HEAT_PX, after: most, draw: drawHeat },
    {
      id: 'gauge',
      before: '',
      widthPx: GAUGE_SAMPLE_PX,
      after: 'gauge: value, warning, not known',
      draw: drawGaugeSample,
    },
  ];
}
