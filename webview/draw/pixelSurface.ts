/**
 * A surface of pixels in memory, which takes filled rectangles and nothing else. Tens of thousands of them are what a busy
 * pipeline looks like, and a canvas without a graphics processor takes half a microsecond for each; here they take a twentieth
 * of that, on every machine alike. What is painted once is then moved about as one image (`layer.ts`).
 */
import type { FillSurface } from './surface.js';
import { pixelOf, tilePixels, type Paint, type Tile } from './tiles.js';

/** Rows that are filled one by one below this width: calling for a fill costs more than some pixels. */
const NARROW_PX = 24;

interface Ink {
  /** A colour as the bytes of a pixel, or the pixels of a tile. */
  readonly flat: number;
  readonly tile: { readonly size: number; readonly pixels: Uint32Array } | null;
}

/** Coordinates are CSS pixels from the top left corner; `dpr` pixels are as long as one of them. */
export class PixelSurface implements FillSurface {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array<ArrayBuffer>;
  private readonly dpr: number;
  private readonly tiles: ReadonlyMap<Paint, Tile>;
  private readonly inks = new Map<Paint, Ink>();
  private paint: Paint = '#000000';
  private ink: Ink = { flat: 0xff00_0000, tile: null };

  /** Takes pixels over from a surface of the same size that is no longer needed. */
  constructor(
    size: { readonly width: number; readonly height: number; readonly dpr: number },
    tiles: ReadonlyMap<Paint, Tile>,
    recycled: PixelSurface | null = null,
  ) {
    this.width = size.width;
    this.height = size.height;
    this.dpr = size.dpr;
    this.tiles = tiles;
    const isSame = recycled?.width === size.width && recycled.height === size.height;
    this.pixels = isSame ? recycled.pixels : new Uint32Array(size.width * size.height);
    if (isSame) this.pixels.fill(0);
  }

  get fillStyle(): FillSurface['fillStyle'] {
    return this.paint;
  }

  set fillStyle(paint: FillSurface['fillStyle']) {
    if (paint === this.paint) return;
    // Gradients are not among the paints of a theme.
    this.paint = paint as Paint;
    this.ink = this.inks.get(this.paint) ?? this.newInk(this.paint);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const { dpr } = this;
    const left = Math.max(Math.round(x * dpr), 0);
    const top = Math.max(Math.round(y * dpr), 0);
    const right = Math.min(Math.round((x + width) * dpr), this.width);
    const bottom = Math.min(Math.round((y + height) * dpr), this.height);
    if (right <= left || bottom <= top) return;
    const { tile, flat } = this.ink;
    if (tile !== null) this.fillTile(tile, { left, top, right, bottom });
    else if (right - left < NARROW_PX) this.fillNarrow(flat, left, right, top, bottom);
    else {
      for (let row = top; row < bottom; row += 1) {
        this.pixels.fill(flat, row * this.width + left, row * this.width + right);
      }
    }
  }

  // eslint-disable-next-line max-params -- an object for each of a hundred thousand calls would cost more than the call
  private fillNarrow(flat: number, left: number, right: number, top: number, bottom: number): void {
    const { pixels, width } = this;
    for (let row = top; row < bottom; row += 1) {
      const end = row * width + right;
      for (let at = row * width + left; at < end; at += 1) pixels[at] = flat;
    }
  }

  private fillTile(
    { size, pixels: tile }: NonNullable<Ink['tile']>,
    area: { left: number; top: number; right: number; bottom: number },
  ): void {
    const { pixels, width } = this;
    for (let row = area.top; row < area.bottom; row += 1) {
      const from = (row % size) * size;
      for (let x = area.left; x < area.right; x += 1) {
        pixels[row * width + x] = tile[from + (x % size)] ?? 0;
      }
    }
  }

  private newInk(paint: Paint): Ink {
    const tile = this.tiles.get(paint);
    const ink: Ink =
      tile === undefined
        ? { flat: typeof paint === 'string' ? pixelOf(paint) : 0, tile: null }
        : { flat: 0, tile: tilePixels(tile, this.dpr) };
    this.inks.set(paint, ink);
    return ink;
  }
}
