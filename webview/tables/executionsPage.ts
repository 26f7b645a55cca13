/** Pages of the list of executions. Pure. */
import { formatCount } from '../../extension/core/format.js';
import {
  MAX_LIST_OFFSET,
  type ExecutionsReply,
  type ListedExecution,
} from '../../extension/core/panel/query.js';
import { numberColumn, textColumn, type Column } from './columns.js';
import type { Question } from '../queries.js';
import { asCount, asDuration } from './sessionColumns.js';
import { chosenRow, shownRange, stageChoices } from '../shownRange.js';
import type { PanelState } from '../state.js';
import { momentLabel } from '../timeline/timeScale.js';

/** Executions of a page. */
export const PAGE = 100;

/** An execution at a place of the page. */
export type ExecutionEntry = ListedExecution & { readonly key: string };

/** What a state asks for. */
export function executionsQuestion(state: PanelState): Extract<Question, { kind: 'executions' }> {
  const { fromNs, toNs } = shownRange(state).range;
  const { stage, order, descending, offset } = state.views.executions;
  const row = chosenRow(stageChoices(state), stage)?.id ?? null;
  return {
    kind: 'executions',
    fromNs,
    toNs,
    row,
    order,
    descending,
    offset: Math.min(offset, MAX_LIST_OFFSET),
    limit: PAGE,
  };
}

/** The pages before and behind one; null: there is none. */
export interface Pages {
  readonly text: string;
  readonly previous: number | null;
  readonly next: number | null;
  /** Where to go when the page has nothing because the list became shorter. */
  readonly last: number | null;
}

/** Where a page stands. Far down a list the other direction is shorter; farther than half of it may be out of reach. */
export function pagesOf({ offset, total, executions }: ExecutionsReply): Pages {
  const end = offset + executions.length;
  const more = end < total;
  const isReachable = offset + PAGE <= MAX_LIST_OFFSET;
  const text =
    executions.length === 0
      ? `0 of ${formatCount(total)} executions`
      : `${formatCount(offset + 1)}–${formatCount(end)} of ${formatCount(total)} executions`;
  const hint = more && !isReachable ? ': sort the other way or narrow the time to see more' : '';
  const lastPage = Math.floor(Math.max(total - 1, 0) / PAGE) * PAGE;
  return {
    text: text + hint,
    previous: offset === 0 ? null : Math.max(0, offset - PAGE),
    next: more && isReachable ? offset + PAGE : null,
    last: offset > 0 && offset >= total ? Math.min(lastPage, MAX_LIST_OFFSET) : null,
  };
}

/** The rows of a page. Keyed by place, so that the focus stays where it is on the next page. */
export const executionEntries = ({ executions }: ExecutionsReply): readonly ExecutionEntry[] =>
  executions.map((execution, i) => ({ ...execution, key: String(i) }));

/** The columns; the first leads to the execution. */
export function executionColumns(
  open: (execution: ListedExecution) => void,
): readonly Column<ExecutionEntry>[] {
  return [
    {
      ...numberColumn('Start', (e) => e.startNs, {
        show: (ns) => momentLabel(ns, 1e3),
        unit: 'ns',
      }),
      link: { title: () => 'show in the timeline', follow: open, isWholeRow: true },
    },
    numberColumn('Duration', (e) => e.durationNs, asDuration),
    textColumn('Stage', (e) => e.stage),
    textColumn('Lane', (e) => e.lane),
    numberColumn('Item', (e) => e.item, asCount),
    numberColumn('Items', (e) => e.items, asCount),
    numberColumn('Waited', (e) => e.waitedNs, asDuration),
    textColumn('Outcome', (e) => (e.failed ? 'failed' : 'ok')),
  ];
}

/** The titles that sort the whole list, and what each is called in a question. */
export const executionOrders: Readonly<Record<string, 'start' | 'duration'>> = {
  Start: 'start',
  Duration: 'duration',
};
