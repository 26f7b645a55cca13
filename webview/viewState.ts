/**
 * What each view besides the timeline remembers: how it is sorted, filtered and zoomed. Part of the panel's state and saved
 * with it. Rows are named by `foldKey`, which outlives their ids.
 */
import { field, finite, listed, oneOf, shortText } from './savedValue.js';

/** The views, in the order of their buttons and number keys. */
export const panelViews = ['timeline', 'graph', 'flame', 'table'] as const;
export type PanelView = (typeof panelViews)[number];

/** How the boxes of a flame graph stand: by name, the heaviest first, or from the functions at the end to their callers. */
export const flameOrders = ['name', 'heavy', 'callers'] as const;
export type FlameOrder = (typeof flameOrders)[number];

export interface GraphState {
  /** null: as large as fits, but readable. */
  readonly zoom: number | null;
  /** The node that the keyboard is at; null: the first. */
  readonly node: string | null;
}

export interface FlameState {
  /** null: all stages. */
  readonly stage: string | null;
  readonly order: FlameOrder;
  readonly search: string;
  /** Functions from the root to the frame that is zoomed to, see `frameKey`; empty: all. */
  readonly focus: readonly string[];
}

/** Which executions are listed. */
export interface ExecutionsState {
  readonly stage: string | null;
  readonly order: 'start' | 'duration';
  readonly descending: boolean;
  readonly offset: number;
}

/** How a table is sorted: by the title of a column. */
export interface SortState {
  readonly table: string;
  readonly column: string;
  readonly descending: boolean;
}

export interface ViewStates {
  readonly graph: GraphState;
  readonly flame: FlameState;
  readonly executions: ExecutionsState;
  /** At most one for each table. */
  readonly sorts: readonly SortState[];
}

export const initialViews: ViewStates = {
  graph: { zoom: null, node: null },
  flame: { stage: null, order: 'name', search: '', focus: [] },
  executions: { stage: null, order: 'start', descending: false, offset: 0 },
  sorts: [],
};

/** Levels of a zoom that are kept: deeper ones open at that level. */
export const MAX_SAVED_FOCUS = 256;
const MAX_SORTS = 50;
export const MIN_GRAPH_ZOOM = 0.1;
export const MAX_GRAPH_ZOOM = 2;

/** The state with a table sorted by a column. */
export function withSort(views: ViewStates, sort: SortState): ViewStates {
  return { ...views, sorts: [...views.sorts.filter((s) => s.table !== sort.table), sort] };
}

function savedGraph(value: unknown): GraphState {
  const zoom = finite(field(value, 'zoom'));
  return {
    zoom: zoom === null ? null : Math.min(Math.max(zoom, MIN_GRAPH_ZOOM), MAX_GRAPH_ZOOM),
    node: shortText(field(value, 'node')),
  };
}

function savedFlame(value: unknown): FlameState {
  return {
    stage: shortText(field(value, 'stage')),
    order: oneOf(field(value, 'order'), flameOrders),
    search: shortText(field(value, 'search')) ?? '',
    focus: listed(field(value, 'focus'), MAX_SAVED_FOCUS).flatMap((key) => shortText(key) ?? []),
  };
}

function savedExecutions(value: unknown): ExecutionsState {
  return {
    stage: shortText(field(value, 'stage')),
    order: oneOf(field(value, 'order'), ['start', 'duration']),
    descending: field(value, 'descending') === true,
    offset: Math.max(0, Math.floor(finite(field(value, 'offset')) ?? 0)),
  };
}

function savedSorts(value: unknown): readonly SortState[] {
  return listed(value, MAX_SORTS).flatMap((sort) => {
    const table = shortText(field(sort, 'table'));
    const column = shortText(field(sort, 'column'));
    if (table === null || column === null) return [];
    return [{ table, column, descending: field(sort, 'descending') === true }];
  });
}

/** What was saved of the views; what is missing or makes no sense is as at first. */
export function savedViews(value: unknown): ViewStates {
  return {
    graph: savedGraph(field(value, 'graph')),
    flame: savedFlame(field(value, 'flame')),
    executions: savedExecutions(field(value, 'executions')),
    sorts: savedSorts(field(value, 'sorts')),
  };
}
