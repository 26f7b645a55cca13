import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { SessionInfo } from '../../../../extension/engine/protocol.js';
import {
  changeNote,
  readNote,
  removeNote,
  UNKNOWN,
} from '../../../../extension/host/captureNotes.js';
import { RecordingMarks } from '../../../../extension/host/run/recordingMarks.js';
import { SessionList } from '../../../../extension/host/sessions/sessionList.js';
import { FakeClock, fakeEngine, infoOf, sessionId } from '../fakes.js';

describe('marks of recordings', () => {
  let folder = '';
  let capturePath = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-marks-'));
    capturePath = path.join(folder, 'a.fxt');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  function setUp() {
    const sessions = new SessionList(fakeEngine({}).call, new FakeClock());
    const problems: string[] = [];
    new RecordingMarks(sessions, (problem) => problems.push(problem));
    const say = (state: SessionInfo['state']): void => {
      sessions.apply({ kind: 'changed', info: infoOf('s', { state, capturePath }) });
    };
    return { sessions, say, problems };
  }
  /** As everything left it that was begun before. */
  const noted = async () => {
    await changeNote(capturePath, () => null);
    return readNote(capturePath);
  };

  it('stand in the note while the session is live, beside what else is noted', async () => {
    const { say, problems } = setUp();
    say('waiting');
    await changeNote(capturePath, (note) => ({ ...UNKNOWN, ...note, title: 'build' }));
    const recorded = { ...UNKNOWN, title: 'build', recordingPid: process.pid };
    assert.deepEqual(await noted(), recorded);
    say('live');
    assert.deepEqual(await noted(), recorded);
    say('ended');
    assert.deepEqual(await noted(), { ...recorded, recordingPid: null });
    assert.deepEqual(problems, []);
  });

  it('go when the engine does', async () => {
    const { say, sessions } = setUp();
    say('live');
    sessions.clear();
    assert.deepEqual(await noted(), UNKNOWN);
  });

  it('leave no note of a capture that was discarded', async () => {
    const { say, sessions } = setUp();
    say('waiting');
    await removeNote(capturePath);
    sessions.apply({ kind: 'closed', session: sessionId('s') });
    assert.equal(await noted(), null);
    assert.deepEqual(await readdir(folder), []);
  });
});
