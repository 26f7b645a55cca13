/** The functions of a flame graph as a table: what a screen reader reads instead of the picture, and everyone sorts. */
import { formatCount } from '../../extension/core/format.js';
import type { FlameReply } from '../../extension/core/panel/query.js';
import { numberColumn, textColumn, type Column } from '../tables/columns.js';
import { dataTable } from '../tables/dataTable.js';
import { el, setText } from '../dom.js';
import { frameKey } from './flameTree.js';
import { functionTimes, type FunctionTime } from './flameFunctions.js';
import type { PanelHandle } from '../handle.js';
import { asDuration, asShare, sourceColumn } from '../tables/sessionColumns.js';
import type { ViewStates } from '../viewState.js';
import { withSort } from '../viewState.js';

/** Functions that are listed. */
const MOST = 200;

type FunctionEntry = FunctionTime & {
  readonly key: string;
  readonly selfShare: number;
  readonly totalShare: number;
};

const ID = 'flame-table';

/** The rows: those with most time, of their own or with what they called. */
function entriesOf(reply: FlameReply): {
  readonly rows: readonly FunctionEntry[];
  readonly left: number;
} {
  const all = functionTimes(reply);
  const bySelf = all.slice(0, MOST);
  const byTotal = all.toSorted((a, b) => b.totalNs - a.totalNs).slice(0, MOST);
  const chosen = [...new Set([...bySelf, ...byTotal])];
  const whole = Math.max(reply.onCpuNs, 1);
  const rows = chosen.map((f) => ({
    ...f,
    key: `${f.index} ${frameKey(f.of)}`,
    selfShare: f.selfNs / whole,
    totalShare: f.totalNs / whole,
  }));
  return { rows, left: all.length - rows.length };
}

function columnsOf(
  handle: PanelHandle,
  find: (name: string) => void,
): readonly Column<FunctionEntry>[] {
  return [
    textColumn('Function', (f) => f.of.name, {
      link: {
        title: () => 'find in the graph',
        follow: (f) => {
          find(f.of.name);
        },
      },
    }),
    numberColumn('Self', (f) => f.selfNs, asDuration),
    numberColumn('Self share', (f) => f.selfShare, asShare),
    numberColumn('Total', (f) => f.totalNs, asDuration),
    numberColumn('Total share', (f) => f.totalShare, asShare),
    sourceColumn(handle, (f) => f.of.source),
  ];
}

export interface FlameTable {
  readonly element: HTMLElement;
  show(reply: FlameReply): void;
  look(views: ViewStates): void;
}

/** Makes the table; `find` searches the graph for a name. */
export function createFlameTable(handle: PanelHandle, find: (name: string) => void): FlameTable {
  const texts = { id: ID, caption: 'Functions by CPU samples', empty: '' };
  const table = dataTable(texts, columnsOf(handle, find), {
    sorted: ({ column, descending }) => {
      const state = handle.state();
      const views = withSort(state.views, { table: ID, column, descending });
      handle.change({ ...state, views });
    },
    copy: (text) => {
      handle.post({ kind: 'copy', text });
    },
  });
  const more = el('p', 'dim');
  return {
    element: el('div', 'flame-functions', table.element, more),
    show(reply) {
      const { rows, left } = entriesOf(reply);
      table.update(rows);
      setText(more, left > 0 ? `And ${formatCount(left)} more with less time.` : '');
    },
    look({ sorts }) {
      table.setOrder(sorts.find((s) => s.table === ID) ?? null);
    },
  };
}
