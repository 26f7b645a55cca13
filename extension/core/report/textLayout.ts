/** Lines of text of a fixed width: wrapping, tables, bars, and a few colours. */

/** Wraps text in terminal colours, or leaves it as it is. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly good: (text: string) => string;
}

/** ANSI colours when wanted. */
export function createPaint(color: boolean): Paint {
  const style =
    (on: number, off: number) =>
    (text: string): string =>
      color ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return { bold: style(1, 22), dim: style(2, 22), warn: style(33, 39), good: style(36, 39) };
}

// eslint-disable-next-line no-control-regex -- the very sequences that `createPaint` writes
const STYLE = /\u001b\[\d+m/g;

/** Columns that a text takes on the screen. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text.replace(STYLE, '')) width += isWide(char) ? 2 : isMark(char) ? 0 : 1;
  return width;
}

/** East Asian scripts and pictographs take two columns. */
function isWide(char: string): boolean {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u.test(
    char,
  );
}

function isMark(char: string): boolean {
  return /\p{Mark}/u.test(char);
}

/** A space at which `wrap` does not break: it is printed as an ordinary one. */
export const HARD_SPACE = '\u00a0';

/** Breaks a line between words; further lines are indented. Words that are too long stay whole. */
export function wrap(text: string, width: number, indent: number): readonly string[] {
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  let isEmpty = true;
  for (const word of text.slice(lead.length).split(' ')) {
    if (!isEmpty && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line.trimEnd());
      line = ' '.repeat(indent) + word;
    } else {
      line += isEmpty ? word : ` ${word}`;
    }
    isEmpty = false;
  }
  return [...lines, line.trimEnd()].map((l) => l.replaceAll(HARD_SPACE, ' '));
}

/** A bar of `width` columns for a share 0..1. */
export function bar(share: number, width: number, paint: Paint): string {
  const filled = Math.min(Math.max(Math.round(share * width), share > 0 ? 1 : 0), width);
  return paint.good('█'.repeat(filled)) + paint.dim('░'.repeat(width - filled));
}

/** Cells of a table. `right`: columns aligned to the right. `flexible`: columns that may be cut, the first ones first. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly right: readonly number[];
  readonly flexible: readonly number[];
}

/** Columns between cells, and where the table would not fit. */
const GAP = 2;
const NARROW_GAP = 1;
/** A flexible column is not cut below this. */
const LEAST = 8;

/** Lines of a table that is at most `width` wide, as far as its flexible columns allow: those are cut with an ellipsis. */
export function table(t: Table, width: number, paint: Paint): readonly string[] {
  const widths = t.head.map((head, i) =>
    Math.max(textWidth(head), ...t.rows.map((row) => textWidth(row[i] ?? ''))),
  );
  const needed = widths.reduce((sum, w) => sum + w + GAP, -GAP);
  const gap = needed > width ? NARROW_GAP : GAP;
  shrink(widths, t.flexible, width - gap * (widths.length - 1));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => pad(cut(cell, widths[i] ?? 0), widths[i] ?? 0, t.right.includes(i)))
      .join(' '.repeat(gap))
      .trimEnd();
  return [paint.dim(line(t.head)), ...t.rows.map(line)];
}

/** Cuts flexible columns until the cells of a row are at most `width` wide together. */
function shrink(widths: number[], flexible: readonly number[], width: number): void {
  const total = (): number => widths.reduce((sum, w) => sum + w, 0);
  // Take from the widest first, so that no column is emptied for another that could spare more.
  while (total() > width) {
    const widest = flexible.reduce<number | undefined>(
      (best, i) =>
        (widths[i] ?? 0) > LEAST && (best === undefined || (widths[i] ?? 0) > (widths[best] ?? 0))
          ? i
          : best,
      undefined,
    );
    if (widest === undefined) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function cut(cell: string, width: number): string {
  if (textWidth(cell) <= width) return cell;
  let out = '';
  for (const char of cell) {
    if (textWidth(out + char) > width - 1) break;
    out += char;
  }
  return `${out}…`;
}

function pad(cell: string, width: number, isRight: boolean): string {
  const space = ' '.repeat(Math.max(width - textWidth(cell), 0));
  return isRight ? space + cell : cell + space;
}
