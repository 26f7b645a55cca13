/**
 * Colours. Everything that is painted on a canvas comes from here, read once per theme change from the variables that
 * VS Code puts on the page; `buildTheme` is pure so that tests and the legend see the same colours as the rows.
 *
 * Strong means much in every theme: busy shares and heat run from the background's side of the scale to the far side, so
 * dark themes get brighter and light themes get darker with the value. High contrast uses no faint mixes.
 */
import { color, interpolateRgb, interpolateViridis, lab } from 'd3';
import type { StageRow } from '../extension/core/panel/rows.js';
import { readable } from './contrast.js';
import { tilePixels, type Paint, type Tile } from './draw/tiles.js';

export type StageKind = StageRow['stageKind'];

export type ThemeKind = 'dark' | 'light' | 'hcDark' | 'hcLight';

export interface StagePaint {
  /** One execution, or the edge of the header. */
  readonly solid: string;
  /** Text on `solid`. */
  readonly ink: string;
  /** Merged executions by busy share, least to all. */
  readonly shares: readonly string[];
  /** Nested spans; neighbours differ by name. */
  readonly spans: readonly string[];
}

export interface Theme {
  readonly kind: ThemeKind;
  readonly background: string;
  readonly stageRow: string;
  readonly queueRow: string;
  readonly line: string;
  readonly grid: string;
  readonly foreground: string;
  readonly dim: string;
  readonly error: string;
  readonly warning: string;
  readonly starved: string;
  readonly limitedFill: Paint;
  readonly blocked: Paint;
  /** Stretches of which nothing is known. */
  readonly gap: Paint;
  /** What the patterns among the paints are made of, for surfaces that know none. */
  readonly tiles: ReadonlyMap<Paint, Tile>;
  /** Over what steps back behind something else; translucent. */
  readonly veil: string;
  /** Lines around what is followed, found or marked. */
  readonly focus: string;
  /** Ground of what is marked in the ruler; and over what is not, fainter than the veil: it is to be compared with. */
  readonly markedBand: string;
  readonly markedVeil: string;
  readonly capacity: string;
  readonly area: string;
  /** Lines of the percentiles above the area of the throughput. */
  readonly latency: string;
  /** Line on top of a gauge, and the ground below values that are a bad sign (their line is `warning`). */
  readonly gaugeLine: string;
  readonly gaugeWarning: string;
  /** Text on a flag of a knob change (`warning` is the flag). */
  readonly flagInk: string;
  readonly stages: Readonly<Record<StageKind, StagePaint>>;
  /** 256 colours by share of time; index 0 is not drawn. */
  readonly heat: readonly string[];
  readonly font: string;
  /** Words in a colour: chart colours are made for areas, and in light themes are too pale to be read. */
  readonly letters: Readonly<Record<'good' | 'bad' | 'warn', string>>;
}

/** Reads a CSS variable (`--vscode-…`); empty when the page does not set it. */
export type ReadVariable = (name: string) => string;

type Charts = Readonly<Record<'blue' | 'orange' | 'purple' | 'green' | 'red' | 'yellow', string>>;

interface Fallback {
  readonly background: string;
  readonly foreground: string;
  readonly line: string;
  readonly charts: Charts;
}

const darkCharts = {
  blue: '#3794ff',
  orange: '#d18616',
  purple: '#b180d7',
  green: '#89d185',
  red: '#f14c4c',
  yellow: '#cca700',
};
const lightCharts = {
  blue: '#1a85ff',
  orange: '#d18616',
  purple: '#652d90',
  green: '#388a34',
  red: '#e51400',
  yellow: '#bf8803',
};

/** Used where a theme leaves a variable unset (high contrast does so on purpose) and outside of VS Code. */
const fallbacks: Readonly<Record<ThemeKind, Fallback>> = {
  dark: {
    background: '#1f1f1f',
    foreground: '#cccccc',
    line: '#3c3c3c',
    charts: darkCharts,
  },
  light: {
    background: '#ffffff',
    foreground: '#3b3b3b',
    line: '#d4d4d4',
    charts: lightCharts,
  },
  hcDark: {
    background: '#000000',
    foreground: '#ffffff',
    line: '#6fc3df',
    charts: {
      ...darkCharts,
      blue: '#6fb7ff',
      orange: '#ffb347',
      purple: '#d3a4ff',
      red: '#ff6b6b',
      yellow: '#ffe14d',
    },
  },
  hcLight: {
    background: '#ffffff',
    foreground: '#000000',
    line: '#0f4a85',
    charts: { ...lightCharts, blue: '#0050b3', orange: '#8a4b00', yellow: '#6b5000' },
  },
};

/** Fine enough that neighbours with nearly the same busy share do not show as stripes. */
const STEPS = 64;

function mix(from: string, to: string, share: number): string {
  return interpolateRgb(from, to)(share);
}

/** Flattens a translucent colour of a theme onto the background, because rows are painted over each other. */
function opaque(value: string, background: string): string | null {
  const parsed = color(value.trim());
  if (parsed === null) return null;
  const { r, g, b, opacity } = parsed.rgb();
  return mix(background, `rgb(${r}, ${g}, ${b})`, opacity);
}

function translucent(paint: string, share: number): string {
  const { r, g, b } = color(paint)?.rgb() ?? { r: 0, g: 0, b: 0 };
  return `rgba(${r}, ${g}, ${b}, ${share})`;
}

const isHigh = (kind: ThemeKind): boolean => kind === 'hcDark' || kind === 'hcLight';
const isDark = (kind: ThemeKind): boolean => kind === 'dark' || kind === 'hcDark';

function inkOn(paint: string): string {
  return lab(paint).l > 55 ? '#101010' : '#ffffff';
}

function stagePaint(solid: string, background: string, kind: ThemeKind): StagePaint {
  const faintest = isHigh(kind) ? 0.55 : 0.3;
  const shares = Array.from({ length: STEPS }, (_, i) =>
    mix(background, solid, faintest + (1 - faintest) * (i / (STEPS - 1))),
  );
  const spans = [0.72, 0.56, 0.64, 0.48].map((share) =>
    mix(background, solid, isHigh(kind) ? Math.min(1, share + 0.2) : share),
  );
  return { solid, ink: inkOn(solid), shares, spans };
}

/** Viridis, cut where it would vanish into the background, dark to bright in dark themes and the other way in light. */
function heatScale(kind: ThemeKind): readonly string[] {
  const [start, end] = isDark(kind)
    ? [isHigh(kind) ? 0.35 : 0.22, 1]
    : [isHigh(kind) ? 0.7 : 0.92, 0.08];
  return Array.from({ length: 256 }, (_, i) => {
    // Square root: a queue is at one depth for a small share of a wide column, and that must still be seen.
    const t = start + (end - start) * Math.sqrt(i / 255);
    return interpolateViridis(t);
  });
}

/** How far each thing stands out from the background, 0..1. High contrast has no faint tones. */
const strengths = {
  normal: {
    row: 0.035,
    grid: 0.09,
    dim: 0.68,
    starved: 0.13,
    gap: 0.3,
    hatch: 0.72,
    hatchPaper: 0.13,
    veil: 0.62,
    marked: 0.3,
    markedVeil: 0.5,
    capacity: 0.85,
    area: 0.5,
    source: 0.58,
  },
  high: {
    row: 0,
    grid: 0.3,
    dim: 1,
    starved: 0.38,
    gap: 0.8,
    hatch: 1,
    hatchPaper: 0,
    veil: 0.8,
    marked: 0,
    markedVeil: 0.6,
    capacity: 1,
    area: 0.8,
    source: 0.8,
  },
} as const;

interface Palette extends Fallback {
  readonly warning: string;
  readonly error: string;
  readonly focus: string;
  /** Everything that the page writes on. */
  readonly papers: readonly string[];
}

/** The page's own colours, each with its fallback. High contrast themes leave the chart colours too dull for bars. */
function readPalette(kind: ThemeKind, read: ReadVariable): Palette {
  const spare = fallbacks[kind];
  const high = isHigh(kind);
  const background =
    color(read('--vscode-editor-background').trim())?.formatHex() ?? spare.background;
  const pick = (name: string, fallback: string): string =>
    opaque(read(`--vscode-${name}`), background) ?? fallback;
  const chart = (name: keyof Charts): string =>
    high ? spare.charts[name] : pick(`charts-${name}`, spare.charts[name]);
  const charts = {
    blue: chart('blue'),
    orange: chart('orange'),
    purple: chart('purple'),
    green: chart('green'),
    red: chart('red'),
    yellow: chart('yellow'),
  };
  return {
    background,
    foreground: pick('foreground', spare.foreground),
    line: pick(high ? 'contrastBorder' : 'panel-border', spare.line),
    charts,
    focus: pick(high ? 'contrastActiveBorder' : 'focusBorder', charts.blue),
    error: high ? charts.red : pick('errorForeground', charts.red),
    warning: high ? charts.yellow : pick('editorWarning-foreground', charts.yellow),
    papers: [
      background,
      ...['sideBar', 'editorWidget', 'editorHoverWidget'].map((part) =>
        pick(`${part}-background`, background),
      ),
    ],
  };
}

function lettersOf({ warning, error, charts, foreground, papers }: Palette): Theme['letters'] {
  const letters = (ink: string): string => readable(ink, foreground, papers);
  return { good: letters(charts.green), bad: letters(error), warn: letters(warning) };
}

/** How `buildTheme` gets patterns; a canvas-free caller gives a name or a flat colour back. */
export type MakePattern = (tile: Tile) => Paint;

/** Builds a theme from the page's variables. Variables that are missing or no colour fall back by kind. */
export function buildTheme(kind: ThemeKind, read: ReadVariable, pattern: MakePattern): Theme {
  const palette = readPalette(kind, read);
  const { background, foreground, line, focus, warning, error, charts } = palette;
  const strength = strengths[isHigh(kind) ? 'high' : 'normal'];
  const paint = (solid: string): StagePaint => stagePaint(solid, background, kind);
  const shade = (share: number): string => mix(background, foreground, share);
  const hatchInk = mix(background, charts.red, strength.hatch);
  const hatchPaper = mix(background, charts.red, strength.hatchPaper);
  const tiles = new Map<Paint, Tile>();
  const tiled = (tile: Tile): Paint => {
    const made = pattern(tile);
    tiles.set(made, tile);
    return made;
  };
  return {
    kind,
    background,
    stageRow: shade(strength.row),
    queueRow: background,
    line,
    grid: shade(strength.grid),
    foreground,
    dim: shade(strength.dim),
    error,
    warning,
    starved: shade(strength.starved),
    limitedFill: tiled({ what: 'dots', ink: charts.yellow, paper: background }),
    blocked: tiled({ what: 'hatch', ink: hatchInk, paper: hatchPaper }),
    gap: tiled({ what: 'gap', ink: shade(strength.gap), paper: background }),
    tiles,
    veil: translucent(background, strength.veil),
    focus,
    markedBand: mix(background, focus, strength.marked),
    markedVeil: translucent(background, strength.markedVeil),
    capacity: mix(background, charts.red, strength.capacity),
    area: mix(background, charts.blue, strength.area),
    latency: charts.orange,
    gaugeLine: charts.blue,
    gaugeWarning: mix(background, warning, strength.area),
    flagInk: inkOn(warning),
    stages: {
      source: paint(shade(strength.source)),
      cpu: paint(charts.orange),
      io: paint(charts.blue),
      gpu: paint(charts.purple),
      sink: paint(charts.green),
    },
    heat: heatScale(kind),
    font: `11px ${read('--vscode-font-family').trim() || 'sans-serif'}`,
    letters: lettersOf(palette),
  };
}

/** Whether shapes need outlines, because faint grounds are not told apart. */
export const isHighContrast = ({ kind }: Pick<Theme, 'kind'>): boolean => isHigh(kind);

/** The theme's font in another size, and perhaps weight. */
export function fontOf(
  { font }: Pick<Theme, 'font'>,
  sizePx: number,
  weight: number | null,
): string {
  const family = font.slice(font.indexOf(' ') + 1);
  return `${weight === null ? '' : `${weight} `}${sizePx}px ${family}`;
}

const kindsByName: Readonly<Record<string, ThemeKind>> = {
  'vscode-dark': 'dark',
  'vscode-light': 'light',
  'vscode-high-contrast': 'hcDark',
  'vscode-high-contrast-light': 'hcLight',
};

/** Theme kind of the page: VS Code names it on the body; dark when nobody says. */
export function themeKindOf(body: HTMLElement): ThemeKind {
  const named = kindsByName[body.dataset['vscodeThemeKind'] ?? ''];
  if (named !== undefined) return named;
  // High contrast pages carry the plain class beside their own, so the longer names are asked first.
  const order = ['vscode-high-contrast-light', 'vscode-high-contrast', 'vscode-light'];
  const found = order.find((c) => body.classList.contains(c));
  return kindsByName[found ?? ''] ?? 'dark';
}

/** Makes patterns of tiles at the screen's own resolution, so that hatching stays sharp. */
function canvasPattern(dpr: number): MakePattern {
  return (tile) => {
    const { size, pixels } = tilePixels(tile, dpr);
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = size;
    const ctx = canvas.getContext('2d');
    if (ctx === null) return tile.ink;
    ctx.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), size, size), 0, 0);
    const pattern = ctx.createPattern(canvas, 'repeat');
    pattern?.setTransform(new DOMMatrix().scale(1 / dpr));
    return pattern ?? tile.ink;
  };
}

/** Reads the theme of the page. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  return buildTheme(
    themeKindOf(document.body),
    (name) => style.getPropertyValue(name),
    canvasPattern(devicePixelRatio),
  );
}

/** Gives the stylesheet the colours of the canvas, so that headers, legend and rows agree in every theme. */
export function applyTheme(root: HTMLElement, theme: Theme): void {
  for (const [kind, paint] of Object.entries(theme.stages)) {
    root.style.setProperty(`--${kind}`, paint.solid);
  }
  root.style.setProperty('--warn', theme.warning);
  root.style.setProperty('--warn-ink', theme.flagInk);
  root.style.setProperty('--bad', theme.error);
  root.style.setProperty('--hatch', theme.capacity);
  for (const [meaning, ink] of Object.entries(theme.letters)) {
    root.style.setProperty(`--${meaning}-text`, ink);
  }
}

/** Calls back when VS Code changes the theme. Returns the end of it. */
export function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, {
    attributeFilter: ['class', 'data-vscode-theme-kind', 'data-vscode-theme-id'],
  });
  observer.observe(document.documentElement, { attributeFilter: ['style', 'class'] });
  return () => {
    observer.disconnect();
  };
}
