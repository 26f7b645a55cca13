/** Executions of certain durations, items or outcomes. */
import { BLOCK_ROWS } from '../model/blocks.js';
import { ExecutionFlag, type Lane } from '../model/entities.js';
import type { Extremes } from '../model/intervalBlock.js';
import type { ResidentBlock } from '../model/intervals.js';
import type { Findings } from './findings.js';
import { holds, isNamed, mayHold, type Holding } from './itemRows.js';
import { spansOf, type RowSpan } from './rowScan.js';
import { isAbove, isBelow, isNamedSo, isWanted, type Terms } from './searchText.js';
import type { QuerySource } from './source.js';
import { lanesOf, stageEntries, type StageEntry } from './stageRows.js';

/** Blocks that are told from their summaries between two steps. */
const BLOCKS_PER_STEP = 16;

/** What is searched for on the lanes of one row. */
interface Wanted {
  readonly terms: Terms;
  readonly label: string;
  /** How an execution must hold each item (see `itemRows.ts`). */
  readonly holdings: readonly Holding[];
}

/** Finds executions of stages of that name which fulfil all terms. */
export function* findExecutions(
  source: QuerySource,
  terms: Terms,
  findings: Findings,
): Generator<undefined, void> {
  for (const entry of stageEntries(source.prepared, null)) {
    const { label } = entry;
    if (!isNamedSo(label, terms)) continue;
    const holdings: Holding[] = [];
    for (const item of terms.items) {
      holdings.push((yield* isNamed(lanesOfName(entry), item)) ? 'named' : 'batch');
    }
    for (const lane of lanesOf(entry)) {
      yield* findOnLane(lane, { terms, label, holdings }, findings);
      if (!findings.isComplete) return;
    }
  }
}

/** Stages of one name in several processes do the same. */
function lanesOfName({ target }: StageEntry): readonly Lane[] {
  const name = target.stages[0]?.name;
  const { stages } = target.analysis.pipeline;
  return stages.filter((stage) => stage.name === name).flatMap(({ lanes }) => lanes);
}

function* findOnLane(lane: Lane, wanted: Wanted, findings: Findings): Generator<undefined, void> {
  const { executions } = lane;
  executions.settle();
  let passed = 0;
  for (const span of spansOf(0, executions.length)) {
    const { startNs, extremes } = executions.summary(span.block);
    const answer = told(extremes, wanted);
    // Later than all that can be kept: they only count.
    const isTold = answer === 'none' || (answer === 'all' && !findings.admits(startNs));
    if (isTold) {
      if (answer === 'all') findings.total += span.to - span.from;
      if (++passed % BLOCKS_PER_STEP === 0) yield;
      continue;
    }
    if (!findings.mayRead(span.to - span.from)) return;
    findInBlock(lane, span, wanted, findings);
    yield;
  }
}

/** What a block's summary tells about its rows. */
function told(extremes: Extremes, { terms }: Wanted): 'all' | 'none' | 'some' {
  const { shortestNs, longestNs, anySecond } = extremes;
  const { items, isFailed } = terms;
  if (!isAbove(longestNs, terms.atLeast) || !isBelow(shortestNs, terms.atMost)) return 'none';
  if (isFailed && (anySecond & ExecutionFlag.failed) === 0) return 'none';
  if (!items.every((item) => mayHold(extremes, item))) return 'none';
  const isOnlyDuration = !isFailed && items.length === 0;
  return isOnlyDuration && isWanted(shortestNs, terms) && isWanted(longestNs, terms)
    ? 'all'
    : 'some';
}

function findInBlock(
  { executions, rowId }: Lane,
  span: RowSpan,
  wanted: Wanted,
  findings: Findings,
): void {
  const block = executions.block(span.block);
  const { startNs, durationNs } = block.data;
  for (let i = span.from; i < span.to; i++) {
    if (!isHit(block, i, wanted)) continue;
    findings.total++;
    const start = startNs[i] ?? 0;
    if (!findings.admits(start)) continue;
    const { label } = wanted;
    const hit = { row: rowId, level: 0, startNs: start, durationNs: durationNs[i] ?? 0, label };
    findings.keep(hit, span.block * BLOCK_ROWS + i);
  }
}

function isHit(block: ResidentBlock, i: number, { terms, holdings }: Wanted): boolean {
  const { durationNs, second } = block.data;
  if (!isWanted(durationNs[i] ?? 0, terms)) return false;
  const word = second === null ? block.secondAll : (second[i] ?? 0);
  if (terms.isFailed && (word & ExecutionFlag.failed) === 0) return false;
  return terms.items.every((item, n) => holds(block, i, item) === holdings[n]);
}
