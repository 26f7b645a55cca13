import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  FOLLOW_WINDOW_NS,
  navigate,
  noNavigation,
  type Navigation,
  type NavigationAction,
} from '../../webview/timeline/navigation.js';
import { keepingOf, liveText } from '../../webview/liveText.js';
import { fitRange, spanOf } from '../../webview/timeline/timeScale.js';
import { snapshot } from './builders.js';
import type { SessionState } from '../../extension/core/panel/snapshot.js';

const data = (toNs: number, state: SessionState): NavigationAction => ({
  kind: 'data',
  extent: { fromNs: 0, toNs },
  state,
});
const after = (...actions: readonly NavigationAction[]): Navigation =>
  actions.reduce(navigate, noNavigation);

describe('navigation', () => {
  it('follows a live session from the first data on', () => {
    const young = after(data(3e9, 'live'));
    assert.deepEqual(young.range, { fromNs: 0, toNs: 3e9 });
    const older = navigate(young, data(60e9, 'live'));
    assert.equal(older.mode.kind, 'follow');
    assert.deepEqual(older.range, { fromNs: 60e9 - FOLLOW_WINDOW_NS, toNs: 60e9 });
  });

  it('shows all of a capture', () => {
    const nav = after(data(5e9, 'capture'));
    assert.equal(nav.mode.kind, 'fit');
    assert.deepEqual(nav.range, fitRange({ fromNs: 0, toNs: 5e9 }));
  });

  for (const look of [
    { kind: 'pan', share: -0.1 },
    { kind: 'zoom', factor: 0.5, atNs: 55e9 },
    { kind: 'show', range: { fromNs: 10e9, toNs: 12e9 } },
    { kind: 'home' },
    { kind: 'hold' },
  ] as const) {
    it(`holds the picture after a look back: ${look.kind}`, () => {
      const looking = after(data(60e9, 'live'), look);
      assert.equal(looking.mode.kind, 'held');
      const later = navigate(looking, data(61e9, 'live'));
      assert.deepEqual(later.range, looking.range);
      const followed = navigate(later, { kind: 'follow' });
      assert.equal(followed.range.toNs, 61e9);
      assert.ok(Math.abs(spanOf(followed.range) - spanOf(looking.range)) < 1);
    });
  }

  it('keeps up again after a pan to the newest data, and not before', () => {
    const looking = after(data(60e9, 'live'), { kind: 'pan', share: -0.5 });
    assert.deepEqual(looking.range, { fromNs: 45e9, toNs: 55e9 });
    const nearer = navigate(looking, { kind: 'pan', share: 0.4 });
    assert.equal(nearer.mode.kind, 'held');
    const there = navigate(nearer, { kind: 'pan', share: 0.2 });
    assert.deepEqual(there.mode, { kind: 'follow', windowNs: 10e9 });
    assert.deepEqual(navigate(there, data(61e9, 'live')).range, { fromNs: 51e9, toNs: 61e9 });
    assert.equal(navigate(there, { kind: 'pan', share: 0.1 }).mode.kind, 'follow');
    const fit = after(data(60e9, 'live'), { kind: 'fit' }, { kind: 'pan', share: 0.1 });
    assert.equal(fit.mode.kind, 'fit');
    const over = after(
      data(60e9, 'ended'),
      { kind: 'pan', share: -0.5 },
      { kind: 'pan', share: 1 },
    );
    assert.equal(over.mode.kind, 'held', 'there is nothing to keep up with');
  });

  it('says whether it keeps up, and how far it is behind', () => {
    const text = (nav: Navigation, state: SessionState = 'live'): string =>
      liveText({ nav, snapshot: snapshot({ state }) });
    const live = after(data(60e9, 'live'));
    assert.equal(text(live), 'live');
    assert.equal(text(navigate(live, { kind: 'fit' })), 'live');
    const paused = navigate(live, { kind: 'hold' });
    assert.equal(text(paused), 'paused — press L to follow');
    const later = navigate(paused, data(72.6e9, 'live'));
    assert.equal(text(later), 'paused — 12 s behind, press L to follow');
    assert.deepEqual(keepingOf({ nav: later, snapshot: snapshot({ state: 'live' }) }), {
      kind: 'paused',
      behindNs: 12.6e9,
    });
    assert.equal(text(navigate(later, { kind: 'follow' })), 'live');
    assert.equal(text(after(data(60e9, 'ended'), { kind: 'hold' }), 'ended'), 'ended');
    assert.equal(liveText({ nav: live, snapshot: null }), 'loading');
  });

  it('zooms the window while it follows, without letting go', () => {
    const nav = after(data(60e9, 'live'), { kind: 'zoom', factor: 0.5 }, data(62e9, 'live'));
    assert.deepEqual(nav.mode, { kind: 'follow', windowNs: FOLLOW_WINDOW_NS / 2 });
    assert.deepEqual(nav.range, { fromNs: 57e9, toNs: 62e9 });
  });

  it('shows the whole run when a followed session ends, and leaves a held range alone', () => {
    assert.equal(after(data(60e9, 'live'), data(61e9, 'ended')).mode.kind, 'fit');
    const held = after(data(60e9, 'live'), { kind: 'hold' }, data(61e9, 'ended'));
    assert.deepEqual(held.range, { fromNs: 50e9, toNs: 60e9 });
  });

  it('does not pretend to follow what is over', () => {
    const nav = after(data(60e9, 'ended'), { kind: 'show', range: { fromNs: 0, toNs: 5e9 } });
    const followed = navigate(nav, { kind: 'follow' });
    assert.equal(followed.mode.kind, 'held');
    assert.deepEqual(followed.range, { fromNs: 55e9, toNs: 60e9 });
  });

  it('goes home and to the end without changing the zoom', () => {
    const start = after(data(60e9, 'capture'), {
      kind: 'show',
      range: { fromNs: 20e9, toNs: 25e9 },
    });
    assert.deepEqual(navigate(start, { kind: 'home' }).range, { fromNs: 0, toNs: 5e9 });
    assert.deepEqual(navigate(start, { kind: 'end' }).range, { fromNs: 55e9, toNs: 60e9 });
  });

  it('survives a session of one moment', () => {
    const nav = after(data(0, 'live'), { kind: 'zoom', factor: 0.1 }, { kind: 'pan', share: 3 });
    assert.ok(spanOf(nav.range) > 0 && Number.isFinite(nav.range.fromNs));
  });
});
