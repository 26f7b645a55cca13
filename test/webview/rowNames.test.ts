/** Names by which rows are found again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StageRow } from '../../extension/core/panel/rows.js';
import { rowToReveal } from '../../webview/timeline/reveal.js';
import { rowName, rowNamed } from '../../webview/timeline/rowNames.js';
import { queueRow, stageRow } from './builders.js';

/** A stage of two processes, whose lanes are called the same. */
const joined = (id: number, laneIds: readonly number[]): StageRow => ({
  ...stageRow(id, 's', []),
  lanes: laneIds.map((lane) => ({ id: lane, label: 'main #0', levels: 1 })),
});

describe('names of rows', () => {
  const rows = [joined(1, [2, 3]), queueRow(4, 'q', 8), queueRow(5, 'q', 8)];

  it('find the same row when all are counted anew', () => {
    const again = [queueRow(3, 'q', 8), queueRow(9, 'q', 8), joined(5, [1, 7])];
    const found = [1, 2, 3, 4, 5].map((id) => rowNamed(again, rowName(rows, id)));
    assert.deepEqual(found, [5, 1, 7, 3, 9]);
  });

  it('find nothing where nothing is', () => {
    assert.equal(rowName(rows, 77), null);
    assert.equal(rowNamed(rows, null), null);
    assert.equal(rowNamed(rows, 'none'), null);
    assert.equal(rowNamed([], rowName(rows, 2)), null);
  });

  it('lead from the names of the report to a row', () => {
    const { pipeline } = joined(1, [2]);
    const find = (kind: 'stage' | 'queue', name: string): number | null =>
      rowToReveal(rows, { kind, pipeline, name });
    assert.equal(find('stage', 's'), 1);
    assert.equal(find('queue', 'q'), 4);
    assert.equal(find('queue', 's'), null);
    assert.equal(rowToReveal(rows, { kind: 'stage', pipeline: 'another', name: 's' }), null);
  });
});
