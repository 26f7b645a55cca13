/**
 * A table as text for the clipboard: Markdown with what is on screen, CSV with the numbers themselves. Names come from captures
 * and are escaped for both: a name must neither break the table nor become a formula in somebody's spreadsheet. Pure.
 */
import type { Column } from './columns.js';
import { noValue } from '../texts.js';

/** A table with its rows in the order in which they are shown. */
export interface TableOf<R> {
  readonly caption: string;
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
}

export type TableFormat = 'markdown' | 'csv';

/** A text inside of a Markdown table's cell: on one line, and none of its characters is markup. */
export function markdownCell(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/[\\`*_[\]<>|~#$]/g, (c) => `\\${c}`)
    .trim();
}

function markdownLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The table in Markdown, under its caption; numbers at the right. */
export function markdownOf<R>({ caption, columns, rows }: TableOf<R>): string {
  return [
    `**${markdownCell(caption)}**`,
    '',
    markdownLine(columns.map((c) => markdownCell(c.title))),
    markdownLine(columns.map((c) => (c.isNumber ? '---:' : '---'))),
    ...rows.map((row) => markdownLine(columns.map((c) => markdownCell(c.text(row))))),
    '',
  ].join('\n');
}

/**
 * Spreadsheets take a text for a formula that begins like one; an apostrophe before it keeps it a text. One that has apostrophes
 * already gets another one, so that taking one away gives every name back.
 */
const FORMULA = /^'*[=+\-@\t\r]/;

/** A text as a cell of CSV (RFC 4180). */
export function csvCell(text: string): string {
  const plain = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

function csvValue<R>(column: Column<R>, row: R): string {
  const value = column.isMixed === true ? null : column.sort(row);
  if (column.isNumber && typeof value === 'number' && Number.isFinite(value)) return String(value);
  const text = column.text(row);
  return text === noValue ? '' : csvCell(text);
}

/** The table in CSV: numbers unrounded, their unit in the title; an empty cell is not known. */
export function csvOf<R>({ columns, rows }: TableOf<R>): string {
  const titles = columns.map(({ title, unit }) =>
    unit === undefined ? title : `${title} (${unit})`,
  );
  const lines = [
    titles.map(csvCell),
    ...rows.map((row) => columns.map((column) => csvValue(column, row))),
  ];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** The table as text. */
export const tableText = <R>(table: TableOf<R>, format: TableFormat): string =>
  format === 'csv' ? csvOf(table) : markdownOf(table);
