/** Makes files of a drawing: PNG at the screen's resolution, SVG as text. What cannot be made says why. */
import { el } from '../dom.js';
import type { Drawing } from './exportPicture.js';
import { SvgSurface } from '../draw/svgSurface.js';

export type ImageFormat = 'png' | 'svg';

/** A picture as the host takes it, or why there is none. */
export type Image =
  | { readonly kind: 'image'; readonly format: ImageFormat; readonly data: string }
  | { readonly kind: 'fault'; readonly text: string };

/** A longer document is slow in every viewer. */
export const MAX_SVG_CHARS = 16 * 2 ** 20;

const fault = (text: string): Image => ({ kind: 'fault', text });

/** Measures texts as a canvas does. */
export function textMeasure(): (text: string, font: string) => number {
  const ctx = el('canvas').getContext('2d');
  return (text, font) => {
    // Six tenths of the size is about right for any font, where there is no canvas to ask.
    if (ctx === null) return text.length * 6.6;
    ctx.font = font;
    return ctx.measureText(text).width;
  };
}

/** The drawing as an SVG document. */
export function svgImage(
  drawing: Drawing,
  measure: (text: string, font: string) => number,
  maxChars = MAX_SVG_CHARS,
): Image {
  const { widthPx, heightPx, title, theme } = drawing;
  const { tiles } = theme;
  const surface = new SvgSurface({ widthPx, heightPx, title, tiles, measure, maxChars });
  drawing.draw(surface);
  const data = surface.finish();
  return data === null
    ? fault('The picture has too many shapes for SVG. Zoom in to show less, or save it as PNG.')
    : { kind: 'image', format: 'svg', data };
}

/** The drawing as a PNG, in base64. */
export function pngImage(drawing: Drawing, dpr: number): Image {
  const canvas = el('canvas');
  canvas.width = Math.round(drawing.widthPx * dpr);
  canvas.height = Math.round(drawing.heightPx * dpr);
  const ctx = canvas.getContext('2d', { alpha: false });
  if (ctx === null) return fault('The picture could not be drawn.');
  ctx.scale(dpr, dpr);
  drawing.draw(ctx);
  // A canvas that is larger than the browser allows gives an address without data.
  const [, data = ''] = canvas.toDataURL('image/png').split(';base64,');
  return data === ''
    ? fault('The picture is too large for PNG. Make the panel smaller, or save it as SVG.')
    : { kind: 'image', format: 'png', data };
}
