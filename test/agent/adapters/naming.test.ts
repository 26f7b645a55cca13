import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { knows, majorOf } from '../../../agent/adapters/adapter.js';
import { assignedName, nameAt, placeName, withoutSuffix } from '../../../agent/adapters/naming.js';
import { piscinaStageName } from '../../../agent/adapters/piscinaStage.js';
import { pQueueAdapter } from '../../../agent/adapters/pQueue.js';

describe('assignedName', () => {
  const cases: readonly (readonly [before: string, name: string | undefined])[] = [
    ['const readQueue = ', 'readQueue'],
    ['  this.readQueue = ', 'readQueue'],
    ['  #readQueue = ', 'readQueue'],
    ['export const readQueue: PQueue = ', 'readQueue'],
    ['  private readonly readQueue: PQueue<Order, Options> = ', 'readQueue'],
    ['this.read ??= ', 'read'],
    ['const readQueue =\n  ', 'readQueue'],
    ['return { readQueue: ', 'readQueue'],
    ["  'read files': ", 'read files'],
    ['other: 1,\n  readQueue = ', 'readQueue'],
    ['const größe = ', 'größe'],
    ['return ', undefined],
    ['queues.push(', undefined],
    ['if (a === ', undefined],
    ['const make = () => ', undefined],
    ['', undefined],
  ];
  for (const [before, name] of cases) {
    it(JSON.stringify(before), () => {
      assert.equal(assignedName(before), name);
    });
  }
});

describe('withoutSuffix', () => {
  it('leaves what remains, and never nothing', () => {
    const names = ['readQueue', 'workerPool', 'api_limit', 'queue', 'Queue', 'pQueue', 'read'];
    assert.deepEqual(names.map(withoutSuffix), [
      'read',
      'worker',
      'api',
      'queue',
      'Queue',
      'pQueue',
      'read',
    ]);
  });
});

describe('nameAt', () => {
  it('reads the line of the position up to its column', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-naming-'));
    try {
      const file = path.join(folder, 'program.mjs');
      await writeFile(file, "import PQueue from 'p-queue';\nconst fetchQueue = new PQueue();\n");
      assert.equal(nameAt({ file, line: 2, column: 20 }), 'fetch');
      assert.equal(nameAt({ file: `file://${file}`, line: 2, column: 20 }), 'fetch');
      assert.equal(nameAt({ file, line: 1, column: 1 }), undefined);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is undefined where there is no text', () => {
    assert.equal(nameAt({ file: '/no/such/file.js', line: 1, column: 1 }), undefined);
    assert.equal(nameAt({ file: 'evalmachine.<anonymous>', line: 1, column: 1 }), undefined);
    assert.equal(nameAt(undefined), undefined);
  });
});

describe('names of last resort', () => {
  it('say the library and the place', () => {
    assert.equal(placeName('p-queue', { file: '/a/b.mjs', line: 7, column: 1 }), 'p-queue b.mjs:7');
    assert.equal(placeName('p-queue', undefined), 'p-queue');
  });
});

describe('piscinaStageName', () => {
  it('is the same for paths and URLs, and tells handlers apart', () => {
    assert.equal(piscinaStageName('/src/tokenise.mjs', 'default'), 'tokenise');
    assert.equal(piscinaStageName('file:///src/tokenise.mjs', null), 'tokenise');
    assert.equal(piscinaStageName('/src/tokenise.mjs', 'count'), 'tokenise:count');
  });
});

describe('versions', () => {
  it('are known by their major number', () => {
    assert.deepEqual(['9.3.5', '10.0.0-beta.1', 'x', undefined, 9].map(majorOf), [
      9,
      10,
      undefined,
      undefined,
      undefined,
    ]);
    assert.deepEqual(
      ['6.9.9', '7.0.0', '10.9.9', '11.0.0', undefined].map((v) => knows(pQueueAdapter, v)),
      [false, true, true, false, false],
    );
  });
});
