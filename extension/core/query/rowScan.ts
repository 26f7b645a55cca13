/** Going through the rows of a table block by block. */
import { BLOCK_MASK, BLOCK_ROWS, BLOCK_SHIFT } from '../model/blocks.js';

/** Rows [from, to) of one block. Whoever reads them asks the table for the block then, and lets go of it before the next step. */
export interface RowSpan {
  readonly block: number;
  readonly from: number;
  readonly to: number;
}

/** The rows [first, behind) of a table, a block at a time. */
export function* spansOf(first: number, behind: number): Generator<RowSpan, void> {
  for (let index = first; index < behind;) {
    const base = index - (index & BLOCK_MASK);
    const to = Math.min(behind - base, BLOCK_ROWS);
    yield { block: index >>> BLOCK_SHIFT, from: index - base, to };
    index = base + to;
  }
}
