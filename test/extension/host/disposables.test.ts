import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DisposableStore, Listeners } from '../../../extension/host/disposables.js';

test('a store ends its entries once, the last first', () => {
  const ended: string[] = [];
  const store = new DisposableStore();
  store.add({ dispose: () => ended.push('first') });
  store.add({ dispose: () => ended.push('second') });
  store.dispose();
  store.dispose();
  assert.deepEqual(ended, ['second', 'first']);
});

test('a store ends what arrives late, and leaves alone what it was told to forget', () => {
  const ended: string[] = [];
  const store = new DisposableStore();
  const forgotten = store.add({ dispose: () => ended.push('forgotten') });
  store.forget(forgotten);
  store.dispose();
  assert.equal(ended.length, 0);
  store.add({ dispose: () => ended.push('late') });
  assert.deepEqual(ended, ['late']);
});

test('a listener that leaves during the news, or comes during it, disturbs nobody', () => {
  const heard: string[] = [];
  const listeners = new Listeners<number>();
  const first = listeners.on((n) => {
    heard.push(`first ${n}`);
    first.dispose();
    listeners.on((m) => heard.push(`third ${m}`));
  });
  listeners.on((n) => heard.push(`second ${n}`));
  listeners.emit(1);
  listeners.emit(2);
  assert.deepEqual(heard, ['first 1', 'second 1', 'second 2', 'third 2']);
});
