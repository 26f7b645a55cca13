import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { withExecution, revealScrollPx, viewOfKey } from '../../webview/timeline/reveal.js';
import { fromSaved, initialState, restored, toSaved, withSnapshot } from '../../webview/state.js';
import {
  initialViews,
  savedViews,
  withSort,
  type PanelView,
  type ViewStates,
} from '../../webview/viewState.js';
import { queueRow, snapshot, stageRow } from './builders.js';

const press = (
  key: string,
  rest: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {},
): PanelView | null => viewOfKey({ key, ctrlKey: false, metaKey: false, altKey: false, ...rest });

const changed: ViewStates = {
  graph: { zoom: 0.5, node: 'stage p/s/1' },
  flame: { stage: 'stage p/s/1', order: 'callers', search: 'parse', focus: ['a', 'b'] },
  executions: { stage: 'stage p/s/1', order: 'duration', descending: true, offset: 200 },
  sorts: [{ table: 'stages-table', column: 'Rate', descending: true }],
};

describe('state of the views', () => {
  it('comes back as it was left, through JSON', () => {
    for (const view of ['timeline', 'graph', 'flame', 'table'] as const) {
      const left = { ...withSnapshot(initialState, snapshot()), view, views: changed };
      const saved = fromSaved(JSON.parse(JSON.stringify(toSaved(left, ''))), {
        title: 'test',
        capture: '',
      });
      assert.ok(saved !== null);
      const back = restored(withSnapshot(initialState, snapshot()), saved);
      assert.deepEqual([back.view, back.views], [view, changed]);
    }
  });

  it('is as at first where nothing was saved, or another version did it', () => {
    const old = fromSaved(
      { version: 1, title: 'test', view: 'trials' },
      { title: 'test', capture: '' },
    );
    assert.deepEqual([old?.view, old?.views], ['timeline', initialViews]);
  });

  it('never fails on what it did not write', () => {
    const any = fc.jsonValue();
    fc.assert(
      fc.property(any, any, any, any, (graph, flame, executions, sorts) => {
        const views = savedViews({ graph, flame, executions, sorts });
        assert.ok(views.executions.offset >= 0 && Number.isInteger(views.executions.offset));
        assert.ok(views.graph.zoom === null || views.graph.zoom > 0);
        assert.ok(views.flame.focus.every((key) => typeof key === 'string'));
      }),
    );
    const some = savedViews({
      flame: { focus: ['a', 7], order: 'heavy', search: 'x'.repeat(2000) },
    });
    assert.deepEqual(some.flame, { stage: null, order: 'heavy', search: '', focus: ['a'] });
    assert.equal(savedViews({ graph: { zoom: 1e9 } }).graph.zoom, 2);
  });

  it('keeps one order a table', () => {
    const once = withSort(initialViews, { table: 'a', column: 'x', descending: true });
    const twice = withSort(once, { table: 'b', column: 'x', descending: true });
    const again = withSort(twice, { table: 'a', column: 'y', descending: false });
    assert.deepEqual(
      again.sorts.map((s) => `${s.table} ${s.column}`),
      ['b x', 'a y'],
    );
  });
});

describe('ways to the timeline', () => {
  const rows = [stageRow(1, 's', [[2, 1]]), queueRow(3, 'q', 4)];
  const state = withSnapshot(initialState, snapshot({ rows, extentNs: [0, 5e9] }));

  it('scrolls to a row, with a little of what is above it', () => {
    assert.equal(revealScrollPx(state.geometry, 1), 0);
    assert.equal(revealScrollPx(state.geometry, 3), 28);
    assert.equal(revealScrollPx(state.geometry, 99), null);
  });

  it('selects an execution and shows it with as much before and behind it', () => {
    const next = withExecution(state, {
      row: 2,
      stage: 's',
      lane: 'main #0',
      startNs: 1e9,
      durationNs: 0.5e9,
      item: 7,
      items: 1,
      waitedNs: null,
      failed: false,
    });
    assert.deepEqual(next.nav.range, { fromNs: 0.5e9, toNs: 2e9 });
    assert.equal(next.nav.mode.kind, 'held');
    assert.deepEqual(next.selection?.mark, { row: 2, level: 0, fromNs: 1e9, toNs: 1.5e9 });
  });

  it('knows the number keys, and leaves shortcuts of the editor alone', () => {
    assert.deepEqual(
      ['1', '2', '3', '4', '5', '0', 'a'].map((key) => press(key)),
      ['timeline', 'graph', 'flame', 'table', null, null, null],
    );
    assert.equal(press('2', { ctrlKey: true }), null);
  });
});
