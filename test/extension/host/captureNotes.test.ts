import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  isKept,
  noteOf,
  notedTitle,
  readNote,
  removeNote,
  writeNote,
  type CaptureNote,
} from '../../../extension/host/captureNotes.js';

const plain: CaptureNote = { title: 'build', workspace: 'file:///w', name: null, isPinned: false };

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
    const strange = { schema: 'sluice.captureNote/1', title: 7, name: '', isPinned: 'yes' };
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

  it('keep what has a name or a pin', () => {
    assert.equal(isKept(null), false);
    assert.equal(isKept(plain), false);
    assert.equal(isKept({ ...plain, name: 'x' }), true);
    assert.equal(isKept({ ...plain, isPinned: true }), true);
  });
});
