/** The patterns that states are told apart by, as small square tiles of pixels; they fit together on all sides. */
import { color } from 'd3';

/** A colour, or a pattern where the canvas can make one. */
export type Paint = string | CanvasPattern;

/** What a pattern is made of. */
export interface Tile {
  readonly what: 'hatch' | 'gap' | 'dots';
  readonly ink: string;
  readonly paper: string;
}

/** Length of a tile's side in CSS pixels. */
const SIDE_PX: Readonly<Record<Tile['what'], number>> = { hatch: 6, gap: 6, dots: 4 };

/** How much of the ink a pixel has, 0..1; `x` and `y` are its centre in CSS pixels. */
const coverage: Readonly<Record<Tile['what'], (x: number, y: number) => number>> = {
  // Strokes from the lower left to the upper right, 1.2 px thick, their edges smoothed.
  hatch: (x, y) => {
    const along = (x + y) % SIDE_PX.hatch;
    const off = Math.min(along, SIDE_PX.hatch - along) / Math.SQRT2;
    return Math.min(Math.max(1.1 - off, 0), 1);
  },
  gap: (x, y) => (x < 1 && y < 1 ? 1 : 0),
  dots: (x, y) => (x < 2 && y >= 1 && y < 3 ? 1 : 0),
};

/** Bytes of a pixel in the order of ImageData, as a little-endian word. */
export function pixelOf(paint: string): number {
  const { r, g, b, opacity } = color(paint)?.rgb() ?? { r: 128, g: 128, b: 128, opacity: 1 };
  const byte = (value: number): number => Math.min(Math.max(Math.round(value), 0), 255);
  return (byte(r) | (byte(g) << 8) | (byte(b) << 16) | (byte(opacity * 255) << 24)) >>> 0;
}

/** The pixels of a tile at a resolution. */
export function tilePixels(
  { what, ink, paper }: Tile,
  dpr: number,
): { readonly size: number; readonly pixels: Uint32Array<ArrayBuffer> } {
  const size = Math.max(Math.round(SIDE_PX[what] * dpr), 1);
  const scale = SIDE_PX[what] / size;
  const [full, empty] = [pixelOf(ink), pixelOf(paper)];
  const pixels = new Uint32Array(size * size);
  for (let i = 0; i < pixels.length; i += 1) {
    const x = ((i % size) + 0.5) * scale;
    const y = (Math.floor(i / size) + 0.5) * scale;
    pixels[i] = mixed(empty, full, coverage[what](x, y));
  }
  return { size, pixels };
}

/** Side of a tile in CSS pixels. */
export const tileSidePx = (tile: Tile): number => SIDE_PX[tile.what];

function mixed(from: number, to: number, share: number): number {
  let word = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    const [a, b] = [(from >>> shift) & 0xff, (to >>> shift) & 0xff];
    word |= Math.round(a + (b - a) * share) << shift;
  }
  return word >>> 0;
}
