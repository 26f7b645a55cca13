/** Single executions of a range, in order: a page of a list that may be millions long. */
import { ExecutionFlag, itemsOf, laneLabel, type Lane } from '../model/entities.js';
import { BLOCK_ROWS } from '../model/blocks.js';
import type { ResidentBlock } from '../model/intervals.js';
import type { ExecutionsReply, ListedExecution, QueryOf } from '../panel/query.js';
import { Foremost, type Placed } from './foremost.js';
import { spansOf, type RowSpan } from './rowScan.js';
import type { QuerySource } from './source.js';
import { stageEntries } from './stageRows.js';

/** An execution that may be on the page, as it was read: later it may stand elsewhere. */
interface Candidate extends Placed {
  readonly lane: Lane;
  readonly stage: string;
  readonly durationNs: number;
  readonly item: number;
  readonly word: number;
  readonly waited: number;
}

/** A lane with its rows of the range. */
interface LaneRows {
  readonly lane: Lane;
  readonly stage: string;
  readonly first: number;
  readonly behind: number;
}

/** Lanes that are looked up, blocks that are told from their summary, between two steps. */
const LANES_PER_STEP = 64;
const BLOCKS_PER_STEP = 16;

/** Answers `executions`. */
export function* answerExecutions(
  source: QuerySource,
  query: QueryOf<'executions'>,
): Generator<undefined, ExecutionsReply> {
  const { seq, offset, limit } = query;
  const lanes: LaneRows[] = [];
  let total = 0;
  for (const entry of stageEntries(source.prepared, query.row)) {
    for (const stage of entry.target.stages) {
      for (const lane of [...stage.lanes]) {
        const rows = { lane, stage: entry.label, ...rowsBetween(lane, query) };
        total += rows.behind - rows.first;
        if (rows.behind > rows.first) lanes.push(rows);
        if (lanes.length % LANES_PER_STEP === 0) yield;
      }
    }
  }
  const page = new Foremost<Candidate>(offset + limit);
  if (query.order === 'start') yield* byStart(lanes, page, query.descending ? -1 : 1);
  else yield* byDuration(lanes, page, query.descending ? -1 : 1);
  const executions = page.inOrder().slice(offset).map(listed);
  return { kind: 'executions', seq, offset, total, executions };
}

/** Rows of a lane that begin in the range. */
function rowsBetween(
  { executions }: Lane,
  { fromNs, toNs }: { readonly fromNs: number; readonly toNs: number },
): { readonly first: number; readonly behind: number } {
  executions.settle();
  const first = executions.startNs.lowerBound(fromNs);
  return { first, behind: Math.max(executions.startNs.lowerBound(toNs), first) };
}

/** Lane by lane, from the wanted end on: where a lane's next one comes too late, all others of it do. */
function* byStart(
  lanes: readonly LaneRows[],
  page: Foremost<Candidate>,
  sign: 1 | -1,
): Generator<undefined, void> {
  for (const rows of lanes) {
    const spans = [...spansOf(rows.first, rows.behind)];
    if (sign < 0) spans.reverse();
    for (const span of spans) {
      const hasMore = offerInOrder(rows, span, page, sign);
      yield;
      if (!hasMore) break;
    }
  }
}

/** Offers the rows of a block from one end to the other; false: the rest of the lane comes too late. */
function offerInOrder(
  rows: LaneRows,
  span: RowSpan,
  page: Foremost<Candidate>,
  sign: 1 | -1,
): boolean {
  const block = rows.lane.executions.block(span.block);
  const count = span.to - span.from;
  for (let n = 0; n < count; n++) {
    const i = sign > 0 ? span.from + n : span.to - 1 - n;
    const key = sign * (block.data.startNs[i] ?? 0);
    if (!page.admits(key)) return false;
    page.offer(candidate(rows, { block, at: span.block, i }, key));
  }
  return true;
}

interface WeighedSpan extends RowSpan {
  readonly rows: LaneRows;
  /** Of all rows of the block the best key. */
  readonly bestKey: number;
}

/** Block by block, the most promising first: what a block's summary rules out is not read. */
function* byDuration(
  lanes: readonly LaneRows[],
  page: Foremost<Candidate>,
  sign: 1 | -1,
): Generator<undefined, void> {
  const spans: WeighedSpan[] = [];
  for (const rows of lanes) {
    for (const span of spansOf(rows.first, rows.behind)) {
      const { shortestNs, longestNs } = rows.lane.executions.summary(span.block).extremes;
      spans.push({ ...span, rows, bestKey: sign > 0 ? shortestNs : -longestNs });
      if (spans.length % BLOCKS_PER_STEP === 0) yield;
    }
  }
  spans.sort((a, b) => a.bestKey - b.bestKey);
  yield;
  for (const span of spans) {
    if (!page.admits(span.bestKey)) break;
    const { rows, from, to } = span;
    const block = rows.lane.executions.block(span.block);
    const { durationNs } = block.data;
    for (let i = from; i < to; i++) {
      const key = sign * (durationNs[i] ?? 0);
      if (page.admits(key)) page.offer(candidate(rows, { block, at: span.block, i }, key));
    }
    yield;
  }
}

function candidate(
  { lane, stage }: LaneRows,
  { block, at, i }: { readonly block: ResidentBlock; readonly at: number; readonly i: number },
  key: number,
): Candidate {
  const { startNs, durationNs, first, second, waited } = block.data;
  return {
    key,
    startNs: startNs[i] ?? 0,
    row: lane.rowId,
    index: at * BLOCK_ROWS + i,
    lane,
    stage,
    durationNs: durationNs[i] ?? 0,
    item: first === null ? block.firstAll : (first[i] ?? 0),
    word: second === null ? block.secondAll : (second[i] ?? 0),
    waited: waited?.[i] ?? 0,
  };
}

function listed(found: Candidate): ListedExecution {
  const { lane, row, stage, startNs, durationNs, item, word, waited } = found;
  return {
    row,
    stage,
    lane: laneLabel(lane, startNs),
    startNs,
    durationNs,
    item: (word & ExecutionFlag.hasItem) === 0 ? null : item,
    items: itemsOf(word),
    waitedNs: waited === 0 ? null : (waited - 1) * 1000,
    failed: (word & ExecutionFlag.failed) !== 0,
  };
}
