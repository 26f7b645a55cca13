/**
 * Draws the headers of rows for a picture that is saved; on the page they are elements (`headers.ts`, `panel.css`). They say
 * the same and stand in the same places, to the pixel where the font is.
 */
import {
  canFold,
  type Band,
  type GaugeBand,
  type QueueBand,
  type RowBand,
  type StageBand,
} from '../timeline/layout.js';
import { fitText, type Surface } from './surface.js';
import {
  gaugeLine,
  knownStates,
  queueCapacityText,
  queueDepthText,
  queueTitleText,
  stageLine,
  stageLossText,
  stageTitleText,
} from '../texts.js';
import { fontOf, isHighContrast, type Theme } from '../theme.js';
import type { Paint } from './tiles.js';

/** What all headers of a picture have in common. */
export interface HeaderStyle {
  readonly theme: Theme;
  readonly widthPx: number;
}

const LEFT_PX = 15;
const RIGHT_PX = 11;
const FOLD_PX = 22;
const BAR = { top: 25, height: 6 } as const;

interface Text {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** Right end of the room; the text is cut there. */
  readonly toX: number;
  readonly sizePx?: number;
  readonly isBold?: boolean;
  readonly ink: string;
}

/** Writes a text and returns where it ends. */
function write(ctx: Surface, theme: Theme, what: Text): number {
  ctx.font = fontOf(theme, what.sizePx ?? 11, what.isBold === true ? 600 : null);
  ctx.textAlign = 'left';
  const text = fitText(ctx, what.text, what.toX - what.x);
  ctx.fillStyle = what.ink;
  if (text !== '') ctx.fillText(text, what.x, what.y);
  return what.x + ctx.measureText(text).width;
}

/** Writes a text that ends at `x`, and returns where it begins. */
function writeRight(ctx: Surface, theme: Theme, what: Omit<Text, 'toX'>): number {
  ctx.font = fontOf(theme, what.sizePx ?? 11, what.isBold === true ? 600 : null);
  ctx.textAlign = 'right';
  ctx.fillStyle = what.ink;
  if (what.text !== '') ctx.fillText(what.text, what.x, what.y);
  ctx.textAlign = 'left';
  return what.x - ctx.measureText(what.text).width;
}

function drawStage(ctx: Surface, { theme, widthPx }: HeaderStyle, band: StageBand): void {
  const { row, report } = band;
  const right = widthPx - RIGHT_PX;
  const y = band.yPx;
  ctx.fillStyle = theme.stages[row.stageKind].solid;
  ctx.fillRect(0, y, 3, band.heightPx);
  let x = LEFT_PX;
  if (canFold(row)) {
    const text = band.strip === null ? '▾' : '▸';
    write(ctx, theme, { text, x: x + 2, y: y + 13.5, toX: right, sizePx: 12, ink: theme.dim });
    x += FOLD_PX;
  }
  const lost = { text: stageLossText(report), x: right, y: y + 13.5, isBold: true };
  const room = writeRight(ctx, theme, { ...lost, ink: theme.warning });
  const toX = lost.text === '' ? room : room - 8;
  const name = { text: row.stage, x, y: y + 13.5, toX, sizePx: 12, isBold: true };
  const end = write(ctx, theme, { ...name, ink: theme.foreground });
  const kind = { text: stageTitleText(row, report), x: end + 8, y: y + 14, toX };
  write(ctx, theme, { ...kind, ink: theme.dim });
  drawBar(ctx, theme, band, right);
  const text = report === null ? 'no executions yet' : stageLine(report);
  write(ctx, theme, { text, x: LEFT_PX, y: y + 42.5, toX: right, ink: theme.dim });
}

function drawBar(ctx: Surface, theme: Theme, band: StageBand, right: number): void {
  const top = band.yPx + BAR.top;
  const paints: Readonly<Record<(typeof knownStates)[number], Paint | null>> = {
    busy: theme.stages[band.row.stageKind].solid,
    blocked: theme.blocked,
    limited: theme.limitedFill,
    starved: theme.starved,
    idle: null,
  };
  ctx.fillStyle = isHighContrast(theme) ? theme.background : theme.grid;
  ctx.fillRect(LEFT_PX, top, right - LEFT_PX, BAR.height);
  let x = LEFT_PX;
  for (const state of knownStates) {
    const paint = paints[state];
    const width = (band.report?.shares[state] ?? 0) * (right - LEFT_PX);
    if (paint !== null && width > 0) {
      ctx.fillStyle = paint;
      ctx.fillRect(x, top, width, BAR.height);
    }
    x += width;
  }
  if (!isHighContrast(theme)) return;
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.setLineDash([]);
  ctx.strokeRect(LEFT_PX + 0.5, top + 0.5, right - LEFT_PX - 1, BAR.height - 1);
}

function drawQueue(ctx: Surface, { theme, widthPx }: HeaderStyle, band: QueueBand): void {
  const { row, report } = band;
  const place = { x: LEFT_PX, toX: widthPx - RIGHT_PX };
  const line = (text: string, y: number, ink: string, sizePx = 11): void => {
    write(ctx, theme, { ...place, text, y: band.yPx + y, ink, sizePx });
  };
  line(queueTitleText(row, report), 11.5, theme.foreground, 12);
  line(queueCapacityText(row, report), 27.5, theme.foreground);
  line(queueDepthText(row, report), 43, theme.dim);
}

function drawGauge(ctx: Surface, { theme, widthPx }: HeaderStyle, band: GaugeBand): void {
  const { row } = band;
  const y = band.yPx + band.heightPx / 2 - 0.5;
  const isBad = row.warnAbove !== null && (row.max ?? 0) > row.warnAbove;
  const value = { text: gaugeLine(row), x: widthPx - RIGHT_PX, y };
  const left = writeRight(ctx, theme, { ...value, ink: isBad ? theme.warning : theme.dim });
  write(ctx, theme, { text: row.label, x: 25, y, toX: left - 8, ink: theme.foreground });
}

function drawTitle(
  ctx: Surface,
  style: HeaderStyle,
  band: Band,
  of: Pick<Text, 'text' | 'x'>,
): void {
  const { theme, widthPx } = style;
  const y = band.yPx + band.heightPx / 2;
  const place = { ...of, y, toX: widthPx - RIGHT_PX };
  write(ctx, theme, { ...place, sizePx: 12, isBold: true, ink: theme.foreground });
}

/** Draws the header of a row, which stands at its `yPx`. */
export function drawHeader(ctx: Surface, style: HeaderStyle, band: RowBand): void {
  const { theme, widthPx } = style;
  const isRaised = band.kind === 'stage' || band.kind === 'gauges';
  ctx.fillStyle = isRaised ? theme.stageRow : theme.background;
  ctx.fillRect(0, band.yPx, widthPx, band.heightPx);
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, band.yPx + band.heightPx - 1, widthPx, 1);
  ctx.fillRect(widthPx - 1, band.yPx, 1, band.heightPx);
  ctx.textBaseline = 'middle';
  switch (band.kind) {
    case 'stage':
      drawStage(ctx, style, band);
      return;
    case 'queue':
      drawQueue(ctx, style, band);
      return;
    case 'gauge':
      drawGauge(ctx, style, band);
      return;
    case 'group':
      drawTitle(ctx, style, band, { text: band.label, x: LEFT_PX });
      return;
    case 'gauges': {
      const text = `${band.isFolded ? '▸' : '▾'} ${band.row.title} · pid ${band.row.process}`;
      drawTitle(ctx, style, band, { text, x: 11 });
    }
  }
}
