/** Single executions of the shown stretch, page by page, as they come from the host. */
import type { ListedExecution } from '../../extension/core/panel/query.js';
import { button, choice } from '../controls.js';
import { dataTable } from './dataTable.js';
import { el, setText } from '../dom.js';
import {
  executionColumns,
  executionEntries,
  executionOrders,
  executionsQuestion,
  pagesOf,
  type Pages,
} from './executionsPage.js';
import type { PanelHandle } from '../handle.js';
import { createRangeBar } from '../rangeBar.js';
import { withExecution } from '../timeline/reveal.js';
import { rangeAsker } from '../rangeAsker.js';
import { stageChoices } from '../shownRange.js';
import type { PanelState } from '../state.js';
import type { ExecutionsState } from '../viewState.js';

export interface ExecutionsTable {
  readonly element: HTMLElement;
  /** `isShown`: nothing is asked for what nobody sees. */
  update(state: PanelState, isShown: boolean): void;
}

const texts = {
  id: 'executions-table',
  caption: 'Executions',
  empty: 'No execution began in this time.',
};

/** Remembers what the reader wants to see of the list. */
function changeOf(handle: PanelHandle): (change: Partial<ExecutionsState>) => void {
  return (change) => {
    const state = handle.state();
    const executions = { ...state.views.executions, ...change };
    handle.change({ ...state, views: { ...state.views, executions } });
  };
}

function opener(handle: PanelHandle): (execution: ListedExecution) => void {
  return (execution) => {
    handle.change(withExecution(handle.state(), execution));
    handle.reveal(execution.row);
  };
}

interface Pager {
  readonly element: HTMLElement;
  show(pages: Pages): void;
}

function createPager(go: (offset: number) => void): Pager {
  let pages: Pages | null = null;
  const turn = (label: string, to: 'previous' | 'next'): ReturnType<typeof button> => {
    const made = button(label, 'secondary', () => {
      const offset = pages?.[to] ?? null;
      if (offset !== null) go(offset);
    });
    made.setLabel(label, `${to} page of executions`);
    return made;
  };
  const [previous, next] = [turn('Previous', 'previous'), turn('Next', 'next')];
  const text = el('span', 'page-text');
  text.setAttribute('role', 'status');
  return {
    element: el('span', 'pager', text, previous.element, next.element),
    show(shown) {
      pages = shown;
      setText(text, shown.text);
      previous.setEnabled(shown.previous !== null);
      next.setEnabled(shown.next !== null);
      if (shown.last !== null) go(shown.last);
    },
  };
}

const columnOf = (order: 'start' | 'duration'): string =>
  order === 'start' ? 'Start' : 'Duration';

const ALL = '';

/** Makes the table. */
export function createExecutionsTable(handle: PanelHandle): ExecutionsTable {
  const change = changeOf(handle);
  const stages = choice('Stage', (stage) => {
    change({ stage: stage === ALL ? null : stage, offset: 0 });
  });
  const range = createRangeBar(handle);
  const pager = createPager((offset) => {
    change({ offset });
  });
  const table = dataTable(
    texts,
    executionColumns(opener(handle)),
    {
      sorted: ({ column, descending }) => {
        change({ order: executionOrders[column] ?? 'start', descending, offset: 0 });
      },
      copy: (text) => {
        handle.post({ kind: 'copy', text });
      },
    },
    { sortable: (title) => executionOrders[title] !== undefined, isDone: true },
  );
  const ask = rangeAsker(handle, executionsQuestion, (reply) => {
    table.update(executionEntries(reply));
    pager.show(pagesOf(reply));
  });
  const tools = el('div', 'view-tools', stages.element, range.element, pager.element);
  return {
    element: el('section', 'executions-list', tools, table.element),
    update(state, isShown) {
      table.setReachable(isShown);
      if (!isShown) {
        ask(null);
        return;
      }
      const { stage, order, descending } = state.views.executions;
      const options = stageChoices(state).map(({ key, label }) => ({ value: key, label }));
      stages.update([{ value: ALL, label: 'All stages' }, ...options], stage ?? ALL);
      range.update(state);
      table.setOrder({ column: columnOf(order), descending });
      ask(state);
    },
  };
}
