import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_LIST_OFFSET, type ExecutionsReply } from '../../extension/core/panel/query.js';
import { checkQuery } from '../../extension/core/panel/query.js';
import { executionsQuestion, PAGE, pagesOf } from '../../webview/tables/executionsPage.js';
import { foldKey } from '../../webview/timeline/layout.js';
import { rowLookup } from '../../webview/timeline/rowLookup.js';
import { shownRangeText } from '../../webview/shownRange.js';
import { initialState, withNavigation, withSnapshot } from '../../webview/state.js';
import { queueRow, snapshot, stageRow } from './builders.js';

const page = (offset: number, count: number, total: number): ExecutionsReply => ({
  kind: 'executions',
  seq: 1,
  offset,
  total,
  executions: Array.from({ length: count }, (_, i) => ({
    row: 1,
    stage: 's',
    lane: 'l',
    startNs: i,
    durationNs: 1,
    item: null,
    items: 1,
    waitedNs: null,
    failed: false,
  })),
});

describe('pages of executions', () => {
  it('tells where a page stands, and the pages beside it', () => {
    assert.deepEqual(pagesOf(page(0, 100, 1234)), {
      text: '1–100 of 1,234 executions',
      previous: null,
      next: 100,
      last: null,
    });
    assert.deepEqual(pagesOf(page(1200, 34, 1234)), {
      text: '1,201–1,234 of 1,234 executions',
      previous: 1100,
      next: null,
      last: null,
    });
    assert.equal(pagesOf(page(0, 0, 0)).text, '0 of 0 executions');
  });

  it('goes back to the last page when the list became shorter', () => {
    assert.equal(pagesOf(page(500, 0, 230)).last, 200);
    assert.equal(pagesOf(page(500, 0, 200)).last, 100);
    assert.equal(pagesOf(page(500, 0, 0)).last, 0);
  });

  it('says when there is more than can be listed in this order', () => {
    const { next, text } = pagesOf(page(MAX_LIST_OFFSET, 100, 1e6));
    assert.equal(next, null);
    assert.match(text, /^10,001–10,100 of 1,000,000 executions: sort the other way/);
  });

  it('asks for the stage, the order and the stretch of the state', () => {
    const row = stageRow(7, 's', [[2, 1]]);
    const shown = withSnapshot(initialState, snapshot({ rows: [row], extentNs: [0, 5e9] }));
    const range = { fromNs: 1e9, toNs: 2e9 };
    const executions = {
      stage: foldKey(row),
      order: 'duration',
      descending: true,
      offset: 300,
    } as const;
    const state = { ...shown, views: { ...shown.views, executions } };
    const zoomed = withNavigation(state, { kind: 'show', range });
    const question = executionsQuestion(zoomed);
    assert.deepEqual(question, {
      kind: 'executions',
      ...range,
      row: 7,
      order: 'duration',
      descending: true,
      offset: 300,
      limit: PAGE,
    });
    const marked = { ...zoomed, marked: { fromNs: 3, toNs: 4 } };
    assert.equal(executionsQuestion(marked).fromNs, 3);
    const gone = { ...executions, stage: 'gone', offset: 1e9 };
    const other = executionsQuestion({ ...state, views: { ...state.views, executions: gone } });
    assert.equal(other.row, null);
    assert.ok(checkQuery({ seq: 1, ...other }, 'query').ok);
    assert.deepEqual(
      [state, zoomed, marked].map((s) => shownRangeText(s).split(':')[0]),
      ['whole session (5 s)', 'as in the timeline', 'marked'],
    );
  });
});

describe('rows of what the report names', () => {
  it('finds stages, joined ones by the name of each process, and queues of one name in their order', () => {
    const joined = { ...stageRow(2, 'parse', []), joined: { processes: 4, report: null as never } };
    const rows = [
      stageRow(1, 'read (pid 3)', []),
      joined,
      queueRow(3, 'q', 1),
      queueRow(4, 'q', 1),
    ];
    const lookup = rowLookup(rows);
    assert.equal(lookup.stage('p', 'read (pid 3)')?.id, 1);
    assert.equal(lookup.stage('p', 'parse (pid 12)')?.id, 2);
    assert.equal(lookup.stage('p', 'read (pid 4)'), null);
    assert.equal(lookup.stage('other', 'parse'), null);
    assert.deepEqual(
      [0, 1, 2].map((n) => lookup.queue('p', 'q', n)?.id),
      [3, 4, 3],
    );
    assert.equal(lookup.queue('p', 'none', 0), null);
  });
});
