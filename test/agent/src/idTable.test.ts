import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Control, createControl } from '../../../agent/src/control.js';
import { IdTable, idTableBytes } from '../../../agent/src/idTable.js';

function table(first: number, last: number): IdTable {
  const spec = { first, last };
  return new IdTable(new SharedArrayBuffer(idTableBytes(spec)), 0, spec);
}

describe('ids of names', () => {
  it('are the same for the same name in all threads, dense, and no more than there may be', () => {
    const ids = table(21, 1020);
    const names = Array.from({ length: 1000 }, (_, i) => `name ${i}`);
    const given = names.map((name) => ids.shared(name));
    assert.deepEqual(
      given,
      names.map((_, i) => 21 + i),
    );
    assert.deepEqual(
      names.map((name) => ids.shared(name)),
      given,
    );
    assert.equal(ids.shared('one too many'), undefined);
    assert.equal(ids.shared('name 7'), 28);
    assert.equal(ids.size, 1000);
  });

  it('belong to one thread at a time, and go to the next for the same name', () => {
    const ids = table(1, 100);
    assert.equal(ids.take('decode', 0), 1);
    assert.equal(ids.take('decode', 3), 2);
    assert.equal(ids.take('resize', 3), 3);
    assert.equal(ids.take('decode', 3), 4);
    ids.releaseAll(3);
    assert.equal(ids.take('decode', 9), 2);
    assert.equal(ids.take('decode', 10), 4);
    assert.equal(ids.take('decode', 11), 5);
    assert.equal(ids.take('resize', 9), 3);
    ids.release('decode', 4, 9);
    assert.equal(ids.take('decode', 12), 6, 'thread 9 does not hold 4 and cannot free it');
    ids.release('decode', 4, 10);
    assert.equal(ids.take('decode', 13), 4);
  });

  it('do not run out however many threads come one after the other', () => {
    const ids = table(1, 10);
    for (let thread = 1; thread <= 10_000; thread++) {
      assert.equal(ids.take('a', thread), 1);
      assert.equal(ids.take('b', thread), 2);
      ids.releaseAll(thread);
    }
    assert.equal(ids.size, 2);
  });

  it('are never given twice by threads that ask at the same time', async () => {
    const shared = createControl();
    const code = `
      require('tsx/cjs');
      const { workerData, parentPort, threadId } = require('node:worker_threads');
      const { Control } = require(workerData.file);
      const control = new Control(workerData.shared);
      const gate = new Int32Array(workerData.gate);
      Atomics.add(gate, 0, 1);
      while (Atomics.load(gate, 0) < 4);
      const taken = [], strings = [];
      for (let i = 0; i < 300; i++) {
        taken.push(control.lanes.take('lane ' + (i % 3), threadId));
        strings.push(control.strings.shared('text ' + i));
      }
      parentPort.postMessage({ taken, strings });
    `;
    const file = new URL('../../../agent/src/control.ts', import.meta.url).pathname;
    const gate = new SharedArrayBuffer(4);
    const results = await Promise.all(
      Array.from(
        { length: 4 },
        async () =>
          new Promise<{ taken: number[]; strings: number[] }>((resolve, reject) => {
            const worker = new Worker(code, { eval: true, workerData: { shared, file, gate } });
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
    const taken = results.flatMap((r) => r.taken);
    assert.equal(new Set(taken).size, 1200);
    assert.equal(Math.max(...taken), 1200);
    // The same text may get two indexes when two threads are at it in the same instant; two texts never get one.
    const textOf = new Map<number, number>();
    for (const { strings } of results) {
      for (const [i, index] of strings.entries()) {
        assert.equal(textOf.get(index) ?? i, i);
        textOf.set(index, i);
      }
    }
    const control = new Control(shared);
    const known = control.strings.shared('text 5');
    assert.ok(results.some(({ strings }) => strings[5] === known));
  });
});
