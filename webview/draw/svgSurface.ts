/**
 * A surface that writes an SVG document: the same drawing code that fills the canvas makes a picture that can be scaled and
 * whose texts can be searched. Rectangles of one colour that follow each other become one path, so that a busy timeline takes
 * some twenty characters a box:
 *
 *     fillStyle = blue; fillRect; fillRect   →   <path fill="#3794ff" d="M0 5h59v21h-59zM61 5h20v21h-20z"/>
 *
 * A document that would be longer than allowed is given up, not cut: half a picture would be read as a whole one.
 */
import { color } from 'd3';
import type { PictureSurface } from './surface.js';
import { tileSidePx, type Paint, type Tile } from './tiles.js';

type Style = PictureSurface['fillStyle'];

export interface SvgSetup {
  readonly widthPx: number;
  readonly heightPx: number;
  /** What the picture is, for readers who do not see it. */
  readonly title: string;
  /** What the patterns among the paints are made of. */
  readonly tiles: ReadonlyMap<Paint, Tile>;
  readonly measure: (text: string, font: string) => number;
  readonly maxChars: number;
}

/** Short, and finer than any screen. */
const short = (n: number): string => String(Math.round(n * 100) / 100);

// Not allowed in XML at all, not even escaped; halves of a character count among them.
const FORBIDDEN =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Text that stays text in a document, whatever is in it. */
export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"]/g, (c) => entities[c] ?? c);
}

/** What `save` keeps. */
interface Saved {
  readonly fillStyle: Style;
  readonly strokeStyle: Style;
  readonly lineWidth: number;
  readonly font: string;
  readonly textAlign: CanvasTextAlign;
  readonly textBaseline: CanvasTextBaseline;
  readonly dash: string;
  readonly dx: number;
  readonly dy: number;
  readonly groups: number;
}

const anchors: Readonly<Record<CanvasTextAlign, string>> = {
  left: '',
  start: '',
  center: ' text-anchor="middle"',
  right: ' text-anchor="end"',
  end: ' text-anchor="end"',
};

/** From the middle of the letters' square to the line that they stand on, by font size; few viewers know `middle`. */
const MIDDLE_EM = 0.35;

/** `600 11px sans-serif` in its parts. */
function fontParts(font: string): { weight: string; sizePx: number; family: string } {
  const parts = /^(?:(bold|\d{3}) )?([\d.]+)px (.+)$/.exec(font);
  return {
    weight: parts?.[1] ?? '',
    sizePx: Number(parts?.[2] ?? 10),
    family: parts?.[3] ?? 'sans-serif',
  };
}

/** The contents of a pattern, as `tiles.ts` paints it. */
function patternElement(id: string, tile: Tile): string {
  const side = tileSidePx(tile);
  const ink = escapeXml(tile.ink);
  const strokes = `<path d="M-1 1L1 -1M0 ${side}L${side} 0M${side - 1} ${side + 1}L${side + 1} ${side - 1}" stroke="${ink}" stroke-width="1.2"/>`;
  const marks: Readonly<Record<Tile['what'], string>> = {
    hatch: strokes,
    gap: `<path d="M0 0h1v1h-1z" fill="${ink}"/>`,
    dots: `<path d="M0 1h2v2h-2z" fill="${ink}"/>`,
  };
  const paper = `<path d="M0 0h${side}v${side}h-${side}z" fill="${escapeXml(tile.paper)}"/>`;
  return `<pattern id="${id}" width="${side}" height="${side}" patternUnits="userSpaceOnUse">${paper}${marks[tile.what]}</pattern>`;
}

/** Coordinates are CSS pixels. Gradients are not among the paints of a theme, and come out black. */
export class SvgSurface implements PictureSurface {
  fillStyle: Style = '#000000';
  strokeStyle: Style = '#000000';
  lineWidth = 1;
  font = '10px sans-serif';
  textAlign: CanvasTextAlign = 'left';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  private readonly setup: SvgSetup;
  private readonly patterns: ReadonlyMap<Style, string>;
  private readonly paints = new Map<string, string>();
  private readonly parts: string[] = [];
  private chars = 0;
  private clips = 0;
  private saved: Saved[] = [];
  private dash = '';
  private dx = 0;
  private dy = 0;
  /** Groups that are open since the last `save`. */
  private groups = 0;
  private path = '';
  /** Rectangles of one colour that have not been written yet. */
  private run: { readonly fill: string; rects: string[] } | null = null;

  constructor(setup: SvgSetup) {
    this.setup = setup;
    const ids = [...setup.tiles.keys()].map((paint, i): [Style, string] => [paint, `sluice-p${i}`]);
    this.patterns = new Map(ids);
  }

  /** The document; null: it would be longer than is allowed. */
  finish(): string | null {
    this.flush();
    const { widthPx, heightPx, title, tiles, maxChars } = this.setup;
    const [width, height] = [short(widthPx), short(heightPx)];
    const patterns = [...tiles].map(([paint, tile]) =>
      patternElement(this.patterns.get(paint) ?? '', tile),
    );
    const document = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" xml:space="preserve">`,
      `<title>${escapeXml(title)}</title>`,
      `<defs>${patterns.join('')}</defs>`,
      // Edges stand on whole pixels; smoothed, neighbours would show a seam when the picture is scaled.
      `<g shape-rendering="crispEdges">`,
      ...this.parts,
      '</g>'.repeat(this.saved.reduce((sum, s) => sum + s.groups, this.groups) + 1),
      '</svg>',
    ];
    return this.chars > maxChars ? null : `${document.join('\n')}\n`;
  }

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, font, textAlign, textBaseline } = this;
    const { dash, dx, dy, groups } = this;
    const style = { fillStyle, strokeStyle, lineWidth, font, textAlign, textBaseline };
    this.saved.push({ ...style, dash, dx, dy, groups });
    this.groups = 0;
  }

  restore(): void {
    const saved = this.saved.pop();
    if (saved === undefined) return;
    if (this.groups > 0) this.write('</g>'.repeat(this.groups));
    Object.assign(this, saved);
  }

  translate(x: number, y: number): void {
    this.dx += x;
    this.dy += y;
  }

  setLineDash(segments: Iterable<number>): void {
    this.dash = [...segments].map(short).join(' ');
  }

  measureText(text: string): { readonly width: number } {
    return { width: this.setup.measure(text, this.font) };
  }

  beginPath(): void {
    this.path = '';
  }

  moveTo(x: number, y: number): void {
    this.path += `M${short(x + this.dx)} ${short(y + this.dy)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `L${short(x + this.dx)} ${short(y + this.dy)}`;
  }

  closePath(): void {
    this.path += 'Z';
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path += this.rectPath(x, y, width, height);
  }

  clip(): void {
    const id = `sluice-c${this.clips}`;
    this.clips += 1;
    this.groups += 1;
    this.write(
      `<clipPath id="${id}"><path d="${this.path}"/></clipPath><g clip-path="url(#${id})">`,
    );
  }

  fill(): void {
    this.write(`<path d="${this.path}"${this.paint('fill', this.fillStyle)}/>`);
  }

  stroke(): void {
    this.write(`<path d="${this.path}" fill="none"${this.strokeAttributes()}/>`);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    if (!(width > 0 && height > 0)) return;
    const fill = this.paint('fill', this.fillStyle);
    if (this.run?.fill !== fill) {
      this.flush();
      this.run = { fill, rects: [] };
    }
    const rect = this.rectPath(x, y, width, height);
    this.chars += rect.length;
    // Once too long it is given up, and need not grow on.
    if (this.chars > this.setup.maxChars) return;
    this.run.rects.push(rect);
    // Where translucent ones overlap each of them counts.
    if (fill.includes('opacity')) this.flush();
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    const path = this.rectPath(x, y, width, height);
    this.write(`<path d="${path}" fill="none"${this.strokeAttributes()}/>`);
  }

  fillText(text: string, x: number, y: number): void {
    if (text.trim() === '') return;
    const { weight, sizePx, family } = fontParts(this.font);
    const down = this.textBaseline === 'middle' ? sizePx * MIDDLE_EM : 0;
    const place = `x="${short(x + this.dx)}" y="${short(y + this.dy + down)}"`;
    const font =
      ` font-family="${escapeXml(family)}" font-size="${short(sizePx)}"` +
      (weight === '' ? '' : ` font-weight="${weight}"`);
    // With another font it takes the same room, and stays in its box.
    const fit = ` textLength="${short(this.setup.measure(text, this.font))}" lengthAdjust="spacingAndGlyphs"`;
    const paint = this.paint('fill', this.fillStyle);
    this.write(
      `<text ${place}${anchors[this.textAlign]}${font}${fit}${paint}>${escapeXml(text)}</text>`,
    );
  }

  private strokeAttributes(): string {
    const dash = this.dash === '' ? '' : ` stroke-dasharray="${this.dash}"`;
    const width = ` stroke-width="${short(this.lineWidth)}" shape-rendering="auto"`;
    return this.paint('stroke', this.strokeStyle) + width + dash;
  }

  private rectPath(x: number, y: number, width: number, height: number): string {
    const [left, top] = [short(x + this.dx), short(y + this.dy)];
    return `M${left} ${top}h${short(width)}v${short(height)}h${short(-width)}z`;
  }

  /** The attributes of a paint: older viewers know no translucent colours. */
  private paint(name: 'fill' | 'stroke', style: Style): string {
    const pattern = this.patterns.get(style);
    if (pattern !== undefined) return ` ${name}="url(#${pattern})"`;
    if (typeof style !== 'string') return ` ${name}="#000000"`;
    const known = this.paints.get(name + style);
    if (known !== undefined) return known;
    const parsed = color(style);
    const value = parsed === null ? escapeXml(style) : parsed.copy({ opacity: 1 }).formatHex();
    const opacity =
      parsed === null || parsed.opacity === 1 ? '' : ` ${name}-opacity="${parsed.opacity}"`;
    const made = ` ${name}="${value}"${opacity}`;
    this.paints.set(name + style, made);
    return made;
  }

  private write(part: string): void {
    this.flush();
    this.chars += part.length;
    if (this.chars <= this.setup.maxChars) this.parts.push(part);
  }

  private flush(): void {
    const { run } = this;
    this.run = null;
    if (run === null || run.rects.length === 0) return;
    const fill = `<path${run.fill} d="`;
    this.chars += fill.length;
    this.parts.push(`${fill}${run.rects.join('')}"/>`);
  }
}
