/** Columns of tables: what they show, what they sort by, where their cells lead. Pure. */
import { noValue } from '../texts.js';

/** A column: its title, what it shows and what it sorts by (numbers downwards first, text upwards first). */
export interface Column<R> {
  readonly title: string;
  readonly text: (row: R) => string;
  readonly sort: (row: R) => number | string | null;
  /** Stands at the right, so that digits are below each other. */
  readonly isNumber: boolean;
  /** What the numbers of `sort` are in, for those who copy them: `ns`, `1/s`; absent: they count things. */
  readonly unit?: string;
  /** Rows have units of their own, so they are copied as they are shown. */
  readonly isMixed?: boolean;
  /** Makes the cell a button. */
  readonly link?: Link<R>;
  /** Only worth its room with more than one pipeline. */
  readonly isPipeline?: boolean;
}

/** Where a cell leads to. */
export interface Link<R> {
  /** What happens, after the cell's own text: `show in the timeline`; null: this cell leads nowhere. */
  readonly title: (row: R) => string | null;
  readonly follow: (row: R) => void;
  /** A click anywhere in the row leads there as well. */
  readonly isWholeRow?: boolean;
}

/** How numbers are shown, and what they are in. */
export interface NumberFormat {
  readonly show: (n: number) => string;
  readonly unit?: string;
}

/** A column of numbers; null is not known, shown as a dash and sorted behind all others. */
export function numberColumn<R>(
  title: string,
  value: (row: R) => number | null,
  { show, unit }: NumberFormat,
): Column<R> {
  return {
    title,
    sort: value,
    isNumber: true,
    ...(unit === undefined ? {} : { unit }),
    text: (row) => {
      const n = value(row);
      return n === null ? noValue : show(n);
    },
  };
}

/** A column of text. */
export function textColumn<R>(
  title: string,
  text: (row: R) => string,
  rest: Pick<Column<R>, 'link' | 'isPipeline'> = {},
): Column<R> {
  return { title, text, sort: text, isNumber: false, ...rest };
}

/** Sorts by a column; unknown values come last in both directions. Stable. */
export function sortRows<R>(
  rows: readonly R[],
  column: Column<R> | undefined,
  descending: boolean,
): readonly R[] {
  if (column === undefined) return rows;
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [column.sort(a), column.sort(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    if (typeof x === 'number' && typeof y === 'number') return x === y ? 0 : sign * (x - y);
    return sign * String(x).localeCompare(String(y), 'en');
  });
}
