/** The longest of many executions that were hit together: found by a question, shown closely. The questions are pure. */
import {
  MAX_LISTED,
  type ExecutionsReply,
  type ListedExecution,
} from '../../extension/core/panel/query.js';
import type { PanelHandle } from '../handle.js';
import { bandOfRow } from './layout.js';
import type { Question } from '../queries.js';
import { withExecution } from './reveal.js';
import type { PanelState } from '../state.js';

/** What was hit together, and the stage row it is in. */
interface Sought {
  readonly stageRow: number;
  /** Where only one lane was hit; null: all lanes of the stage. */
  readonly lane: number | null;
  readonly fromNs: number;
  readonly toNs: number;
}

function soughtOf({ selection, geometry }: PanelState): Sought | null {
  if (selection?.hit.kind !== 'many' || selection.hit.longestNs === null) return null;
  const { row } = selection.mark;
  const band = bandOfRow(geometry, row);
  if (band?.kind !== 'stage') return null;
  const { fromNs, toNs } = selection.hit;
  return { stageRow: band.row.id, lane: row === band.row.id ? null : row, fromNs, toNs };
}

/** Asks for the longest of what is selected; null: nothing is that has one. */
export function longestQuestion(
  state: PanelState,
): Extract<Question, { kind: 'executions' }> | null {
  const sought = soughtOf(state);
  if (sought === null) return null;
  const { stageRow, lane, fromNs, toNs } = sought;
  const order = { order: 'duration', descending: true, offset: 0 } as const;
  // The list is of the whole stage, and longer ones of other lanes may come first.
  const limit = lane === null ? 1 : MAX_LISTED;
  return { kind: 'executions', fromNs, toNs, row: stageRow, ...order, limit };
}

/** The longest one of the answer; null where those listed are all of other lanes. */
export function longestOf(state: PanelState, reply: ExecutionsReply): ListedExecution | null {
  const lane = soughtOf(state)?.lane ?? null;
  return reply.executions.find(({ row }) => lane === null || row === lane) ?? null;
}

/** Selects the longest execution and shows it closely; where it is not found, all of them more closely. */
export function zoomToLongest(handle: PanelHandle): void {
  const question = longestQuestion(handle.state());
  if (question === null) return;
  handle.ask(question, (reply) => {
    const state = handle.state();
    const { fromNs, toNs } = question;
    // What is selected now may be something else.
    if (JSON.stringify(longestQuestion(state)) !== JSON.stringify(question)) return;
    const longest = longestOf(state, reply);
    if (longest === null) {
      handle.change({ ...state, view: 'timeline' });
      handle.navigate({ kind: 'show', range: { fromNs, toNs } });
      return;
    }
    handle.change(withExecution(state, longest));
    handle.reveal(longest.row);
  });
}
