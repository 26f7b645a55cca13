import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { ItemReply, ItemVisit } from '../../extension/core/panel/query.js';
import { followedOf, selectionOf } from '../../webview/item/followed.js';
import { ItemQuestions } from '../../webview/item/itemQuestions.js';
import { initialState, withSnapshot } from '../../webview/state.js';
import { snapshot } from './builders.js';
import { FakePanel } from './fakePanel.js';

const visit: ItemVisit = {
  row: 10,
  stageRow: 1,
  stage: 'parse',
  lane: 'main #0',
  startNs: 100,
  durationNs: 50,
  failed: false,
  items: 1,
  waitedNs: null,
  queue: null,
};
const pathOf = (item: number): NonNullable<ItemReply['path']> => {
  return { item, pipeline: 'p', visits: [visit], journeys: 1 };
};

class ItemPanel extends FakePanel {
  readonly found: number[] = [];
  said: string | null = null;
  readonly questions = new ItemQuestions(this.handle, {
    found: ({ item }) => this.found.push(item),
    said: (text) => {
      this.said = text;
    },
  });

  constructor(state: 'live' | 'capture' = 'capture') {
    super(withSnapshot(initialState, snapshot({ state })));
    this.updated.push(this.questions);
  }

  answer(index: number, path: ItemReply['path']): void {
    this.asking(index).answer({ kind: 'itemPath', seq: 1, path });
  }
}

describe('asking for the way of an item', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('follows what is selected, and shows it once', () => {
    const panel = new ItemPanel();
    panel.questions.follow();
    assert.equal(panel.notices.length, 1);
    panel.change({ ...panel.state, selection: selectionOf(pathOf(7), visit) });
    panel.questions.follow();
    assert.deepEqual(panel.asking(0).question, { kind: 'itemAt', row: 10, atNs: 100 });
    panel.answer(0, pathOf(7));
    assert.deepEqual(panel.found, [7]);
    assert.equal(panel.state.followed?.path?.item, 7);
    mock.timers.tick(5000);
    assert.equal(panel.asked.length, 1);
  });

  it('says so when a stage does not tell its items', () => {
    const panel = new ItemPanel();
    panel.change({ ...panel.state, selection: selectionOf(pathOf(7), visit) });
    panel.questions.follow();
    panel.answer(0, null);
    assert.equal(panel.said, 'The way of item 7 of parse is not known.');
    assert.equal(panel.state.followed, null);
  });

  it('steps to the next number in the same pipeline, and stays where there is none', () => {
    const panel = new ItemPanel();
    panel.change({ ...panel.state, followed: followedOf(pathOf(7)) });
    panel.questions.step(1);
    const question = { kind: 'itemPath', item: 8, atNs: 100, pipeline: 'p' };
    assert.deepEqual(panel.asking(0).question, question);
    panel.answer(0, null);
    assert.equal(panel.said, 'There is no item 8 in p.');
    assert.equal(panel.state.followed?.item, 7);
    panel.questions.step(-1);
    panel.answer(1, pathOf(6));
    assert.deepEqual([panel.state.followed.item, panel.said, panel.found], [6, null, [6]]);
    panel.change({ ...panel.state, followed: followedOf(pathOf(0)) });
    panel.questions.step(-1);
    assert.equal(panel.asked.length, 2);
  });

  it('asks for what was followed when the panel comes back, and does not move the picture', () => {
    const panel = new ItemPanel();
    panel.change({
      ...panel.state,
      followed: { item: 7, pipeline: 'p', atNs: 100, path: null },
    });
    panel.answer(0, pathOf(7));
    assert.equal(panel.state.followed?.path?.item, 7);
    assert.deepEqual(panel.found, []);
    const gone = new ItemPanel();
    gone.change({ ...gone.state, followed: { item: 9, pipeline: 'p', atNs: 100, path: null } });
    gone.answer(0, null);
    assert.equal(gone.state.followed, null);
  });

  it('looks again while the item may be under way', () => {
    const panel = new ItemPanel('live');
    panel.change({ ...panel.state, followed: { item: 7, pipeline: 'p', atNs: 100, path: null } });
    panel.answer(0, pathOf(7));
    for (let generation = 2; generation < 32; generation += 1) {
      panel.change(withSnapshot(panel.state, snapshot({ state: 'live', generation })));
      mock.timers.tick(100);
    }
    assert.ok(panel.asked.length >= 3 && panel.asked.length <= 5, String(panel.asked.length));
    const visits = [visit, { ...visit, startNs: 900 }];
    panel.answer(-1, { ...pathOf(7), visits });
    assert.equal(panel.state.followed?.path?.visits.length, 2);
    assert.deepEqual(panel.found, []);
  });

  it('wants no answer when the item is followed no longer', () => {
    const panel = new ItemPanel();
    panel.change({ ...panel.state, followed: { item: 7, pipeline: 'p', atNs: 100, path: null } });
    panel.change({ ...panel.state, followed: null });
    assert.deepEqual(panel.dropped, ['itemPath']);
    panel.answer(0, pathOf(7));
    assert.equal(panel.state.followed, null);
  });
});
