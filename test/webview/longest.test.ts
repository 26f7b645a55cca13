import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListedExecution } from '../../extension/core/panel/query.js';
import { longestOf, longestQuestion, zoomToLongest } from '../../webview/timeline/longest.js';
import { linesMarkdown } from '../../webview/markdown.js';
import { initialState, markOf, withSnapshot, type PanelState } from '../../webview/state.js';
import { hitLines } from '../../webview/texts.js';
import { snapshot, stageRow } from './builders.js';
import { FakePanel } from './fakePanel.js';

const many = {
  kind: 'many',
  label: 'parse | *',
  fromNs: 1e9,
  toNs: 2e9,
  executions: 40,
  failed: 2,
  longestNs: 5e6,
  shares: { busy: 0.5, starved: 0, blocked: 0.5, limited: 0, idle: 0 },
} as const;

const rows = [
  stageRow(1, 'parse', [
    [10, 1],
    [11, 1],
  ]),
];

function selected(
  row: number,
  hit: typeof many | (Omit<typeof many, 'longestNs'> & { longestNs: null }) = many,
): PanelState {
  const state = withSnapshot(initialState, snapshot({ rows, extentNs: [0, 10e9] }));
  return { ...state, selection: { hit, mark: markOf(hit, row, 0) } };
}

const listed = (row: number, durationNs: number): ListedExecution => ({
  row,
  stage: 'parse',
  lane: 'main',
  startNs: 1.5e9,
  durationNs,
  item: null,
  items: 1,
  waitedNs: null,
  failed: false,
});

const reply = (...executions: readonly ListedExecution[]) =>
  ({ kind: 'executions', seq: 1, offset: 0, total: executions.length, executions }) as const;

describe('the longest of many executions', () => {
  it('is asked for in the stage, and looked for in the lane that was hit', () => {
    const question = longestQuestion(selected(1));
    assert.equal(question?.row, 1);
    assert.equal(question.limit, 1);
    assert.deepEqual(
      [question.fromNs, question.toNs, question.order, question.descending],
      [1e9, 2e9, 'duration', true],
    );
    const lane = selected(11);
    assert.equal(longestQuestion(lane)?.row, 1);
    assert.equal(longestOf(lane, reply(listed(10, 9e6), listed(11, 5e6)))?.durationNs, 5e6);
    assert.equal(longestOf(lane, reply(listed(10, 9e6))), null);
    assert.equal(longestOf(selected(1), reply(listed(10, 9e6)))?.durationNs, 9e6);
  });

  it('is not asked for where there is none', () => {
    assert.equal(longestQuestion(selected(1, { ...many, longestNs: null })), null);
    assert.equal(longestQuestion({ ...selected(1), selection: null }), null);
    assert.equal(longestQuestion(selected(99)), null, 'a row that is gone');
  });

  it('is selected and shown closely, unless something else is selected meanwhile', () => {
    const panel = new FakePanel(selected(1));
    zoomToLongest(panel.handle);
    panel.asking(0).answer(reply(listed(10, 5e6)));
    assert.equal(panel.state.selection?.hit.kind, 'execution');
    assert.deepEqual(panel.state.nav.range, { fromNs: 1.495e9, toNs: 1.51e9 });
    zoomToLongest(panel.handle);
    assert.equal(panel.asked.length, 1, 'one execution has no longest');

    const other = new FakePanel(selected(1));
    zoomToLongest(other.handle);
    const changed = { ...selected(1), selection: null };
    other.change(changed);
    other.asking(0).answer(reply(listed(10, 5e6)));
    assert.equal(other.state, changed);
  });

  it('is told with the others as Markdown', () => {
    assert.equal(
      linesMarkdown('my_app', hitLines(many)),
      '### my_app: parse \\| \\*\n\n' +
        '- begin here: 40 executions\n- of them failed: 2\n- longest: 5 ms\n- busy: 50%\n' +
        '- blocked: 50%\n- from: 1.000000 s\n- over: 1 s\n',
    );
    assert.equal(linesMarkdown('a', [['x', '1']]), '### a\n\n- x: 1\n');
  });
});
