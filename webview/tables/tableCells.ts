/** Cells of a table on the page: titles that sort, cells that lead somewhere, arrow keys from one to the next. */
import type { Column } from './columns.js';
import { el, setAttribute, setText, type View } from '../dom.js';

function cellButton<R>(column: Column<R>, current: () => R | null): HTMLButtonElement {
  const element = el('button', 'cell-link');
  element.type = 'button';
  element.addEventListener('click', () => {
    const row = current();
    if (row !== null) column.link?.follow(row);
  });
  return element;
}

function tableCell<R>(column: Column<R>, isFirst: boolean): View<{ row: R; tabIndex: number }> {
  const element = isFirst ? el('th') : el('td');
  if (isFirst) element.setAttribute('scope', 'row');
  element.classList.toggle('number', column.isNumber);
  element.classList.toggle('pipeline-column', column.isPipeline === true);
  let shown: R | null = null;
  const link = column.link === undefined ? null : cellButton(column, () => shown);
  return {
    element,
    update({ row, tabIndex }) {
      shown = row;
      const text = column.text(row);
      const title = column.link?.title(row) ?? null;
      if (link === null || title === null) {
        setText(element, text);
        return;
      }
      setText(link, text);
      setAttribute(link, 'title', title);
      link.tabIndex = tabIndex;
      if (link.parentNode !== element) element.replaceChildren(link);
    },
  };
}

/** A row that is filled anew with each update. */
export function tableRow<R>(columns: readonly Column<R>[], tabIndex: () => number): View<R> {
  const cells = columns.map((column, i) => tableCell(column, i === 0));
  const element = el('tr', '', ...cells.map((c) => c.element));
  const whole = columns.find(({ link }) => link?.isWholeRow === true)?.link;
  let shown: R | null = null;
  if (whole !== undefined) {
    element.classList.add('leads');
    element.addEventListener('click', (event) => {
      // The buttons of its cells do what they say.
      const isButton = event.target instanceof Element && event.target.closest('button') !== null;
      if (shown !== null && !isButton) whole.follow(shown);
    });
  }
  return {
    element,
    update(row) {
      shown = row;
      for (const cell of cells) cell.update({ row, tabIndex: tabIndex() });
    },
  };
}

/** The button of another row in the same column. */
function linkIn(row: Element | null | undefined, cell: HTMLTableCellElement): HTMLElement | null {
  return row?.children[cell.cellIndex]?.querySelector<HTMLElement>('.cell-link') ?? null;
}

/** Where an arrow key leads from the button of a cell; null: leave the key alone. */
export function neighbourOf({ key, target }: KeyboardEvent): HTMLElement | null {
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return null;
  if (!(target instanceof HTMLElement) || target.className !== 'cell-link') return null;
  const cell = target.closest<HTMLTableCellElement>('th, td');
  const row = cell?.parentElement;
  if (cell === null) return null;
  return linkIn(key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling, cell);
}

/** The title of a column; `sort` null: it does not sort. */
export function columnHead<R>(column: Column<R>, sort: (() => void) | null): HTMLTableCellElement {
  const element = el('th');
  element.scope = 'col';
  element.classList.toggle('number', column.isNumber);
  element.classList.toggle('pipeline-column', column.isPipeline === true);
  if (sort === null) {
    element.append(column.title);
    return element;
  }
  const sorter = el('button', 'sort', column.title);
  sorter.type = 'button';
  sorter.addEventListener('click', sort);
  element.append(sorter);
  return element;
}
