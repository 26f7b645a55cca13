import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { PocketDrain } from './support/pocketDrain.js';

const START_NS = 1e15;

/** Depths and the time since the change before, mostly short, now and then long. */
const changes = fc.array(
  fc.record({
    depth: fc.integer({ min: 0, max: 50 }),
    afterNs: fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 1, max: 10_000_000 })),
    flush: fc.nat(20).map((n) => n === 0),
  }),
  { maxLength: 200 },
);

it('merges changes of a queue without telling a depth, time or extreme that was not', () => {
  fc.assert(
    fc.property(changes, (list) => {
      const drain = new PocketDrain();
      drain.attach();
      const queue = drain.recorder.queue({ name: 'q', via: 'test' });
      const made: { depth: number; atNs: number }[] = [];
      let atNs = START_NS;
      for (const { depth, afterNs, flush } of list) {
        atNs += afterNs;
        made.push({ depth, atNs });
        queue.depth(depth, atNs);
        if (flush) drain.recorder.flush();
      }
      drain.recorder.flush();
      const records = drain.drain().of('queue', 'q');
      drain.dispose();

      let next = 0;
      for (const record of records) {
        // The changes that this record stands for end with the one that it names.
        const since = made.slice(next, made.findIndex((m) => m.atNs === record.startNs) + 1);
        const depths = since.map((m) => m.depth);
        assert.ok(since.length > 0, 'a record at a time when nothing changed');
        assert.equal(record.args['depth'], depths.at(-1));
        assert.equal(record.args['low'] ?? record.args['depth'], Math.min(...depths));
        assert.equal(record.args['high'] ?? record.args['depth'], Math.max(...depths));
        next += since.length;
      }
      assert.equal(next, made.length, 'the last changes were never written');
      // Two in one flush window at the most: what was held back, and what came after it.
      const spanNs = atNs - START_NS;
      const flushes = list.filter((c) => c.flush).length;
      assert.ok(records.length <= 2 * (spanNs / 25_000 + flushes + 2));
    }),
    { numRuns: 150 },
  );
});
