/**
 * Executions that worked on an item.
 *
 * An execution names one item and says how many it handled. Nothing says which the others of a batch were; programs that
 * number their items and take them in order make batches of consecutive numbers, from the one that is named on. So a stage
 * that names the item itself is believed, and only at a stage where no execution does, the batches count that would hold it.
 * (A stage whose `items` are not items of the pipeline, lines of a file say, names each of its own, and is not misled.)
 */
import { ExecutionFlag, itemsOf, type Lane } from '../model/entities.js';
import type { Extremes } from '../model/intervalBlock.js';
import type { IntervalTable, ResidentBlock } from '../model/intervals.js';
import { spansOf, type RowSpan } from './rowScan.js';

/** How an execution has to do with an item. */
export type Holding = 'named' | 'batch';

/** Whether any row of a block may hold the item. */
export function mayHold({ lowestFirst, highestFirst, anySecond }: Extremes, item: number): boolean {
  return (
    (anySecond & ExecutionFlag.hasItem) !== 0 &&
    lowestFirst <= item &&
    item < highestFirst + itemsOf(anySecond)
  );
}

/** Whether and how row `i` of a block holds the item. */
export function holds(block: ResidentBlock, i: number, item: number): Holding | null {
  const { first, second } = block.data;
  const word = second === null ? block.secondAll : (second[i] ?? 0);
  if ((word & ExecutionFlag.hasItem) === 0) return null;
  const own = first === null ? block.firstAll : (first[i] ?? 0);
  if (own === item) return 'named';
  return own < item && item < own + itemsOf(word) ? 'batch' : null;
}

/** Blocks that are passed by between two steps. */
const BLOCKS_PER_STEP = 16;

/** The blocks of a table that may hold the item; null is a step without one. Reads no rows but those that were never summed up. */
export function* blocksWith(table: IntervalTable, item: number): Generator<RowSpan | null, void> {
  table.settle();
  let passed = 0;
  for (const span of spansOf(0, table.length)) {
    if (mayHold(table.summary(span.block).extremes, item)) {
      passed = 0;
      yield span;
    } else if (++passed % BLOCKS_PER_STEP === 0) yield null;
  }
}

/** Whether any execution of the lanes names the item. */
export function* isNamed(lanes: readonly Lane[], item: number): Generator<undefined, boolean> {
  for (const { executions } of lanes) {
    for (const span of blocksWith(executions, item)) {
      if (span !== null && holdsAny(executions.block(span.block), span, item)) return true;
      yield;
    }
  }
  return false;
}

function holdsAny(block: ResidentBlock, { from, to }: RowSpan, item: number): boolean {
  for (let i = from; i < to; i++) if (holds(block, i, item) === 'named') return true;
  return false;
}
