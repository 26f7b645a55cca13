// Which session is meant when nobody says so.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FrontSession } from '../../../../extension/host/sessions/frontSession.js';
import { SessionList } from '../../../../extension/host/sessions/sessionList.js';
import { FakeClock, fakeEngine, infoOf, sessionId } from '../fakes.js';

it('the session in front is the one that was looked at last, until a program starts or it is closed', () => {
  const sessions = new SessionList(fakeEngine({}).call, new FakeClock());
  const front = new FrontSession(sessions);
  sessions.apply({ kind: 'changed', info: infoOf('capture', { state: 'capture' }) });
  assert.equal(front.session, undefined);
  front.set(sessionId('capture'));
  sessions.apply({ kind: 'changed', info: infoOf('a') });
  assert.equal(front.session, 'a');
  front.set(sessionId('capture'));
  // Another event of a program that runs already changes nothing.
  sessions.apply({ kind: 'changed', info: infoOf('a', { executions: 5000 }) });
  sessions.apply({ kind: 'changed', info: infoOf('b', { state: 'capture' }) });
  assert.equal(front.session, 'capture');
  sessions.apply({ kind: 'closed', session: sessionId('capture') });
  assert.equal(front.session, undefined);
});
