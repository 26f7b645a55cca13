/** What the drawing functions need of a canvas: small enough for a test to record every call. */
export type Surface = Pick<
  CanvasRenderingContext2D,
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'font'
  | 'textAlign'
  | 'textBaseline'
  | 'fillRect'
  | 'strokeRect'
  | 'fillText'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'closePath'
  | 'fill'
  | 'stroke'
  | 'setLineDash'
  | 'save'
  | 'restore'
  | 'rect'
  | 'clip'
> & { measureText(text: string): { readonly width: number } };

/** What a picture is put together on: its parts are drawn as on the page, each in its place. */
export type PictureSurface = Surface & Pick<CanvasRenderingContext2D, 'translate'>;

/** The part of it that filled rectangles need. */
export type FillSurface = Pick<Surface, 'fillStyle' | 'fillRect'>;

/** Rounds to whole device pixels: edges stay sharp and neighbouring rectangles meet without a seam. */
export function snap(px: number, dpr: number): number {
  return Math.round(px * dpr) / dpr;
}

/** A straight line in the present stroke style. */
export function strokeLine(
  ctx: Surface,
  from: readonly [number, number],
  to: readonly [number, number],
): void {
  ctx.beginPath();
  ctx.moveTo(from[0], from[1]);
  ctx.lineTo(to[0], to[1]);
  ctx.stroke();
}

/** Shortens a text with an ellipsis to `maxPx`; empty when not even one letter fits. */
export function fitText(ctx: Surface, text: string, maxPx: number): string {
  if (ctx.measureText(text).width <= maxPx) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const mid = (low + high + 1) >>> 1;
    if (ctx.measureText(`${text.slice(0, mid)}…`).width <= maxPx) low = mid;
    else high = mid - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low)}…`;
}
