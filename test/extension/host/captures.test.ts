import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { UNKNOWN, writeNote } from '../../../extension/host/captureNotes.js';
import { captureName, newCapturePath, pruneCaptures } from '../../../extension/host/captures.js';

const at = new Date(2025, 2, 14, 15, 9, 26);

describe('captures', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-captures-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const put = async (name: string, ageSec: number): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, '');
    await utimes(file, 1e9 - ageSec, 1e9 - ageSec);
    return file;
  };

  it('are named by time and by what they are of', () => {
    assert.equal(captureName('Build all.mjs', at), 'sluice-20250314-150926-build-all.mjs.fxt');
    assert.equal(captureName('../../etc/passwd', at), 'sluice-20250314-150926-etc-passwd.fxt');
    assert.equal(captureName('…', at), 'sluice-20250314-150926-program.fxt');
    assert.match(captureName('x'.repeat(500), at), /^sluice-20250314-150926-x{40}\.fxt$/);
  });

  it('get a name that is free, in a folder that need not exist', async () => {
    const deep = path.join(folder, 'a/b');
    const first = await newCapturePath(deep, 'run', at);
    await writeFile(first, '');
    const second = await newCapturePath(deep, 'run', at);
    assert.equal(path.basename(first), 'sluice-20250314-150926-run.fxt');
    assert.equal(path.basename(second), 'sluice-20250314-150927-run.fxt');
  });

  it('go when there are too many, the oldest first, and only our own that nobody uses', async () => {
    const oldest = await put('sluice-20250101-000000-a.fxt', 500);
    const inUse = await put('sluice-20250101-000001-b.fxt', 400);
    await put('sluice-20250101-000002-c.fxt', 300);
    await put('sluice-20250101-000003-d.fxt', 200);
    await put('mine.fxt', 900);
    await put('sluice-notes.fxt', 900);
    const gone = await pruneCaptures(folder, { keep: 2, maxBytes: 0 }, new Set([inUse]));
    assert.deepEqual(gone, [oldest]);
    assert.deepEqual((await readdir(folder)).sort(), [
      'mine.fxt',
      'sluice-20250101-000001-b.fxt',
      'sluice-20250101-000002-c.fxt',
      'sluice-20250101-000003-d.fxt',
      'sluice-notes.fxt',
    ]);
  });

  it('stay when the user named or pinned them, and do not count', async () => {
    const named = await put('sluice-20250101-000000-a.fxt', 500);
    const pinned = await put('sluice-20250101-000001-b.fxt', 400);
    const old = await put('sluice-20250101-000002-c.fxt', 300);
    const young = await put('sluice-20250101-000003-d.fxt', 200);
    const note = { ...UNKNOWN, title: 't' };
    await writeNote(named, { ...note, name: 'good' });
    await writeNote(pinned, { ...note, isPinned: true });
    await writeNote(old, note);
    assert.deepEqual(await pruneCaptures(folder, { keep: 1, maxBytes: 0 }, new Set()), [old]);
    const left = await readdir(folder);
    assert.ok([named, pinned, young].every((file) => left.includes(path.basename(file))));
    // Its note goes with it.
    assert.ok(!left.some((name) => name.includes('-c.fxt')));
  });

  it('stay while another window records into them', async () => {
    const recorded = await put('sluice-20250101-000000-a.fxt', 0);
    const dead = await put('sluice-20250101-000001-b.fxt', 0);
    const now = Date.now() / 1000;
    await utimes(recorded, now - 2, now - 2);
    await utimes(dead, now - 1, now - 1);
    await put('sluice-20250101-000002-c.fxt', 0);
    await utimes(path.join(folder, 'sluice-20250101-000002-c.fxt'), now, now);
    await writeNote(recorded, { ...UNKNOWN, recordingPid: process.ppid });
    await writeNote(dead, { ...UNKNOWN, recordingPid: 2 ** 30 });
    assert.deepEqual(await pruneCaptures(folder, { keep: 1, maxBytes: 0 }, new Set()), [dead]);
  });

  it('go when they take too much room, the oldest first', async () => {
    for (const [i, bytes] of [400, 300, 200].entries()) {
      const file = await put(`sluice-20250101-00000${i}-a.fxt`, 0);
      await writeFile(file, 'x'.repeat(bytes));
      await utimes(file, 1e9 + i, 1e9 + i);
    }
    const gone = await pruneCaptures(folder, { keep: 0, maxBytes: 500 }, new Set());
    assert.deepEqual(
      gone.map((file) => path.basename(file)),
      ['sluice-20250101-000000-a.fxt'],
    );
  });

  it('all stay when the setting is 0', async () => {
    await put('sluice-20250101-000000-a.fxt', 500);
    assert.deepEqual(await pruneCaptures(folder, { keep: 0, maxBytes: 0 }, new Set()), []);
    assert.equal((await readdir(folder)).length, 1);
  });
});
