import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import {
  createRangeQuestions,
  isAnsweredBy,
  questionOf,
  type RangeQuestion,
} from '../../webview/range/rangeQuestions.js';
import { histogramRowOf, withMarked } from '../../webview/range/rangeState.js';
import { initialState, withSnapshot } from '../../webview/state.js';
import { snapshot, stageRow } from './builders.js';
import { FakePanel } from './fakePanel.js';

const rows = [stageRow(1, 'a', [[10, 1]]), stageRow(2, 'b', [[20, 1]])];
const at = (fromNs: number, toNs: number): { fromNs: number; toNs: number } => ({ fromNs, toNs });

class RangePanel extends FakePanel {
  constructor() {
    super(withSnapshot(initialState, snapshot({ rows, state: 'live' })));
    this.updated.push(createRangeQuestions(this.handle, () => Date.now()));
  }

  mark(toNs: number): void {
    this.change(withMarked(this.state, at(0, toNs)));
  }

  answer(index: number): void {
    const { question, answer } = this.asking(index);
    assert.ok(question.kind === 'stats');
    const { fromNs, toNs } = question;
    const none = { pipelines: [], stages: [], queues: [], histogram: null };
    answer({ kind: 'stats', seq: index, fromNs, toNs, ...none });
  }

  tos(): number[] {
    return this.asked.map(({ question }) => (question.kind === 'stats' ? question.toNs : NaN));
  }
}

describe('asking for the figures of a range', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('asks at once, then no more often than one can read, and at last for what is marked at last', () => {
    const panel = new RangePanel();
    for (let i = 1; i <= 24; i += 1) {
      panel.mark(i * 1e6);
      if (panel.asked.length > 0) panel.answer(panel.asked.length - 1);
      mock.timers.tick(20);
    }
    mock.timers.tick(200);
    const tos = panel.tos();
    assert.equal(tos[0], 1e6);
    assert.equal(tos.at(-1), 24e6);
    assert.ok(tos.length <= 1 + Math.ceil((24 * 20 + 200) / 120), String(tos.length));
  });

  it('waits for an answer before it asks again, and skips what was marked meanwhile', () => {
    const panel = new RangePanel();
    panel.mark(1e6);
    for (let i = 2; i <= 9; i += 1) {
      panel.mark(i * 1e6);
      mock.timers.tick(120);
    }
    assert.deepEqual(panel.tos(), [1e6]);
    panel.answer(0);
    assert.deepEqual(panel.tos(), [1e6, 9e6]);
    assert.equal(panel.state.figures?.toNs, 1e6);
  });

  it('asks again for an answer that does not come', () => {
    const panel = new RangePanel();
    panel.mark(1e6);
    mock.timers.tick(5200);
    assert.deepEqual(panel.tos(), [1e6, 1e6]);
    panel.mark(2e6);
    mock.timers.tick(5200);
    assert.deepEqual(panel.tos(), [1e6, 1e6, 2e6]);
  });

  it('does not ask for ever for what does not come', () => {
    const panel = new RangePanel();
    panel.mark(1e6);
    for (let i = 0; i < 20; i += 1) mock.timers.tick(5200);
    assert.equal(panel.asked.length, 4);
    panel.mark(2e6);
    mock.timers.tick(200);
    assert.equal(panel.tos().at(-1), 2e6);
  });

  it('takes no figures when nothing is marked any more', () => {
    const panel = new RangePanel();
    panel.mark(1e6);
    panel.change(withMarked(panel.state, null));
    panel.answer(0);
    assert.equal(panel.state.figures, null);
  });

  it('stays with the stage whose durations came first', () => {
    const panel = new RangePanel();
    panel.mark(1e6);
    panel.answer(0);
    assert.equal(panel.state.histogramRow, 1);
    panel.change({ ...panel.state, histogramRow: 2 });
    mock.timers.tick(200);
    assert.deepEqual(
      panel.asked.map(({ question }) => (question.kind === 'stats' ? question.row : null)),
      [1, 2],
    );
  });
});

describe('figures of a session that goes on', () => {
  const question: RangeQuestion = {
    fromNs: 0,
    toNs: 10e9,
    row: 1,
    session: 'live',
    generation: 7,
    knownNs: 9e9,
  };
  const later = (knownNs: number): RangeQuestion => ({ ...question, generation: 8, knownNs });

  it('are asked for anew while the range may gain something', () => {
    assert.equal(isAnsweredBy(question, question), true);
    assert.equal(isAnsweredBy(later(9.5e9), question), false);
    // What ended in the range may be told a little later.
    assert.equal(isAnsweredBy(later(11.5e9), later(11e9)), true);
    assert.equal(isAnsweredBy({ ...later(11.5e9), generation: 9 }, later(11e9)), false);
    assert.equal(isAnsweredBy({ ...later(20e9), generation: 9 }, later(12.5e9)), true);
  });

  it('are asked for anew when it is over, and while a file is read', () => {
    const over = { ...later(20e9), session: 'ended' as const };
    assert.equal(isAnsweredBy(over, later(20e9)), false);
    assert.equal(isAnsweredBy({ ...over, generation: 9 }, over), true);
    const reading = { ...later(20e9), session: 'reading' as const };
    assert.equal(isAnsweredBy({ ...reading, generation: 9 }, reading), false);
  });

  it('are of nothing while nothing is marked, or there is nothing', () => {
    const state = withSnapshot(initialState, snapshot({ rows }));
    assert.equal(questionOf(state), null);
    const marked = withMarked(state, at(0, 5));
    assert.equal(questionOf(marked)?.row, histogramRowOf(state));
    const empty = withSnapshot(marked, snapshot({ rows, emptyText: 'nothing' }));
    assert.equal(questionOf(empty), null);
  });
});
