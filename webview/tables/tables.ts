/**
 * The same numbers as tables: the Table view, and the text behind the pictures for screen readers. Columns: `sessionColumns.ts`;
 * single executions: `executionsTable.ts`.
 */
import type { PanelSnapshot } from '../../extension/core/panel/snapshot.js';
import type { Report } from '../../extension/core/report/report.js';
import type { Column } from './columns.js';
import { dataTable, type DataTable, type TableActions, type TableTexts } from './dataTable.js';
import { el } from '../dom.js';
import { createExecutionsTable } from './executionsTable.js';
import type { PanelHandle } from '../handle.js';
import { rowLookup, type RowLookup } from '../timeline/rowLookup.js';
import {
  functionColumns,
  gaugeColumns,
  gaugeEntries,
  knobColumns,
  linkColumns,
  queueColumns,
  stageColumns,
  type FunctionEntry,
  type InPipeline,
  type QueueEntry,
} from './sessionColumns.js';
import type { PanelState } from '../state.js';
import { withSort } from '../viewState.js';

type Pipeline = Report['pipelines'][number];

/** What a pipeline has of one kind, each with the row that it stands at. */
function entries<T>(
  report: Report,
  of: (pipeline: Pipeline) => readonly T[],
  rowOf: (pipeline: string, value: T) => { readonly id: number } | null,
): readonly InPipeline<T>[] {
  return report.pipelines.flatMap((p, i) =>
    of(p).map((value, j) => ({
      key: `${i} ${j}`,
      pipeline: p.name,
      of: value,
      row: rowOf(p.name, value)?.id ?? null,
    })),
  );
}

function queueEntries(report: Report, rows: RowLookup): readonly QueueEntry[] {
  return entries(
    report,
    (p) => p.queues.map((of, i) => ({ of, nth: nthOfName(p.queues, i) })),
    (pipeline, { of, nth }) => rows.queue(pipeline, of.name, nth),
  ).map((entry) => ({ ...entry, of: entry.of.of }));
}

/** How many of the same name stand before it. */
export function nthOfName(list: readonly { readonly name: string }[], index: number): number {
  const name = list[index]?.name;
  return list.slice(0, index).filter((other) => other.name === name).length;
}

function functionEntries(report: Report, rows: RowLookup): readonly FunctionEntry[] {
  return entries(
    report,
    (p) => p.stages.flatMap((s) => (s.functions ?? []).map((f) => ({ ...f, stage: s.name }))),
    (pipeline, { stage }) => rows.stage(pipeline, stage),
  );
}

/** Actions of a table whose order is remembered under its id. */
function tableActions(handle: PanelHandle, id: string): TableActions {
  return {
    sorted: ({ column, descending }) => {
      const state = handle.state();
      const views = withSort(state.views, { table: id, column, descending });
      handle.change({ ...state, views });
    },
    copy: (text) => {
      handle.post({ kind: 'copy', text });
    },
  };
}

/** A table of the session, filled from each snapshot. */
interface SessionTable {
  readonly element: HTMLElement;
  fill(snapshot: PanelSnapshot, rows: RowLookup): void;
  look(state: PanelState): void;
}

interface Setup<R> {
  readonly texts: TableTexts;
  readonly columns: readonly Column<R>[];
  readonly rows: (snapshot: PanelSnapshot, rows: RowLookup) => readonly R[];
  /** Not shown at all while there is nothing in it. */
  readonly hidesEmpty?: boolean;
}

function sessionTable<R extends { readonly key: string }>(
  handle: PanelHandle,
  { texts, columns, rows, hidesEmpty = false }: Setup<R>,
): SessionTable {
  const table: DataTable<R> = dataTable(texts, columns, tableActions(handle, texts.id));
  return {
    element: table.element,
    fill(snapshot, lookup) {
      const filled = rows(snapshot, lookup);
      table.update(filled);
      table.element.hidden = hidesEmpty && filled.length === 0;
    },
    look({ views, view }) {
      table.setOrder(views.sorts.find((s) => s.table === texts.id) ?? null);
      table.setReachable(view === 'table');
    },
  };
}

function sessionTables(handle: PanelHandle): readonly SessionTable[] {
  const stage = (rows: RowLookup) => (pipeline: string, of: { readonly name: string }) =>
    rows.stage(pipeline, of.name);
  return [
    sessionTable(handle, {
      texts: { id: 'stages-table', caption: 'Stages', empty: 'No stage has run yet.' },
      columns: stageColumns(handle),
      rows: ({ report }, rows) => entries(report, (p) => p.stages, stage(rows)),
    }),
    sessionTable(handle, {
      texts: { id: 'queues-table', caption: 'Queues', empty: 'No queue has been seen.' },
      columns: queueColumns(handle),
      rows: ({ report }, rows) => queueEntries(report, rows),
    }),
    sessionTable(handle, {
      texts: { id: 'links-table', caption: 'Which stage feeds which', empty: '' },
      columns: linkColumns,
      rows: ({ report }) =>
        entries(
          report,
          (p) => p.links,
          () => null,
        ),
      hidesEmpty: true,
    }),
    sessionTable(handle, {
      texts: { id: 'knobs-table', caption: 'Knobs', empty: 'No knob has been found.' },
      columns: knobColumns(handle),
      rows: ({ report }, rows) =>
        entries(
          report,
          (p) => p.knobs,
          (pipeline, { stage: name, queue }) =>
            name === null ? rows.queue(pipeline, queue ?? '', 0) : rows.stage(pipeline, name),
        ),
    }),
    sessionTable(handle, {
      texts: { id: 'gauges-table', caption: 'Gauges', empty: '' },
      columns: gaugeColumns(handle),
      rows: ({ rows }) => gaugeEntries(rows),
      hidesEmpty: true,
    }),
    sessionTable(handle, {
      texts: { id: 'functions-table', caption: 'Functions by CPU samples', empty: '' },
      columns: functionColumns(handle),
      rows: ({ report }, rows) => functionEntries(report, rows),
      hidesEmpty: true,
    }),
  ];
}

/** Ways to each table: the page is long, and the single executions stand at its end. */
function contents(tables: readonly { readonly element: HTMLElement }[]): {
  readonly element: HTMLElement;
  readonly update: () => void;
} {
  const links = tables.map(({ element }) => {
    const title = element.querySelector<HTMLElement>('.table-title');
    const link = el('button', 'cell-link', title?.textContent ?? '');
    link.type = 'button';
    link.addEventListener('click', () => {
      element.scrollIntoView({ block: 'start' });
      title?.focus({ preventScroll: true });
    });
    return { element, link };
  });
  const element = el('nav', 'table-contents', ...links.map((l) => l.link));
  element.setAttribute('aria-label', 'Tables');
  return {
    element,
    update() {
      for (const { element: table, link } of links) link.hidden = table.hidden;
    },
  };
}

export interface Tables {
  readonly element: HTMLElement;
  /** Shows the tables as the view, or keeps them for screen readers only. */
  update(state: PanelState): void;
}

/**
 * Makes the tables: `#stages-table`, `#queues-table`, `#knobs-table`; where there is something to tell, `#links-table`,
 * `#gauges-table` and `#functions-table`; in the Table view also `#executions-table`.
 */
export function createTables(handle: PanelHandle): Tables {
  const all = sessionTables(handle);
  const executions = createExecutionsTable(handle);
  const ways = contents([...all, executions]);
  const parts = [ways, ...all, executions].map((part) => part.element);
  const element = el('section', 'tables', ...parts);
  element.setAttribute('aria-label', 'Numbers of the session as tables');
  let last: PanelSnapshot | null = null;
  return {
    element,
    update(state) {
      const { snapshot, view } = state;
      const isShown = view === 'table' && snapshot?.emptyText === null;
      element.classList.toggle('for-readers', view !== 'table');
      // What has to be scrolled can be reached with the keyboard.
      if (isShown) element.tabIndex = 0;
      else element.removeAttribute('tabindex');
      executions.element.hidden = !isShown;
      ways.element.hidden = !isShown;
      if (snapshot !== null && snapshot !== last) {
        last = snapshot;
        const { report, rows } = snapshot;
        // With one pipeline its name in every row would only take room.
        element.classList.toggle('one-pipeline', report.pipelines.length <= 1);
        const lookup = rowLookup(rows);
        for (const table of all) table.fill(snapshot, lookup);
      }
      for (const table of all) table.look(state);
      ways.update();
      executions.update(state, isShown);
    },
  };
}
