/** The stretch that the flame graph and the list of executions are about, and the stages they can be narrowed to. Pure. */
import { formatDurationNs } from '../extension/core/format.js';
import type { StageRow } from '../extension/core/panel/rows.js';
import { foldKey } from './timeline/layout.js';
import type { PanelState } from './state.js';
import { rangeLabel, type TimeRange } from './timeline/timeScale.js';

export interface ShownRange {
  readonly range: TimeRange;
  /** `marked`: the reader marked it; `visible`: it is what the timeline shows. */
  readonly by: 'marked' | 'visible';
}

/** What is marked, else what the timeline shows. */
export function shownRange({ marked, nav }: PanelState): ShownRange {
  return marked === null ? { range: nav.range, by: 'visible' } : { range: marked, by: 'marked' };
}

/** Whether the stretch stays where it is when newer data comes. */
export const isHeld = ({ marked, nav }: PanelState): boolean =>
  marked !== null || nav.mode.kind === 'held';

/** Whether the stretch is all of the session. */
export function isWhole(state: PanelState): boolean {
  const { range } = shownRange(state);
  const { extent } = state.nav;
  return range.fromNs <= extent.fromNs && range.toNs >= extent.toNs;
}

/** `whole session (20 s)`, `marked: 3.2 s … 4.1 s (900 ms)` */
export function shownRangeText(state: PanelState): string {
  const { range, by } = shownRange(state);
  const { extent } = state.nav;
  if (isWhole(state)) return `whole session (${formatDurationNs(extent.toNs - extent.fromNs)})`;
  const name = by === 'marked' ? 'marked' : 'as in the timeline';
  const fromNs = Math.max(range.fromNs, extent.fromNs);
  const toNs = Math.max(Math.min(range.toNs, extent.toNs), fromNs);
  return `${name}: ${rangeLabel({ fromNs, toNs })}`;
}

/** Stages that can be chosen: the key that is remembered, a label, and the row. */
export interface StageChoice {
  readonly key: string;
  readonly label: string;
  readonly row: StageRow;
}

/** All stages, in the order of the timeline. */
export function stageChoices({ snapshot }: Pick<PanelState, 'snapshot'>): readonly StageChoice[] {
  const rows = (snapshot?.rows ?? []).flatMap((row) => (row.kind === 'stage' ? [row] : []));
  const isOne = new Set(rows.map((row) => row.pipeline)).size <= 1;
  return rows.map((row) => ({
    key: foldKey(row),
    label: isOne ? row.stage : `${row.pipeline}: ${row.stage}`,
    row,
  }));
}

/** The row of a stage that is remembered by its key; null: all, or it is not there any more. */
export function chosenRow(choices: readonly StageChoice[], key: string | null): StageRow | null {
  return choices.find((choice) => choice.key === key)?.row ?? null;
}
