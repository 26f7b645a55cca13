import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { StatsReply } from '../../extension/core/panel/query.js';
import { isOfMarked, withMarked } from '../../webview/range/rangeState.js';
import { noSearch } from '../../webview/search/search.js';
import {
  fromSaved,
  initialState,
  markOf,
  restored,
  toSaved,
  withFold,
  withNavigation,
  withSnapshot,
  type Selection,
} from '../../webview/state.js';
import { clampRange } from '../../webview/timeline/timeScale.js';
import { gaugesRow, queueRow, snapshot, stageRow } from './builders.js';

const hit = {
  kind: 'execution',
  stage: 's',
  lane: 'main #0',
  startNs: 10,
  durationNs: 5,
  item: 1,
  items: 1,
  failed: false,
} as const;
const statsReply: StatsReply = {
  kind: 'stats',
  seq: 1,
  fromNs: 0,
  toNs: 1,
  pipelines: [],
  stages: [],
  queues: [],
  histogram: null,
};
const selection: Selection = { hit, mark: markOf(hit, 7, 0) };

const TEST = { title: 'test', capture: '' };

describe('panel state', () => {
  it('learns rows and extent from a snapshot', () => {
    const rows = [stageRow(1, 's', [[2, 1]]), queueRow(3, 'q', 4)];
    const state = withSnapshot(initialState, snapshot({ rows, extentNs: [0, 5e9] }));
    assert.equal(state.geometry.bands.length, 2);
    assert.deepEqual(state.nav.extent, { fromNs: 0, toNs: 5e9 });
  });

  it('comes back as it was left, through JSON', () => {
    const range = { fromNs: 0.2e9, toNs: 0.3e9 };
    const lanes = (id: number) => [{ id, label: 'main #0', levels: 1 }];
    const rows = [{ ...stageRow(1, 's', []), lanes: lanes(7) }];
    const left = {
      ...withNavigation(withSnapshot(initialState, snapshot({ rows })), { kind: 'show', range }),
      view: 'table',
      scrollPx: 120,
      selection,
    } as const;
    const saved: unknown = JSON.parse(JSON.stringify(toSaved(left, '/tmp/x.fxt')));
    assert.equal(Reflect.get(Object(saved), 'capture'), '/tmp/x.fxt');
    const read = fromSaved(saved, { title: 'test', capture: '/tmp/x.fxt' });
    assert.ok(read !== null);
    // Rows are counted anew when a session is read back.
    const counted = [queueRow(1, 'q', 4), { ...stageRow(7, 's', []), lanes: lanes(9) }];
    const back = restored(withSnapshot(initialState, snapshot({ rows: counted })), read);
    assert.deepEqual(back.nav.range, clampRange(range, { fromNs: 0, toNs: 1e9 }));
    assert.equal(back.nav.mode.kind, 'held');
    const moved = { ...selection, mark: { ...selection.mark, row: 9 } };
    assert.deepEqual([back.view, back.scrollPx, back.selection], ['table', 120, moved]);
    assert.equal(restored(withSnapshot(initialState, snapshot()), read).selection, null);
  });

  it('comes back with what was marked, followed and searched for, which is asked for again', () => {
    const marked = { fromNs: 0.2e9, toNs: 0.3e9 };
    const path = { item: 12, pipeline: 'p', visits: [], journeys: 1 };
    const figures = { ...statsReply, ...marked, askedRow: 1 };
    const left = {
      ...withSnapshot(initialState, snapshot()),
      marked,
      figures,
      followed: { item: 12, pipeline: 'p', atNs: 5, path },
      search: { ...noSearch, text: 'parse >2ms', at: 3 },
    };
    const saved: unknown = JSON.parse(JSON.stringify(toSaved(left, '')));
    const read = fromSaved(saved, TEST);
    assert.ok(read !== null);
    const back = restored(withSnapshot(initialState, snapshot()), read);
    assert.deepEqual(back.marked, marked);
    assert.equal(back.figures, null);
    assert.deepEqual(back.followed, { item: 12, pipeline: 'p', atNs: 5, path: null });
    assert.deepEqual(back.search, { ...noSearch, text: 'parse >2ms' });
  });

  it('comes back from an older panel without them', () => {
    const read = fromSaved({ version: 1, title: 'test' }, TEST);
    assert.deepEqual([read?.marked, read?.followed, read?.searchText], [null, null, '']);
  });

  it('forgets the figures of what is marked no longer', () => {
    const marked = { fromNs: 1, toNs: 2 };
    const state = withMarked(initialState, marked);
    const known = { ...state, figures: { ...statsReply, ...marked, askedRow: null } };
    assert.equal(isOfMarked(known.figures, known), true);
    const other = withMarked(known, { fromNs: 1, toNs: 3 });
    assert.equal(other.figures, known.figures);
    assert.equal(isOfMarked(other.figures, other), false);
    assert.equal(withMarked(known, null).figures, null);
  });

  it('keeps gauges folded through snapshots and saved states, and shows them again', () => {
    const rows = [gaugesRow(1, [{}, {}])];
    const shown = withSnapshot(initialState, snapshot({ rows }));
    const key = 'gauges 1';
    const kinds = (state: typeof shown): unknown => state.geometry.bands.map((b) => b.kind);
    const folded = withFold(shown, key, true);
    assert.deepEqual(kinds(folded), ['gauges']);
    assert.deepEqual(kinds(withSnapshot(folded, snapshot({ rows }))), ['gauges']);
    const saved = fromSaved(JSON.parse(JSON.stringify(toSaved(folded, ''))), TEST);
    assert.ok(saved !== null);
    assert.deepEqual(kinds(restored(shown, saved)), ['gauges']);
    assert.deepEqual(kinds(withFold(folded, key, false)), ['gauges', 'gauge', 'gauge']);
    const mixed = [7, key, [key, true], [key, 'x']];
    const old = fromSaved({ version: 1, title: 'test', folds: mixed }, TEST);
    assert.deepEqual(old?.folds, [[key, true]]);
    assert.deepEqual(fromSaved({ version: 1, title: 'test' }, TEST)?.folds, []);
  });

  it('keeps no range that follows by itself', () => {
    const state = withSnapshot(initialState, snapshot());
    assert.equal(toSaved(state, '')?.range, null);
    assert.equal(toSaved(initialState, ''), null);
  });

  it('takes nothing from another session or another version', () => {
    const saved = toSaved(withSnapshot(initialState, snapshot()), '');
    assert.ok(fromSaved(saved, TEST) !== null);
    assert.equal(fromSaved(saved, { ...TEST, title: 'other' }), null);
    assert.equal(fromSaved({ ...saved, version: 2 }, TEST), null);
  });

  it('knows a session by its capture, whose title is another one once it is read from there', () => {
    const saved = toSaved(withSnapshot(initialState, snapshot()), '/tmp/x.fxt');
    assert.ok(fromSaved(saved, { title: 'x.fxt', capture: '/tmp/x.fxt' }) !== null);
    assert.equal(fromSaved(saved, { title: 'test', capture: '/tmp/y.fxt' }), null);
  });

  it('never fails on what it did not write', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (range, chosen, scrollPx) => {
        const more = { followed: chosen, searchText: scrollPx, marked: range };
        const read = fromSaved(
          { version: 1, title: 'test', range, selection: chosen, scrollPx, view: range, ...more },
          TEST,
        );
        assert.ok(read !== null && read.scrollPx >= 0 && Number.isFinite(read.scrollPx));
        assert.ok(read.range === null || read.range.toNs > read.range.fromNs);
      }),
    );
    for (const value of [null, undefined, 3, 'x', []]) assert.equal(fromSaved(value, TEST), null);
  });
});
