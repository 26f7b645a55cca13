import assert from 'node:assert/strict';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  captureName,
  KEEP_CAPTURES,
  newCapturePath,
} from '../../../extension/cli/captureFolder.js';

describe('folder for captures', () => {
  let tmp = '';
  const now = new Date('2026-01-02T03:04:05Z');
  const own = (): string => path.join(tmp, `sluice-${process.getuid?.() ?? ''}`);
  beforeEach(async () => {
    tmp = await mkdtemp(path.join(os.tmpdir(), 'sluice-folder-'));
  });
  afterEach(async () => {
    await rm(tmp, { recursive: true });
  });

  it('is private and names captures after program and time', async () => {
    const file = await newCapturePath(['node', 'src/index.mjs'], now, tmp);
    assert.deepEqual(file, {
      ok: true,
      value: path.join(own(), `index-20260102-030405-${process.pid}.fxt`),
    });
    assert.equal((await stat(own())).mode & 0o777, 0o700);
  });

  it('is refused when others may write to it', async () => {
    await mkdir(own());
    await chmod(own(), 0o777);
    const file = await newCapturePath(['x'], now, tmp);
    assert.ok(!file.ok);
    assert.match(file.error, /not private .*--out/);
  });

  it('is refused when it is a link to somewhere else', async () => {
    await mkdir(path.join(tmp, 'elsewhere'), { mode: 0o700 });
    await symlink(path.join(tmp, 'elsewhere'), own());
    assert.ok(!(await newCapturePath(['x'], now, tmp)).ok);
  });

  it('keeps the newest captures and everything that is none', async () => {
    await mkdir(own(), { mode: 0o700 });
    await writeFile(path.join(own(), 'notes.txt'), '');
    for (let i = 0; i < KEEP_CAPTURES + 5; i++) {
      const file = path.join(own(), `c${i}.fxt`);
      await writeFile(file, '');
      await utimes(file, 1000 + i, 1000 + i);
    }
    assert.ok((await newCapturePath(['x'], now, tmp)).ok);
    const left = await readdir(own());
    assert.equal(left.length, KEEP_CAPTURES); // one fewer capture, and the notes
    assert.ok(left.includes('notes.txt'));
    assert.ok(!left.includes('c5.fxt'));
    assert.ok(left.includes('c6.fxt'));
  });

  it('names', () => {
    const table: readonly [readonly string[], string][] = [
      [['node', 'app.js'], 'app'],
      [['/usr/bin/node', '--enable-source-maps', 'a/b/code index.mjs', 'x'], 'code_index'],
      [['npm', 'test'], 'npm'],
      [['node'], 'node'],
      [['node', '-p', '1 + 1'], 'node'],
      [['./../..'], 'capture'],
      [['日本'], '_'],
    ];
    for (const [command, expected] of table) assert.equal(captureName(command), expected);
  });
});
