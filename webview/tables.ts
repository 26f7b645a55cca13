/**
 * The same numbers as tables: the Table view, and the text behind the picture for screen readers. Built on real table
 * elements; a click on a column's title sorts by it.
 */
import {
  formatCount,
  formatDurationNs,
  formatPercent,
  formatRate,
} from '../extension/core/format.js';
import { linkOriginText } from '../extension/core/report/factText.js';
import type {
  FunctionReport,
  KnobReport,
  LinkReport,
  QueueReport,
  Report,
  StageReport,
} from '../extension/core/report/report.js';
import type { GaugeRow, PanelRow } from '../extension/core/panel/rows.js';
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import { el, keyedList, setAttribute, setText, type View } from './dom.js';
import type { PanelState } from './state.js';
import { depthText, gaugeValue, knobRange, knobValue, noValue, queueEnds } from './texts.js';

/** A column: its title, what it shows and what it sorts by (numbers downwards first, text upwards first). */
export interface Column<R> {
  readonly title: string;
  readonly text: (row: R) => string;
  readonly sort: (row: R) => number | string | null;
}

interface InPipeline<T> {
  readonly key: string;
  readonly pipeline: string;
  readonly of: T;
}

type StageEntry = InPipeline<StageReport>;
type FunctionEntry = InPipeline<FunctionReport & { readonly stage: string }>;
type QueueEntry = InPipeline<QueueReport>;
type LinkEntry = InPipeline<LinkReport>;
type KnobEntry = InPipeline<KnobReport>;

/** A gauge with the title of its process. */
interface GaugeEntry {
  readonly key: string;
  readonly process: string;
  readonly of: GaugeRow;
}

type NumberOf<R> = (row: R) => number | null;

function numberColumn<R>(
  title: string,
  value: NumberOf<R>,
  show: (n: number) => string,
): Column<R> {
  return {
    title,
    sort: value,
    text: (row) => {
      const n = value(row);
      return n === null ? noValue : show(n);
    },
  };
}

function textColumn<R>(title: string, text: (row: R) => string): Column<R> {
  return { title, text, sort: text };
}

const share = (title: string, name: keyof StageReport['shares']): Column<StageEntry> =>
  numberColumn(title, (s) => s.of.shares[name], formatPercent);
const time = (title: string, name: 'p50' | 'p95' | 'p99'): Column<StageEntry> =>
  numberColumn(title, (s) => s.of.serviceNs?.[name] ?? null, formatDurationNs);

const stageColumns: readonly Column<StageEntry>[] = [
  textColumn('Stage', (s) => s.of.name),
  textColumn('Pipeline', (s) => s.pipeline),
  textColumn('Kind', (s) => s.of.kind),
  numberColumn('Parallelism', (s) => s.of.parallelism, formatCount),
  numberColumn('Executions', (s) => s.of.executions, formatCount),
  numberColumn('Items', (s) => s.of.items, formatCount),
  numberColumn('Errors', (s) => s.of.errors, formatCount),
  numberColumn('Lost', (s) => s.of.lost, formatCount),
  numberColumn('Rate', (s) => s.of.ratePerSec, formatRate),
  numberColumn('True rate', (s) => s.of.trueRatePerSec, formatRate),
  numberColumn('Utilisation', (s) => s.of.utilization, formatPercent),
  numberColumn('On CPU', (s) => s.of.cpuShare, formatPercent),
  time('p50', 'p50'),
  time('p95', 'p95'),
  time('p99', 'p99'),
  share('Busy', 'busy'),
  share('Starved', 'starved'),
  share('Blocked', 'blocked'),
  share('Limited', 'limited'),
  share('Idle', 'idle'),
];

const functionColumns: readonly Column<FunctionEntry>[] = [
  textColumn('Function', (f) => f.of.name),
  textColumn('Pipeline', (f) => f.pipeline),
  textColumn('Stage', (f) => f.of.stage),
  numberColumn('CPU self', (f) => f.of.selfShare, formatPercent),
  numberColumn('CPU total', (f) => f.of.totalShare, formatPercent),
  textColumn('Source', (f) => placeOf(f.of)),
];

function placeOf({ source }: FunctionReport): string {
  return source === null ? noValue : `${source.file}:${source.line}:${source.column}`;
}

const queueColumns: readonly Column<QueueEntry>[] = [
  textColumn('Queue', (q) => q.of.name),
  textColumn('Pipeline', (q) => q.pipeline),
  textColumn('Between', (q) => queueEnds(q.of) ?? noValue),
  {
    title: 'Capacity',
    text: (q) => (q.of.capacity === null ? 'unbounded' : formatCount(q.of.capacity)),
    sort: (q) => q.of.capacity ?? Infinity,
  },
  numberColumn('Mean depth', (q) => q.of.depth.mean, depthText),
  numberColumn('Depth p95', (q) => q.of.depth.p95, depthText),
  numberColumn('Highest', (q) => q.of.depth.max, depthText),
  numberColumn('Full', (q) => q.of.fullShare, formatPercent),
  numberColumn('Empty', (q) => q.of.emptyShare, formatPercent),
  numberColumn('Wait p50', (q) => q.of.waitNs?.p50 ?? null, formatDurationNs),
  numberColumn('Wait p95', (q) => q.of.waitNs?.p95 ?? null, formatDurationNs),
];

const linkColumns: readonly Column<LinkEntry>[] = [
  textColumn('From', (l) => l.of.from),
  textColumn('Pipeline', (l) => l.pipeline),
  textColumn('To', (l) => l.of.to),
  textColumn('Known', (l) => linkOriginText[l.of.known]),
];

const knobColumns: readonly Column<KnobEntry>[] = [
  textColumn('Knob', (k) => k.of.name),
  textColumn('Pipeline', (k) => k.pipeline),
  textColumn('Tunes', (k) => k.of.stage ?? k.of.queue ?? noValue),
  textColumn('Kind', (k) => k.of.kind),
  { title: 'Value', text: (k) => knobValue(k.of.value), sort: (k) => k.of.value ?? Infinity },
  textColumn('Range', (k) => knobRange(k.of)),
  textColumn('Live', (k) => (k.of.live ? 'yes' : 'no')),
];

const gaugeColumn = (title: string, name: 'mean' | 'max' | 'limit'): Column<GaugeEntry> => ({
  title,
  sort: (g) => g.of[name],
  text: (g) => (g.of[name] === null ? noValue : gaugeValue(g.of[name], g.of.unit)),
});

const gaugeColumns: readonly Column<GaugeEntry>[] = [
  textColumn('Gauge', (g) => g.of.label),
  textColumn('Process', (g) => g.process),
  textColumn('Thread', (g) => g.of.thread ?? noValue),
  gaugeColumn('Mean', 'mean'),
  gaugeColumn('Highest', 'max'),
  gaugeColumn('May use', 'limit'),
];

function gaugeEntries(rows: readonly PanelRow[]): readonly GaugeEntry[] {
  return rows.flatMap((row) => {
    if (row.kind !== 'gauges') return [];
    const process = `${row.title} (pid ${row.process})`;
    return row.gauges.map((of) => ({ key: String(of.id), process, of }));
  });
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

interface Order {
  readonly column: number;
  readonly descending: boolean;
}

function tableRow<R>(columns: readonly Column<R>[]): View<R> {
  const cells = columns.map((_, i) => el(i === 0 ? 'th' : 'td'));
  cells[0]?.setAttribute('scope', 'row');
  return {
    element: el('tr', '', ...cells),
    update(row) {
      for (const [i, column] of columns.entries()) {
        const cell = cells[i];
        if (cell === undefined) continue;
        setText(cell, column.text(row));
        cell.classList.toggle('number', typeof column.sort(row) === 'number');
      }
    },
  };
}

interface DataTable<R> extends View<readonly R[]> {
  /** Sort buttons take focus only while the table can be seen. */
  setReachable(reachable: boolean): void;
}

interface TableTexts {
  readonly id: string;
  readonly caption: string;
  readonly empty: string;
}

function dataTable<R extends { readonly key: string }>(
  texts: TableTexts,
  columns: readonly Column<R>[],
): DataTable<R> {
  let rows: readonly R[] = [];
  let order: Order | null = null;
  const body = el('tbody');
  const empty = el('p', 'dim', texts.empty);
  const fill = keyedList<R>(
    body,
    (row) => row.key,
    () => tableRow(columns),
  );
  const heads = columns.map((column, i) => {
    const sort = el('button', 'sort', column.title);
    sort.type = 'button';
    const head = el('th', '', sort);
    head.scope = 'col';
    sort.addEventListener('click', () => {
      const again = order?.column === i;
      const first = rows[0] === undefined ? '' : column.sort(rows[0]);
      order = { column: i, descending: again ? !order?.descending : typeof first !== 'string' };
      refresh();
    });
    return { head, sort };
  });
  const table = el('table', 'data', el('caption', '', texts.caption));
  table.id = texts.id;
  table.append(el('thead', '', el('tr', '', ...heads.map((h) => h.head))), body);
  function refresh(): void {
    const column = order === null ? undefined : columns[order.column];
    fill(sortRows(rows, column, order?.descending ?? false));
    for (const [i, { head }] of heads.entries()) {
      const direction = order?.descending === true ? 'descending' : 'ascending';
      setAttribute(head, 'aria-sort', order?.column === i ? direction : null);
    }
    empty.hidden = rows.length > 0;
  }
  return {
    element: el('div', 'table-frame', table, empty),
    update(next) {
      rows = next;
      refresh();
    },
    setReachable(reachable) {
      for (const { sort } of heads) sort.tabIndex = reachable ? 0 : -1;
    },
  };
}

function entries<T>(
  report: Report,
  of: (pipeline: Report['pipelines'][number]) => readonly T[],
): readonly InPipeline<T>[] {
  return report.pipelines.flatMap((p, i) =>
    of(p).map((value, j) => ({ key: `${i} ${j}`, pipeline: p.name, of: value })),
  );
}

export interface Tables {
  readonly element: HTMLElement;
  /** Shows the tables as the view, or keeps them for screen readers only. */
  update(state: PanelState): void;
}

/**
 * Makes the tables: `#stages-table`, `#queues-table`, `#knobs-table`; where there is something to tell, `#links-table`,
 * `#gauges-table` and `#functions-table`.
 */
export function createTables(): Tables {
  const stages = dataTable<StageEntry>(
    { id: 'stages-table', caption: 'Stages', empty: 'No stage has run yet.' },
    stageColumns,
  );
  const queues = dataTable<QueueEntry>(
    { id: 'queues-table', caption: 'Queues', empty: 'No queue has been seen.' },
    queueColumns,
  );
  const knobs = dataTable<KnobEntry>(
    { id: 'knobs-table', caption: 'Knobs', empty: 'No knob has been found.' },
    knobColumns,
  );
  const functions = dataTable<FunctionEntry>(
    { id: 'functions-table', caption: 'Functions by CPU samples', empty: '' },
    functionColumns,
  );
  const gauges = dataTable<GaugeEntry>(
    { id: 'gauges-table', caption: 'Gauges', empty: '' },
    gaugeColumns,
  );
  const links = dataTable<LinkEntry>(
    { id: 'links-table', caption: 'Which stage feeds which', empty: '' },
    linkColumns,
  );
  const all = [stages, queues, links, knobs, gauges, functions];
  const element = el('section', 'tables', ...all.map((table) => table.element));
  element.setAttribute('aria-label', 'Numbers of the session as tables');
  let last: PanelSnapshot | null = null;
  return {
    element,
    update({ snapshot, view }) {
      element.classList.toggle('for-readers', view !== 'table');
      for (const table of all) table.setReachable(view === 'table');
      if (snapshot === null || snapshot === last) return;
      last = snapshot;
      const { report, rows } = snapshot;
      const measured = gaugeEntries(rows);
      gauges.update(measured);
      gauges.element.hidden = measured.length === 0;
      // With one pipeline its name in every row would only take room.
      element.classList.toggle('one-pipeline', report.pipelines.length <= 1);
      stages.update(entries(report, (p) => p.stages));
      queues.update(entries(report, (p) => p.queues));
      const known = entries(report, (p) => p.links);
      links.update(known);
      links.element.hidden = known.length === 0;
      knobs.update(entries(report, (p) => p.knobs));
      const sampled = entries(report, (p) =>
        p.stages.flatMap((s) => (s.functions ?? []).map((f) => ({ ...f, stage: s.name }))),
      );
      functions.update(sampled);
      functions.element.hidden = sampled.length === 0;
    },
  };
}
