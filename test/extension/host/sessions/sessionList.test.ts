import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionList } from '../../../../extension/host/sessions/sessionList.js';
import { FakeClock, fakeEngine, infoOf, reportOf, sessionId, settled } from '../fakes.js';

test('live sessions come first, then the newest', () => {
  const list = new SessionList(fakeEngine({}).call, new FakeClock());
  list.apply({ kind: 'changed', info: infoOf('a', { state: 'ended' }) });
  list.apply({ kind: 'changed', info: infoOf('b', { state: 'waiting' }) });
  list.apply({ kind: 'changed', info: infoOf('c', { state: 'capture' }) });
  list.apply({ kind: 'changed', info: infoOf('a', { state: 'ended', executions: 9 }) });
  assert.deepEqual(
    list.all().map((info) => info.session),
    ['b', 'c', 'a'],
  );
  assert.equal(list.find(sessionId('a'))?.executions, 9);
  assert.equal(list.findByCapture('/captures/c.fxt')?.session, 'c');
});

test('comings, goings and states are told at once, the rest once a second', async () => {
  const clock = new FakeClock();
  const list = new SessionList(fakeEngine({}).call, clock);
  let membership = 0;
  let changes = 0;
  list.onMembership(() => (membership += 1));
  list.onChange(() => (changes += 1));
  for (let i = 0; i < 8; i++) {
    list.apply({ kind: 'changed', info: infoOf('a', { executions: i }) });
    await clock.advance(250);
  }
  assert.equal(membership, 1);
  assert.equal(changes, 3);
  list.apply({ kind: 'changed', info: infoOf('a', { state: 'ended' }) });
  list.apply({ kind: 'closed', session: sessionId('a') });
  list.apply({ kind: 'closed', session: sessionId('a') });
  assert.equal(membership, 3);
  assert.deepEqual(list.all(), []);
});

test('a report is made once for all who ask in one tick, and again when the session has moved on', async () => {
  const clock = new FakeClock();
  const engine = fakeEngine({ report: () => reportOf() });
  const list = new SessionList(engine.call, clock);
  list.apply({ kind: 'changed', info: infoOf('a') });
  await settled();
  await Promise.all([list.report(sessionId('a')), list.report(sessionId('a'))]);
  assert.equal(engine.calls.length, 1);
  await clock.advance(3000);
  assert.equal(engine.calls.length, 1);
  list.apply({ kind: 'changed', info: infoOf('a') });
  await clock.advance(3000);
  await list.report(sessionId('a'));
  assert.equal(engine.calls.length, 2);
});

test('a session that is not there, or whose report fails, has a message instead', async () => {
  const list = new SessionList(fakeEngine({}).call, new FakeClock());
  list.apply({ kind: 'changed', info: infoOf('a') });
  assert.deepEqual(await list.report(sessionId('a')), {
    kind: 'failed',
    message: 'report: refused',
  });
  assert.equal((await list.report(sessionId('b'))).kind, 'failed');
});
