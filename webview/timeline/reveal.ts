/** The ways from the other views to the timeline: to a row, to an execution. Pure. */
import type { ListedExecution } from '../../extension/core/panel/query.js';
import type { RevealedRow } from '../../extension/core/panel/messages.js';
import type { GaugesRow, PanelRow } from '../../extension/core/panel/rows.js';
import { bandOfRow, foldKey, placeOfRow, type Geometry } from './layout.js';
import { markOf, withFold, withNavigation, type PanelState } from '../state.js';
import { panelViews, type PanelView } from '../viewState.js';

/** Of the row above, what stays in view: the reader sees where the row belongs. */
const ABOVE_PX = 30;
/** Around an execution, in lengths of its own. */
const AIR = 1;

/** Where to scroll to so that a row is in view; null when there is no such row. */
export function revealScrollPx(geometry: Geometry, row: number): number | null {
  const place = placeOfRow(geometry, row, 0);
  return place === null ? null : Math.max(0, place.yPx - ABOVE_PX);
}

/** The state in which a row that is folded away with its process has a place. */
export function unfolded(state: PanelState, row: number): PanelState {
  const group = state.snapshot?.rows.find(
    (r): r is GaugesRow => r.kind === 'gauges' && r.gauges.some((gauge) => gauge.id === row),
  );
  return group === undefined ? state : withFold(state, foldKey(group), false);
}

/** The key of the header that a row stands at; null when there is no such row. */
export const headerKeyOf = (geometry: Geometry, row: number): string | null =>
  bandOfRow(geometry, row)?.key ?? null;

/** The state with an execution selected and the time axis around it. */
export function withExecution(state: PanelState, listed: ListedExecution): PanelState {
  const { row, stage, lane, startNs, durationNs, item, items, failed } = listed;
  const hit = { kind: 'execution', stage, lane, startNs, durationNs, item, items, failed } as const;
  const air = Math.max(durationNs * AIR, 1);
  const range = { fromNs: startNs - air, toNs: startNs + durationNs + air };
  const selected = { ...state, selection: { hit, mark: markOf(hit, row, 0) } };
  return withNavigation(selected, { kind: 'show', range });
}

/** The view that a number key stands for; null for every other key. */
export function viewOfKey(press: {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}): PanelView | null {
  if (press.ctrlKey || press.metaKey || press.altKey || !/^[1-9]$/.test(press.key)) return null;
  return panelViews[Number(press.key) - 1] ?? null;
}

/** Id of the row that the host wants to be seen; null: there is none of that name. */
export function rowToReveal(
  rows: readonly PanelRow[],
  { kind, pipeline, name }: RevealedRow,
): number | null {
  const found = rows.find(
    (row) =>
      row.kind === kind &&
      row.pipeline === pipeline &&
      (row.kind === 'stage' ? row.stage : row.queue) === name,
  );
  return found?.id ?? null;
}
