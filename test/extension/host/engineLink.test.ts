import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineEvent } from '../../../extension/engine/protocol.js';
import { EngineLink, type RunningEngine } from '../../../extension/host/engineLink.js';
import { fakeEngine, infoOf, reportOf, sessionId } from './fakes.js';

interface Fake extends RunningEngine {
  die: (reason: string) => void;
  emit: (event: EngineEvent) => void;
  disposals: number;
}

function fake(): Fake {
  const { call } = fakeEngine({ report: () => reportOf() });
  const listeners = new Set<(event: EngineEvent) => void>();
  const losses = new Set<(reason: string) => void>();
  let dead: string | undefined;
  const engine: Fake = {
    disposals: 0,
    call: (name, input) =>
      dead === undefined ? call(name, input) : Promise.reject(new Error(dead)),
    onLost: (listener) => losses.add(listener),
    die: (reason) => {
      dead = reason;
      for (const listener of losses) listener(reason);
    },
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    dispose: () => {
      engine.disposals += 1;
      return Promise.resolve();
    },
  };
  return engine;
}

test('the engine starts with the first call, once, and its news is passed on', async () => {
  const engines: Fake[] = [];
  const link = new EngineLink(() => {
    const engine = fake();
    engines.push(engine);
    return engine;
  });
  const news: string[] = [];
  link.onEvent((event) => news.push(event.kind));
  assert.equal(engines.length, 0);
  await Promise.all([
    link.call('report', { session: sessionId('a') }),
    link.call('report', { session: sessionId('a') }),
  ]);
  assert.equal(engines.length, 1);
  engines[0]?.emit({ kind: 'changed', info: infoOf('a') });
  assert.deepEqual(news, ['changed']);
});

test('the death of the engine is told at once, and the next call starts another', async () => {
  const engines: Fake[] = [];
  const link = new EngineLink(() => {
    const engine = fake();
    engines.push(engine);
    return engine;
  });
  const losses: string[] = [];
  link.onLost((reason) => losses.push(reason));
  const ask = (): Promise<unknown> => link.call('report', { session: sessionId('a') });
  await ask();
  engines[0]?.die('out of memory');
  assert.deepEqual(losses, ['out of memory']);
  await ask();
  assert.equal(engines.length, 2);
});

test('a call that merely fails leaves the engine alone', async () => {
  const engine = fake();
  const link = new EngineLink(() => engine);
  const losses: string[] = [];
  link.onLost((reason) => losses.push(reason));
  await assert.rejects(link.call('endSession', { session: sessionId('a') }), /refused/);
  assert.deepEqual(losses, []);
});

test('disposing ends the engine once, and a call after that is refused', async () => {
  const engine = fake();
  const link = new EngineLink(() => engine);
  await link.call('report', { session: sessionId('a') });
  await Promise.all([link.dispose(), link.dispose()]);
  assert.equal(engine.disposals, 1);
  await assert.rejects(link.call('report', { session: sessionId('a') }), /shutting down/);
});

test('an engine that never started is not started to be ended', async () => {
  const link = new EngineLink(() => assert.fail('started'));
  await link.dispose();
});
