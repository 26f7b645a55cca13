/** How well letters stand out: luminance and contrast as in WCAG 2. Pure. */
import { color, interpolateRgb } from 'd3';

/** What letters of ordinary size need (WCAG AA). */
export const READABLE = 4.5;

/** Relative luminance, 0..1. Something that is no colour is black. */
export function luminance(paint: string): number {
  const { r, g, b } = color(paint)?.rgb() ?? { r: 0, g: 0, b: 0 };
  const [x = 0, y = 0, z = 0] = [r, g, b].map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}

/** Contrast of two colours, 1..21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Of several inks the one that can be read best on all papers; the first where they are alike. */
export function bestInk(papers: readonly string[], inks: readonly [string, ...string[]]): string {
  const least = (ink: string): number => Math.min(...papers.map((p) => contrast(ink, p)));
  return inks.reduce((best, ink) => (least(ink) > least(best) ? ink : best));
}

/** A colour, moved towards the text's own as little as can be, so that letters of it can be read on all papers. */
export function readable(ink: string, text: string, papers: readonly string[]): string {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = interpolateRgb(ink, text)(share);
    if (papers.every((paper) => contrast(mixed, paper) >= READABLE)) return mixed;
  }
  return text;
}
