/**
 * A table on the page: real table elements, a caption, titles that sort, cells that lead somewhere, copies for the clipboard.
 * Arrow keys move from a button of a row to that of the next, so that a long table need not be walked through with Tab.
 */
import { sortRows, type Column } from './columns.js';
import { button } from '../controls.js';
import { el, keyedList, setAttribute, type View } from '../dom.js';
import { columnHead, neighbourOf, tableRow } from './tableCells.js';
import { tableText, type TableFormat } from './tableText.js';

/** Which column a table is sorted by. */
export interface TableOrder {
  readonly column: string;
  readonly descending: boolean;
}

export interface TableTexts {
  readonly id: string;
  readonly caption: string;
  /** Shown when there are no rows. */
  readonly empty: string;
}

export interface TableActions {
  /** The reader sorted the table; the caller keeps that and hands it back with `setOrder`. */
  readonly sorted: (order: TableOrder) => void;
  readonly copy: (text: string) => void;
}

export interface DataTable<R> extends View<readonly R[]> {
  setOrder(order: TableOrder | null): void;
  /** Buttons take focus only while the table can be seen. */
  setReachable(reachable: boolean): void;
}

/** What sorts a table: its rows are sorted here, or come sorted by some of the columns from elsewhere. */
export interface Sorting {
  readonly sortable: (title: string) => boolean;
  readonly isDone: boolean;
}

const sortedHere: Sorting = { sortable: () => true, isDone: false };

function copyButtons(name: string, copy: (format: TableFormat) => void): HTMLElement {
  const make = (label: string, format: TableFormat): HTMLElement => {
    const made = button(label, 'secondary', () => {
      copy(format);
    });
    made.setLabel(label, `copy the table ${name} as ${label}`);
    return made.element;
  };
  const buttons = [make('Markdown', 'markdown'), make('CSV', 'csv')];
  const element = el('span', 'table-tools', el('span', 'dim', 'copy'), ...buttons);
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', `Copy ${name}`);
  return element;
}

/** What clicking a title does: numbers downwards first, text upwards; again: the other way round. */
function nextOrder<R>(column: Column<R>, order: TableOrder | null): TableOrder {
  const descending = order?.column === column.title ? !order.descending : column.isNumber;
  return { column: column.title, descending };
}

interface Heads {
  readonly row: HTMLElement;
  show(order: TableOrder | null): void;
}

function tableHeads<R>(
  columns: readonly Column<R>[],
  sorting: Sorting,
  sort: (column: Column<R>) => void,
): Heads {
  const heads = columns.map((column) => {
    const act = sorting.sortable(column.title)
      ? (): void => {
          sort(column);
        }
      : null;
    return { title: column.title, head: columnHead(column, act) };
  });
  return {
    row: el('tr', '', ...heads.map((h) => h.head)),
    show(order) {
      for (const { title, head } of heads) {
        const direction = order?.descending === true ? 'descending' : 'ascending';
        setAttribute(head, 'aria-sort', order?.column === title ? direction : null);
      }
    },
  };
}

interface TableFrame {
  readonly element: HTMLElement;
  readonly table: HTMLTableElement;
  readonly body: HTMLElement;
  readonly tools: HTMLElement;
  readonly empty: HTMLElement;
}

function frame(texts: TableTexts, tools: HTMLElement, heads: HTMLElement): TableFrame {
  const body = el('tbody');
  const empty = el('p', 'dim', texts.empty);
  const title = el('span', 'table-title', texts.caption);
  title.id = `${texts.id}-title`;
  // Where a way to this table ends.
  title.tabIndex = -1;
  const table = el('table', 'data', el('caption', '', title, tools), el('thead', '', heads), body);
  table.id = texts.id;
  // Else the buttons in the caption would be read as a part of the table's name.
  table.setAttribute('aria-labelledby', title.id);
  table.addEventListener('keydown', (event) => {
    const next = neighbourOf(event);
    if (next === null) return;
    event.preventDefault();
    next.focus();
  });
  return { element: el('div', 'table-frame', table, empty), table, body, tools, empty };
}

/** Makes a table. */
export function dataTable<R extends { readonly key: string }>(
  texts: TableTexts,
  columns: readonly Column<R>[],
  actions: TableActions,
  sorting: Sorting = sortedHere,
): DataTable<R> {
  let rows: readonly R[] = [];
  let order: TableOrder | null = null;
  let tabIndex: number | null = null;
  const sortedRows = (): readonly R[] => {
    const column = columns.find((c) => c.title === order?.column);
    return sorting.isDone ? rows : sortRows(rows, column, order?.descending ?? false);
  };
  const heads = tableHeads(columns, sorting, (column) => {
    actions.sorted(nextOrder(column, order));
  });
  const tools = copyButtons(texts.caption, (format) => {
    actions.copy(tableText({ caption: texts.caption, columns, rows: sortedRows() }, format));
  });
  const { element, table, body, empty } = frame(texts, tools, heads.row);
  const fill = keyedList<R>(
    body,
    (row) => row.key,
    () => tableRow(columns, () => tabIndex ?? 0),
  );
  const refresh = (): void => {
    fill(sortedRows());
    heads.show(order);
    empty.hidden = rows.length > 0;
    tools.hidden = rows.length === 0;
  };
  return {
    element,
    update(next) {
      rows = next;
      refresh();
    },
    setOrder(next) {
      if (next?.column === order?.column && next?.descending === order?.descending) return;
      order = next;
      refresh();
    },
    setReachable(reachable) {
      const wanted = reachable ? 0 : -1;
      if (wanted === tabIndex) return;
      tabIndex = wanted;
      for (const inside of table.querySelectorAll<HTMLElement>('button, vscode-button')) {
        inside.tabIndex = tabIndex;
      }
    },
  };
}
