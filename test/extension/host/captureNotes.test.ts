import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  changeNote,
  isKept,
  isRecordedElsewhere,
  noteOf,
  notedTitle,
  readNote,
  removeNote,
  UNKNOWN,
  writeNote,
  type CaptureNote,
} from '../../../extension/host/captureNotes.js';

const plain: CaptureNote = { ...UNKNOWN, title: 'build', workspace: 'file:///w' };
const NOBODY = 2 ** 30; // no system counts that far

describe('notes of captures', () => {
  let capture = '';
  beforeEach(async () => {
    capture = path.join(await mkdtemp(path.join(os.tmpdir(), 'sluice-notes-')), 'a.fxt');
  });
  afterEach(async () => {
    await rm(path.dirname(capture), { recursive: true });
  });

  it('come back as they were written, and leave nothing else behind', async () => {
    const note = { ...plain, name: 'before "the" change', isPinned: true };
    await writeNote(capture, plain);
    await writeNote(capture, note);
    assert.deepEqual(await readNote(capture), note);
    assert.deepEqual(await readdir(path.dirname(capture)), ['a.fxt.json']);
    await removeNote(capture);
    await removeNote(capture);
    assert.equal(await readNote(capture), null);
  });

  it('that are damaged, strange or too long are none', async () => {
    const long = JSON.stringify({ schema: 'sluice.captureNote/1', title: 'x'.repeat(100_000) });
    for (const text of ['', '{', 'null', '[]', '{"title":"x"}', long]) {
      await writeFile(noteOf(capture), text);
      assert.equal(await readNote(capture), null, text.slice(0, 20));
    }
    const odd = { isPinned: 'yes', recordingPid: -1 };
    const strange = { schema: 'sluice.captureNote/1', title: 7, name: '', ...odd };
    await writeFile(noteOf(capture), JSON.stringify(strange));
    assert.deepEqual(await readNote(capture), { ...plain, title: '', workspace: null });
  });

  it('say what a capture is called, the user before the session', async () => {
    assert.equal(await notedTitle(capture), undefined);
    await writeNote(capture, plain);
    assert.equal(await notedTitle(capture), 'build');
    await writeNote(capture, { ...plain, name: 'mine' });
    assert.equal(await notedTitle(capture), 'mine');
  });

  it('change one after another, whatever comes at the same time', async () => {
    await Promise.all([
      changeNote(capture, (note) => ({ ...UNKNOWN, ...note, title: 'build' })),
      changeNote(capture, (note) => note && { ...note, workspace: 'file:///w' }),
      changeNote(capture, (note) => note && { ...note, isPinned: true }),
    ]);
    assert.deepEqual(await readNote(capture), { ...plain, isPinned: true });
    await Promise.all([removeNote(capture), changeNote(capture, (note) => note)]);
    assert.deepEqual(await readdir(path.dirname(capture)), []);
  });

  it('say that another window records, as long as its process lives', () => {
    const nowMs = Date.now();
    const recordedBy = (recordingPid: number | null): CaptureNote => ({ ...plain, recordingPid });
    assert.equal(isRecordedElsewhere(recordedBy(process.ppid), nowMs), true);
    assert.equal(isRecordedElsewhere(recordedBy(process.pid), nowMs), false);
    assert.equal(isRecordedElsewhere(recordedBy(NOBODY), nowMs), false);
    assert.equal(isRecordedElsewhere(recordedBy(null), nowMs), false);
    assert.equal(isRecordedElsewhere(null, nowMs), false);
    // Before the machine was started.
    assert.equal(isRecordedElsewhere(recordedBy(process.ppid), 0), false);
  });

  it('keep what has a name or a pin', () => {
    assert.equal(isKept(null), false);
    assert.equal(isKept(plain), false);
    assert.equal(isKept({ ...plain, name: 'x' }), true);
    assert.equal(isKept({ ...plain, isPinned: true }), true);
  });
});
