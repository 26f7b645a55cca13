/** The legend under the rows: small canvases drawn by the same code and colours as the rows themselves. */
import { BoxFlag, BoxKind, packMeta, packStrip } from '../extension/core/panel/view.js';
import { el, fitCanvas } from './dom.js';
import { drawGauge } from './drawGauge.js';
import { drawLane } from './drawLanes.js';
import { drawStrip } from './drawStrip.js';
import { snap } from './surface.js';
import type { StageKind, Theme } from './theme.js';

const SWATCH_PX = 22;
const HEIGHT_PX = 12;
const HEAT_PX = 90;
const COLUMNS_PX = 44;
const GAUGE_SAMPLE_PX = 45;

interface Sample {
  readonly label: string;
  readonly stage: StageKind;
  readonly kind: number;
  readonly flags: number;
  readonly share: number;
}

const sample = (label: string, kind: number, rest: Partial<Sample> = {}): Sample => ({
  label,
  kind,
  stage: 'io',
  flags: 0,
  share: 255,
  ...rest,
});

const samples: readonly Sample[] = [
  ...(['source', 'cpu', 'io', 'gpu', 'sink'] as const).map((stage) =>
    sample(stage, BoxKind.busy, { stage }),
  ),
  sample('blocked', BoxKind.blocked),
  sample('limited', BoxKind.limited),
  sample('starved', BoxKind.starved),
  sample('failed', BoxKind.busy, { flags: BoxFlag.error }),
];

function drawSample(canvas: HTMLCanvasElement, theme: Theme, what: Sample): void {
  const ctx = fitCanvas(canvas, SWATCH_PX, HEIGHT_PX);
  if (ctx === null) return;
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, SWATCH_PX, HEIGHT_PX);
  const bytes = new ArrayBuffer(16);
  const floats = new Float32Array(bytes);
  const words = new Uint32Array(bytes);
  floats[1] = SWATCH_PX + 1;
  words[2] = packMeta(what.kind, 0, what.share, what.flags);
  const brush = {
    theme,
    stage: what.stage,
    place: { scale: 1, offsetPx: 0 },
    widthPx: SWATCH_PX,
    dpr: devicePixelRatio,
    shiftY: 0,
    names: [],
    replyPx: 0,
    replyNs: 0,
  };
  const lane = { lane: { id: 0, label: '', levels: 1 }, yPx: 0, levelPx: HEIGHT_PX + 1 };
  drawLane(ctx, brush, lane, { count: 1, floats, words });
}

/** Columns that are ever less busy and ever more blocked, then starved. */
function drawColumns(canvas: HTMLCanvasElement, theme: Theme): void {
  const ctx = fitCanvas(canvas, COLUMNS_PX, HEIGHT_PX);
  if (ctx === null) return;
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, COLUMNS_PX, HEIGHT_PX);
  const words = Uint32Array.from({ length: COLUMNS_PX }, (_, x) => {
    const busy = 0.95 - (0.7 * x) / COLUMNS_PX;
    const rest = 0.98 - busy;
    const isBlocked = x < COLUMNS_PX * 0.7;
    const [blocked, starved] = isBlocked ? [rest, 0] : [0, rest];
    return packStrip({ busy, blocked, starved, limited: 0 }, 0);
  });
  const plot = {
    theme,
    busy: theme.stages.io.solid,
    place: { scale: 1, offsetPx: 0 },
    widthPx: COLUMNS_PX,
    dpr: devicePixelRatio,
    yPx: 0,
    heightPx: HEIGHT_PX,
  };
  drawStrip(ctx, plot, { first: 0, words });
}

function drawHeat(canvas: HTMLCanvasElement, theme: Theme): void {
  const ctx = fitCanvas(canvas, HEAT_PX, HEIGHT_PX);
  if (ctx === null) return;
  for (let x = 0; x < HEAT_PX; x += 1) {
    ctx.fillStyle = theme.heat[Math.max(1, snap((x / (HEAT_PX - 1)) * 255, 1))] ?? theme.background;
    ctx.fillRect(x, 0, 1, HEIGHT_PX);
  }
}

/** A gauge that rises, is a bad sign, and is then not known for a while. */
function drawGaugeSample(canvas: HTMLCanvasElement, theme: Theme): void {
  const ctx = fitCanvas(canvas, GAUGE_SAMPLE_PX, HEIGHT_PX);
  if (ctx === null) return;
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, GAUGE_SAMPLE_PX, HEIGHT_PX);
  const values = Float32Array.of(0.2, 0.4, 0.9, 0.5, -1);
  const plot = {
    theme,
    place: { scale: GAUGE_SAMPLE_PX / values.length, offsetPx: 0 },
    widthPx: GAUGE_SAMPLE_PX,
    dpr: devicePixelRatio,
    topPx: 1,
    bottomPx: HEIGHT_PX,
    row: { scaleMax: 1, warnAbove: 0.8 },
  };
  drawGauge(ctx, plot, { columns: values.length, values });
}

export interface Legend {
  readonly element: HTMLElement;
  /** Call with each new theme. */
  readonly paint: (theme: Theme) => void;
}

/** Makes the legend. */
export function createLegend(): Legend {
  const element = el('footer', 'legend');
  element.setAttribute('aria-label', 'Legend');
  const swatches = samples.map((what) => {
    const canvas = el('canvas');
    element.append(el('span', 'legend-entry', canvas, what.label));
    return { canvas, what };
  });
  const heat = el('canvas');
  const columns = el('canvas');
  const gauge = el('canvas');
  element.append(
    el('span', 'legend-entry', columns, 'many at once: shares of time'),
    el('span', 'legend-entry heat', 'share of time at a queue depth: 0', heat, '100%'),
    el('span', 'legend-entry', gauge, 'gauge: value, warning, not known'),
    el('span', 'legend-keys dim', 'W S zoom · A D pan · F fit · M mark · I follow · / search'),
  );
  return {
    element,
    paint(theme) {
      for (const { canvas, what } of swatches) drawSample(canvas, theme, what);
      drawColumns(columns, theme);
      drawHeat(heat, theme);
      drawGaugeSample(gauge, theme);
    },
  };
}
