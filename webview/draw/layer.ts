/**
 * The data of a picture as an image in memory. It is painted when a picture comes (or the rows, the theme, the resolution
 * change), for all that the picture covers: a quarter of the window's span on both sides, and rows beyond the window. A frame
 * of panning, zooming or scrolling then copies one image, however many executions are on it:
 *
 *     picture  ──────────────────────────────  drawData, once, into memory
 *     window         ────────────              drawImage, each frame, moved and stretched
 *
 * While the image is stretched it is a little coarse; the next picture follows within a few frames.
 */
import { el } from '../dom.js';
import { drawData } from './drawData.js';
import type { DataFrame, Frame } from './frame.js';
import type { Picture } from '../timeline/picture.js';
import { PixelSurface } from './pixelSurface.js';
import { spanOf } from '../timeline/timeScale.js';

export interface DataLayer {
  /** Draws the data of the frame's picture, painting it first where that is due. */
  draw(ctx: CanvasRenderingContext2D, frame: Frame): void;
}

/** Rows above and below the window that are painted along. */
export const LAYER_OVERSCAN_PX = 200;
/** An image larger than this is not painted, but the window is drawn as it is. */
const MAX_PIXELS = 64 * 2 ** 20;

interface Painted {
  readonly picture: Picture;
  readonly frame: DataFrame;
}

/** What of a frame the image shows, with its own window on the rows. */
function imageFrame(frame: Frame, picture: Picture): DataFrame {
  const { theme, geometry, dpr, heatScale } = frame;
  const top = Math.max(Math.floor(frame.scrollPx) - LAYER_OVERSCAN_PX, 0);
  const bottom = Math.ceil(frame.scrollPx + frame.heightPx) + LAYER_OVERSCAN_PX;
  const end = Math.min(bottom, Math.ceil(geometry.heightPx));
  return {
    theme,
    geometry,
    dpr,
    heatScale,
    range: picture.range,
    // As wide as its range is on screen when the zoom is the one it was asked for.
    widthPx: picture.widthPx / Math.min(Math.max(dpr, 1), 2),
    scrollPx: top,
    heightPx: Math.max(end - top, 1),
  };
}

function isCurrent(painted: Painted, frame: Frame): boolean {
  const is = painted.frame;
  const bottom = Math.min(frame.scrollPx + frame.heightPx, frame.geometry.heightPx);
  return (
    painted.picture === frame.picture &&
    is.geometry === frame.geometry &&
    is.theme === frame.theme &&
    is.dpr === frame.dpr &&
    is.heatScale === frame.heatScale &&
    is.scrollPx <= frame.scrollPx &&
    is.scrollPx + is.heightPx >= bottom
  );
}

/** Makes a layer; it holds one image. */
export function createDataLayer(): DataLayer {
  const canvas = el('canvas');
  const image = canvas.getContext('2d');
  let surface: PixelSurface | null = null;
  let painted: Painted | null = null;

  const paint = (target: CanvasRenderingContext2D, frame: DataFrame, picture: Picture): void => {
    const width = Math.max(Math.round(frame.widthPx * frame.dpr), 1);
    const height = Math.max(Math.round(frame.heightPx * frame.dpr), 1);
    surface = new PixelSurface({ width, height, dpr: frame.dpr }, frame.theme.tiles, surface);
    drawData(surface, frame, picture);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const bytes = new Uint8ClampedArray(surface.pixels.buffer);
    target.putImageData(new ImageData(bytes, width, height), 0, 0);
    painted = { picture, frame };
  };

  return {
    draw(ctx, frame) {
      const { picture } = frame;
      if (picture === null) return;
      if (image === null) {
        drawData(ctx, frame, picture);
        return;
      }
      if (painted === null || !isCurrent(painted, frame)) {
        const next = imageFrame(frame, picture);
        if (next.widthPx * next.heightPx * next.dpr ** 2 > MAX_PIXELS) {
          drawData(ctx, frame, picture);
          return;
        }
        paint(image, next, picture);
      }
      if (painted !== null) copy(ctx, canvas, painted.frame, frame);
    },
  };
}

/** Copies the part of the image that is in the window. */
function copy(
  ctx: CanvasRenderingContext2D,
  canvas: HTMLCanvasElement,
  from: DataFrame,
  to: Frame,
): void {
  const pxPerNs = to.widthPx / spanOf(to.range);
  const stretch = (spanOf(from.range) * pxPerNs) / from.widthPx;
  const left = (from.range.fromNs - to.range.fromNs) * pxPerNs;
  // Only what is in the window: an image that is stretched very far would be larger than a canvas can take.
  const first = Math.max(Math.floor(-left / stretch), 0);
  const last = Math.min(Math.ceil((to.widthPx - left) / stretch), from.widthPx);
  const top = to.scrollPx - from.scrollPx;
  const height = Math.min(to.heightPx, from.heightPx - top);
  if (last <= first || height <= 0) return;
  ctx.imageSmoothingEnabled = false;
  const { dpr } = from;
  // At the zoom that it was painted for it stands on whole pixels, or edges would jump while it is moved.
  const isSame = Math.abs(stretch - 1) < 1e-3;
  const x = left + first * stretch;
  const atX = isSame ? Math.round(x * dpr) / dpr : x;
  const width = (last - first) * (isSame ? 1 : stretch);
  ctx.drawImage(
    canvas,
    first * dpr,
    Math.round(top * dpr),
    (last - first) * dpr,
    Math.round(height * dpr),
    atX,
    0,
    width,
    Math.round(height * dpr) / dpr,
  );
}
