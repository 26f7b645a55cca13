/** What the adapters of limiters share: settled results, and names from the line of a call. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { nameOfCall } from '../../../agent/adapters/naming.js';
import { onSettled } from '../../../agent/adapters/settled.js';

/** What `onSettled` reported, and what it handed on. */
function settle(value: unknown): { readonly calls: unknown[]; readonly passed: unknown } {
  const calls: unknown[] = [];
  const passed = onSettled(value, (isFailed, result) => calls.push([isFailed, result]));
  return { calls, passed };
}

describe('onSettled', () => {
  it('is done at once with what cannot be awaited', () => {
    for (const value of [1, undefined, null, 'text', { then: 5 }, () => 1]) {
      assert.deepEqual(settle(value), { calls: [[false, value]], passed: value });
    }
  });

  it('hands on the very promise, and hears of it before the library', async () => {
    const promise = Promise.resolve(7);
    const { calls, passed } = settle(promise);
    assert.equal(passed, promise);
    await promise.then(() => {
      assert.deepEqual(calls, [[false, 7]]);
    });
    const error = new Error('no');
    const failing = Promise.reject(error);
    const heard = settle(failing);
    await assert.rejects(failing, error);
    assert.deepEqual(heard.calls, [[true, error]]);
  });

  it('asks another thenable once, when the library does', async () => {
    let asked = 0;
    const lazy = {
      then(resolve: (value: string) => void) {
        assert.equal(this, lazy);
        asked++;
        resolve('lazy');
      },
    };
    const { calls, passed } = settle(lazy);
    assert.equal(asked, 0);
    assert.equal(await passed, 'lazy');
    assert.equal(asked, 1);
    assert.deepEqual(calls, [[false, 'lazy']]);
  });

  it('leaves an object whose then cannot be read to the library', () => {
    const hostile = {
      get then(): unknown {
        throw new Error('not yours');
      },
    };
    const { calls, passed } = settle(hostile);
    assert.equal(passed, hostile);
    assert.equal(calls.length, 1);
  });
});

describe('nameOfCall', () => {
  const cases: [string, string | undefined, ((n: number) => void)?][] = [
    ['const readQueue = async.', 'read'],
    ['const pages = await ', 'pages'],
    ['this.store = lib.async\n  .', 'store'],
    ['const uploadLimit = ', 'upload'],
    ['const queue = fastq.', 'queue'],
    [
      'const queue = ',
      'parseLine',
      function parseLine(n) {
        assert.fail(String(n));
      },
    ],
    ['const limit = ', 'limit', () => undefined],
    ['return await ', undefined],
  ];
  for (const [before, expected, worker] of cases) {
    it(JSON.stringify(before), async () => {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-names-'));
      try {
        const file = path.join(folder, 'program.mjs');
        await writeFile(file, `${before}call(1);\n`);
        const lines = before.split('\n');
        const source = { file, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
        // An arrow function in an array has no name of its own.
        assert.equal(nameOfCall(source, worker), expected);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});
