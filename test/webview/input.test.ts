import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isGlobal, keyAction, scrolls, type KeyAction } from '../../webview/keyboard.js';
import { wheelPx, wheelZoom } from '../../webview/timeline/pointer.js';

const press = (key: string, rest = {}): KeyAction | null =>
  keyAction({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...rest });

describe('keyboard', () => {
  it('zooms in and out by inverse steps', () => {
    for (const [zoomIn, zoomOut] of [
      ['w', 's'],
      ['W', 'S'],
      ['+', '-'],
    ] as const) {
      const [closer, farther] = [press(zoomIn), press(zoomOut)];
      assert.ok(closer?.kind === 'zoom' && farther?.kind === 'zoom');
      assert.ok(closer.factor < 1);
      assert.ok(Math.abs(closer.factor * farther.factor - 1) < 1e-12);
    }
  });

  it('pans to where the key points, faster with shift', () => {
    const share = (action: KeyAction | null): number =>
      action?.kind === 'pan' ? action.share : NaN;
    assert.ok(share(press('a')) < 0 && share(press('ArrowLeft')) < 0);
    assert.ok(share(press('d')) > 0 && share(press('ArrowRight')) > 0);
    assert.ok(share(press('D', { shiftKey: true })) > 2 * share(press('d')));
  });

  it('knows the rest', () => {
    const keys = ['f', 'Home', 'End', 'Escape', 'ArrowUp', 'PageDown', 'l', 'Enter', 'm', 'i', '/'];
    const kinds = keys.map((k) => press(k)?.kind);
    assert.deepEqual(kinds, [
      'fit',
      'home',
      'end',
      'clear',
      'scroll',
      'scrollPages',
      'follow',
      'source',
      'mark',
      'follow item',
      'search',
    ]);
  });

  it('searches with the keys that search everywhere', () => {
    assert.deepEqual(press('f', { ctrlKey: true }), { kind: 'search' });
    assert.deepEqual(press('F', { metaKey: true }), { kind: 'search' });
    assert.equal(press('f', { ctrlKey: true, shiftKey: true }), null);
    assert.deepEqual(
      ['ArrowUp', 'PageDown', 'Home', 'End', 'm', 'Escape'].map((key) => scrolls({ key })),
      [true, true, true, true, false, false],
    );
    assert.deepEqual(press('F3'), { kind: 'find', by: 1 });
    assert.deepEqual(press('F3', { shiftKey: true }), { kind: 'find', by: -1 });
    const none = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
    assert.deepEqual(
      ['F3', '/', 'f'].map((key) => isGlobal({ ...none, key })),
      [true, false, false],
    );
  });

  it('leaves the keys of the editor alone', () => {
    assert.equal(press('s', { ctrlKey: true }), null);
    assert.equal(press('w', { metaKey: true }), null);
    assert.equal(press('f', { altKey: true }), null);
    assert.equal(press('x'), null);
    assert.equal(press('constructor'), null);
  });
});

describe('wheel', () => {
  it('zooms back to where it came from', () => {
    assert.ok(Math.abs(wheelZoom(100) * wheelZoom(-100) - 1) < 1e-12);
    assert.ok(wheelZoom(-100) < 1 && wheelZoom(100) > 1);
    assert.equal(wheelZoom(1e9), wheelZoom(300));
  });

  it('counts lines and pages as pixels', () => {
    assert.deepEqual(
      [0, 1, 2].map((deltaMode) => wheelPx({ deltaMode }, 3)),
      [3, 48, 1200],
    );
  });
});
