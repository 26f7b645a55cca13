/** A canvas context that writes down what is drawn on it, one line a call, with the style that the call used. */
import type { PictureSurface, Surface } from '../../webview/draw/surface.js';

/** Numbers short enough to read and to be the same on every machine. */
const short = (n: number): string => String(Math.round(n * 100) / 100);

type Style = Surface['fillStyle'];

/** Text is 6 px a character. Clipping and saving are not used by the drawing code and only written down. */
export class RecordingSurface implements PictureSurface {
  readonly log: string[] = [];
  fillStyle: Style = '';
  strokeStyle: Style = '';
  lineWidth = 1;
  font = '';
  textAlign: CanvasTextAlign = 'left';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  private dash: readonly number[] = [];
  private path: string[] = [];

  fillRect(x: number, y: number, width: number, height: number): void {
    this.note(`rect ${[x, y, width, height].map(short).join(' ')} ${this.name(this.fillStyle)}`);
  }
  strokeRect(x: number, y: number, width: number, height: number): void {
    const place = [x, y, width, height].map(short).join(' ');
    this.note(`frame ${place} ${this.name(this.strokeStyle)}`);
  }
  fillText(text: string, x: number, y: number): void {
    this.note(`text ${short(x)} ${short(y)} "${text}" ${this.name(this.fillStyle)}`);
  }
  measureText(text: string): { readonly width: number } {
    return { width: text.length * 6 };
  }
  beginPath(): void {
    this.path = [];
  }
  moveTo(x: number, y: number): void {
    this.path.push(`M${short(x)},${short(y)}`);
  }
  lineTo(x: number, y: number): void {
    this.path.push(`L${short(x)},${short(y)}`);
  }
  closePath(): void {
    this.path.push('Z');
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.path.push(`R${[x, y, width, height].map(short).join(',')}`);
  }
  fill(): void {
    this.note(`fill ${this.path.join(' ')} ${this.name(this.fillStyle)}`);
  }
  stroke(): void {
    const dash = this.dash.length === 0 ? '' : ` dash ${this.dash.join(',')}`;
    this.note(`line ${this.path.join(' ')} ${this.name(this.strokeStyle)}${dash}`);
  }
  setLineDash(segments: Iterable<number>): void {
    this.dash = [...segments];
  }
  save(): void {
    this.note('save');
  }
  restore(): void {
    this.note('restore');
  }
  clip(): void {
    this.note(`clip ${this.path.join(' ')}`);
  }
  translate(x: number, y: number): void {
    this.note(`translate ${short(x)} ${short(y)}`);
  }

  private note(line: string): void {
    this.log.push(line);
  }

  private name(style: Style): string {
    return typeof style === 'string' ? style : 'pattern';
  }
}
