import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNKNOWN, type CaptureNote } from '../../../../extension/host/captureNotes.js';
import type { CaptureFile } from '../../../../extension/host/captures.js';
import {
  captureIn,
  captureLabel,
  earlierCaptures,
  earlierRow,
  relativeDate,
} from '../../../../extension/host/earlier/earlierRows.js';

const NOW = new Date(2025, 2, 14, 15, 0, 0).getTime();
const HOUR = 3_600_000;
const note = (changes: Partial<CaptureNote> = {}): CaptureNote => ({
  ...UNKNOWN,
  title: 'build.mjs',
  workspace: 'file:///w',
  ...changes,
});
const file = (name: string, changes: Partial<CaptureFile> = {}): CaptureFile => ({
  path: `/c/sluice-20250314-150000-${name}.fxt`,
  changedMs: NOW - HOUR,
  bytes: 2048,
  note: null,
  isRecordedElsewhere: false,
  ...changes,
});
const labels = (files: readonly CaptureFile[]): string[] => files.map(captureLabel);
const wish = { workspace: 'file:///w', inSessions: new Set<string>(), order: 'date' } as const;

test('captures of this workspace are listed, and those of which nobody knows where they come from', () => {
  const files = [
    file('a', { note: note({ title: 'ours' }) }),
    file('b', { note: note({ title: 'theirs', workspace: 'file:///other' }) }),
    file('unknown'),
    file('d', { note: note({ title: 'of no folder', workspace: null }) }),
    file('empty', { bytes: 0 }),
    file('live'),
  ];
  const inSessions = new Set(['/c/sluice-20250314-150000-live.fxt']);
  const shown = earlierCaptures(files, { ...wish, inSessions });
  assert.deepEqual(labels(shown), ['ours', 'unknown', 'of no folder']);
});

test('they are sorted by date, name or size; among equals the newest is first', () => {
  const files = [
    file('b10', { changedMs: NOW - 3 * HOUR, bytes: 5 }),
    file('b9', { changedMs: NOW - 2 * HOUR, bytes: 9 }),
    file('a', { changedMs: NOW - 4 * HOUR, bytes: 5 }),
  ];
  const sorted = (order: 'date' | 'name' | 'size'): string[] =>
    labels(earlierCaptures(files, { ...wish, order }));
  assert.deepEqual(sorted('date'), ['b9', 'b10', 'a']);
  assert.deepEqual(sorted('name'), ['a', 'b9', 'b10']);
  assert.deepEqual(sorted('size'), ['b9', 'b10', 'a']);
});

test('a row has the name that the user gave, and says that the capture stays', () => {
  const row = earlierRow(file('x', { note: note({ name: 'before', isPinned: true }) }), NOW);
  assert.equal(row.label, 'before');
  assert.equal(row.description, '1 h ago · 2 KiB');
  assert.equal(row.icon, 'pinned');
  assert.equal(row.context, 'capture.pinned');
  assert.match(row.tooltip, /build\.mjs/);
  assert.match(row.tooltip, /kept until you delete it/);
  const plain = earlierRow(file('x.mjs'), NOW);
  assert.deepEqual([plain.label, plain.icon, plain.context], ['x.mjs', 'history', 'capture']);
  assert.doesNotMatch(plain.tooltip, /kept/);
});

test('a capture that another window records says so, and is not one to delete', () => {
  const row = earlierRow(
    file('x', { note: note({ isPinned: true }), isRecordedElsewhere: true }),
    NOW,
  );
  assert.equal(row.description, 'recording in another window · 2 KiB');
  assert.equal(row.context, 'capture.recording');
});

test('a command takes only captures that are shown', () => {
  const [shown, other] = [file('a'), file('b')];
  assert.equal(captureIn({ ...shown, changedMs: 0, note: null }, [shown]), shown);
  assert.throws(() => captureIn(other, [shown]), /not among the earlier captures/);
  assert.throws(() => captureIn({ path: '/p/package', changedMs: 0 }, [shown]), /\/p\/package/);
  for (const none of [undefined, null, 'x', {}, { path: 7 }]) {
    assert.equal(captureIn(none, [shown]), undefined);
  }
});

test('ages are told as people do', () => {
  const at = (hours: number): string => relativeDate(NOW - hours * HOUR, NOW);
  assert.equal(at(-5), 'just now');
  assert.equal(at(0.01), 'just now');
  assert.equal(at(0.5), '30 min ago');
  assert.equal(at(3.9), '3 h ago');
  assert.equal(at(14), '14 h ago');
  assert.equal(at(16), 'yesterday');
  assert.equal(at(38), 'yesterday');
  assert.equal(at(40), '2 days ago');
  assert.equal(at(24 * 6), '6 days ago');
  assert.equal(at(24 * 7), '2025-03-07');
  // Shortly after midnight the evening before is not yesterday yet.
  const midnight = new Date(2025, 2, 14, 0, 30).getTime();
  assert.equal(relativeDate(midnight - HOUR, midnight), '1 h ago');
});
