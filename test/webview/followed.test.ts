import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ItemVisit } from '../../extension/core/panel/query.js';
import {
  followedOf,
  pathRemarks,
  pathSentence,
  pathTimes,
  savedFollowed,
  selectionOf,
} from '../../webview/item/followed.js';
import { followFault, mayGrow } from '../../webview/item/itemQuestions.js';
import { initialState } from '../../webview/state.js';
import { snapshot } from './builders.js';

function visit(startNs: number, durationNs: number, rest: Partial<ItemVisit> = {}): ItemVisit {
  const place = { row: 10, stageRow: 1, stage: 'parse', lane: 'main #0' };
  const what = { failed: false, items: 1, waitedNs: null, queue: null };
  return { ...place, ...what, startNs, durationNs, ...rest };
}

const path = {
  item: 12,
  pipeline: 'p',
  visits: [visit(100, 50, { waitedNs: 20 }), visit(200, 100, { waitedNs: 50 })],
  journeys: 1,
};

describe('the way of an item', () => {
  it('lasts from its arrival to the end of its last stop, and waits where nobody works on it', () => {
    assert.deepEqual(pathTimes(path), {
      range: { fromNs: 80, toNs: 300 },
      totalNs: 220,
      waitingNs: 70,
    });
    assert.equal(pathTimes({ visits: [] }), null);
  });

  it('counts time in two stops at once only once', () => {
    const visits = [visit(0, 100), visit(20, 30), visit(90, 30)];
    assert.deepEqual(pathTimes({ visits }), {
      range: { fromNs: 0, toNs: 120 },
      totalNs: 120,
      waitingNs: 0,
    });
  });

  it('is told in words', () => {
    const times = pathTimes(path);
    assert.ok(times !== null);
    assert.equal(pathSentence(times), '220 ns from end to end, 70 ns of it (32%) waiting');
    const moment = pathTimes({ visits: [visit(5, 0)] });
    assert.equal(moment && pathSentence(moment), '0 ns from end to end');
    assert.deepEqual(pathRemarks({ ...path, journeys: 3 }, true), [
      '3 items had this number; this is the nearest one.',
      'It may still be under way.',
    ]);
  });

  it('has stops that can be selected like their boxes', () => {
    const [first] = path.visits;
    assert.ok(first !== undefined);
    const { mark, hit } = selectionOf(path, first);
    assert.deepEqual(mark, { row: 10, level: 0, fromNs: 100, toNs: 150 });
    assert.ok(hit.kind === 'execution' && hit.item === 12);
  });

  it('is kept as what is needed to ask again', () => {
    const kept = savedFollowed(JSON.parse(JSON.stringify(followedOf(path))));
    assert.deepEqual(kept, { item: 12, pipeline: 'p', atNs: 100 });
    for (const wrong of [null, 3, {}, { item: -1, atNs: 0, pipeline: 'p' }, { item: 1, atNs: 0 }]) {
      assert.equal(savedFollowed(wrong), null);
    }
  });

  it('may grow while the session goes on and it has not been quiet for long', () => {
    const followed = followedOf(path);
    const state = { ...initialState, followed };
    assert.equal(mayGrow({ ...state, snapshot: snapshot({ state: 'capture' }) }), false);
    assert.equal(mayGrow({ ...state, snapshot: snapshot({ state: 'live' }) }), true);
    const later = snapshot({ state: 'live', extentNs: [0, 100e9] });
    assert.equal(mayGrow({ ...state, snapshot: later }), false);
    assert.equal(mayGrow({ ...initialState, snapshot: later }), false);
  });

  it('cannot be followed where no item is told', () => {
    assert.match(followFault({ selection: null }) ?? '', /^Select an execution first/);
    const [first] = path.visits;
    assert.ok(first !== undefined);
    const selection = selectionOf(path, first);
    assert.equal(followFault({ selection }), null);
    assert.ok(selection.hit.kind === 'execution');
    const hit = { ...selection.hit, item: null };
    assert.equal(
      followFault({ selection: { ...selection, hit } }),
      'parse does not tell which item it works on.',
    );
  });
});
