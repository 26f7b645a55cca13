/** What the panel shows: one immutable value, changed only by the functions here, all pure. */
import type { HitReply } from '../extension/core/panel/hit.js';
import { noLive, type LiveState } from '../extension/core/panel/live.js';
import type { PanelSnapshot } from '../extension/core/panel/snapshot.js';
import type { HeatScale } from './draw/drawHeatmap.js';
import { savedFollowed, type Followed } from './item/followed.js';
import type { Mark } from './draw/frame.js';
import { layout, type Folds, type Geometry } from './timeline/layout.js';
import {
  navigate,
  noNavigation,
  type Navigation,
  type NavigationAction,
} from './timeline/navigation.js';
import type { Figures } from './range/rangeState.js';
import { MAX_SEARCH_CHARS, noSearch, type Search } from './search/search.js';
import { rowName, rowNamed } from './timeline/rowNames.js';
import { field, finite, oneOf, shortText } from './savedValue.js';
import type { TimeRange } from './timeline/timeScale.js';
import {
  initialViews,
  panelViews,
  savedViews,
  type PanelView,
  type ViewStates,
} from './viewState.js';

export interface Selection {
  readonly mark: Mark;
  readonly hit: NonNullable<HitReply['hit']>;
}

export interface PanelState {
  readonly snapshot: PanelSnapshot | null;
  /** Trials, and what goes with them. */
  readonly live: LiveState;
  readonly geometry: Geometry;
  readonly nav: Navigation;
  readonly view: PanelView;
  readonly scrollPx: number;
  readonly selection: Selection | null;
  /** The stretch that figures are shown of; null: none is marked. */
  readonly marked: TimeRange | null;
  /** The last figures that came, perhaps of what was marked before (see `isOfMarked`); null: none yet. */
  readonly figures: Figures | null;
  /** Row of the stage whose durations are shown as a histogram; null: nobody has chosen one. */
  readonly histogramRow: number | null;
  /** The item whose way is shown. */
  readonly followed: Followed | null;
  readonly search: Search;
  readonly folds: Folds;
  readonly heatScale: HeatScale;
  readonly views: ViewStates;
}

export const initialState: PanelState = {
  snapshot: null,
  live: noLive,
  geometry: { bands: [], heightPx: 0 },
  nav: noNavigation,
  view: 'timeline',
  scrollPx: 0,
  selection: null,
  marked: null,
  figures: null,
  histogramRow: null,
  followed: null,
  search: noSearch,
  folds: new Map(),
  heatScale: 'linear',
  views: initialViews,
};

/** The state after an action on the time axis. */
export function withNavigation(state: PanelState, action: NavigationAction): PanelState {
  return { ...state, nav: navigate(state.nav, action) };
}

const rangeOf = (pair: readonly [number, number]): TimeRange => ({
  fromNs: pair[0],
  toNs: pair[1],
});

/** The state after a snapshot: rows are laid out again and the time axis learns the new extent. */
export function withSnapshot(state: PanelState, snapshot: PanelSnapshot): PanelState {
  const action = {
    kind: 'data',
    extent: rangeOf(snapshot.extentNs),
    state: snapshot.state,
  } as const;
  return {
    ...withNavigation(state, action),
    snapshot,
    geometry: layout(snapshot.rows, snapshot.report, state.folds),
  };
}

/** The state with rows folded as `folds` says. */
function withFolds(state: PanelState, folds: Folds): PanelState {
  const { snapshot } = state;
  if (snapshot === null) return { ...state, folds };
  return { ...state, folds, geometry: layout(snapshot.rows, snapshot.report, folds) };
}

/** Folds a row away, or shows it whole. */
export function withFold(state: PanelState, key: string, isFolded: boolean): PanelState {
  return withFolds(state, new Map(state.folds).set(key, isFolded));
}

/** What VS Code keeps for a panel. */
export interface SavedState {
  readonly version: 1;
  /** Title of the session that it belongs to: another one must not open with this one's range. */
  readonly title: string;
  readonly view: PanelView;
  readonly scrollPx: number;
  /** null: nothing to restore, the panel was following or fitted. */
  readonly range: TimeRange | null;
  readonly selection: Selection | null;
  /** The name of the row that the selection is on, whose id may be another one when the panel comes back. */
  readonly selectedRow: string | null;
  readonly marked: TimeRange | null;
  /** Its way is asked for again. */
  readonly followed: Omit<Followed, 'path'> | null;
  readonly searchText: string;
  readonly folds: readonly (readonly [key: string, isFolded: boolean])[];
  readonly heatScale: HeatScale;
  readonly views: ViewStates;
  /** Path of the capture: the host reads the session back from it when VS Code has been restarted. Empty: none. */
  readonly capture: string;
}

/** What to keep; null before the first snapshot. `capture`: see `SavedState`. */
export function toSaved(state: PanelState, capture: string): SavedState | null {
  const { snapshot, selection } = state;
  if (snapshot === null) return null;
  return {
    version: 1,
    title: snapshot.title,
    view: state.view,
    scrollPx: state.scrollPx,
    range: state.nav.mode.kind === 'held' ? state.nav.range : null,
    selection,
    selectedRow: selection === null ? null : rowName(snapshot.rows, selection.mark.row),
    marked: state.marked,
    followed: savedFollowed(state.followed),
    searchText: state.search.text,
    folds: [...state.folds],
    heatScale: state.heatScale,
    views: state.views,
    capture,
  };
}

function savedRange(value: unknown): TimeRange | null {
  const fromNs = finite(field(value, 'fromNs'));
  const toNs = finite(field(value, 'toNs'));
  return fromNs !== null && toNs !== null && toNs > fromNs ? { fromNs, toNs } : null;
}

function savedText(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_SEARCH_CHARS) : '';
}

/** Names come from programs, and may be long. */
const MAX_ROW_NAME = 10_000;

const hitKinds: ReadonlySet<unknown> = new Set([
  'execution',
  'wait',
  'span',
  'function',
  'depth',
  'gauge',
  'many',
]);

function savedSelection(value: unknown): Selection | null {
  const mark = field(value, 'mark');
  const numbers = ['row', 'level', 'fromNs', 'toNs'].map((name) => finite(field(mark, name)));
  const whole =
    numbers.every((n) => n !== null) && hitKinds.has(field(field(value, 'hit'), 'kind'));
  return whole ? (value as Selection) : null;
}

function savedFolds(value: unknown): SavedState['folds'] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (entry): entry is [string, boolean] =>
      Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'boolean',
  );
}

/** What names a session: its title, and the file of its capture (empty: none is known). */
export interface SessionName {
  readonly title: string;
  readonly capture: string;
}

/** The file decides where there is one: a session that was live has another title when it is read back from its capture. */
function isOf(value: unknown, { title, capture }: SessionName): boolean {
  return capture === '' ? field(value, 'title') === title : field(value, 'capture') === capture;
}

/** What `toSaved` made, if this is that and belongs to the session; null for anything else. */
export function fromSaved(value: unknown, session: SessionName): SavedState | null {
  if (field(value, 'version') !== 1 || !isOf(value, session)) return null;
  return {
    version: 1,
    ...session,
    view: oneOf(field(value, 'view'), panelViews),
    scrollPx: Math.max(0, finite(field(value, 'scrollPx')) ?? 0),
    range: savedRange(field(value, 'range')),
    selection: savedSelection(field(value, 'selection')),
    selectedRow: shortText(field(value, 'selectedRow'), MAX_ROW_NAME),
    marked: savedRange(field(value, 'marked')),
    followed: savedFollowed(field(value, 'followed')),
    searchText: savedText(field(value, 'searchText')),
    folds: savedFolds(field(value, 'folds')),
    heatScale: field(value, 'heatScale') === 'ranked' ? 'ranked' : 'linear',
    views: savedViews(field(value, 'views')),
  };
}

/** The selection on the row that has its row's name now; null where there is none. */
function selectionAgain({ snapshot }: PanelState, saved: SavedState): Selection | null {
  const row = rowNamed(snapshot?.rows ?? [], saved.selectedRow);
  if (saved.selection === null || row === null) return null;
  return { ...saved.selection, mark: { ...saved.selection.mark, row } };
}

/** Whether it is known all that a panel may have been left at: ranges and rows that are not there yet would be lost. */
export const canRestore = ({ snapshot }: PanelState): boolean =>
  snapshot !== null && snapshot.state !== 'reading';

/** Whether nobody has done anything that taking up an older state would undo. */
export const isUntouched = ({ nav, view, selection, marked, followed }: PanelState): boolean =>
  nav.mode.kind !== 'held' &&
  view === initialState.view &&
  [selection, marked, followed].every((part) => part === null);

/** Takes up where the panel was left. Call when `canRestore`, so that the range is held to the whole extent. */
export function restored(state: PanelState, saved: SavedState): PanelState {
  const { range, folds, view, scrollPx, marked, heatScale, views } = saved;
  const selection = selectionAgain(state, saved);
  const followed = saved.followed === null ? null : { ...saved.followed, path: null };
  const search = { ...noSearch, text: saved.searchText };
  const looks = { view, scrollPx, heatScale, views };
  const taken = { ...state, ...looks, selection, marked, followed, search };
  const next = withFolds(taken, new Map(folds));
  return range === null ? next : withNavigation(next, { kind: 'show', range });
}

/** The mark of a hit on a row; a depth is a moment and has no length. */
export function markOf(hit: NonNullable<HitReply['hit']>, row: number, level: number): Mark {
  if (hit.kind === 'depth') return { row, level: 0, fromNs: hit.atNs, toNs: hit.atNs };
  if (hit.kind === 'many') return { row, level: 0, fromNs: hit.fromNs, toNs: hit.toNs };
  return { row, level, fromNs: hit.startNs, toNs: hit.startNs + hit.durationNs };
}
