import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BLOCK_ROWS, BlockPool } from '../../../../extension/core/model/blocks.js';
import { IntervalTable } from '../../../../extension/core/model/intervals.js';
import { DepthSeries } from '../../../../extension/core/model/series.js';
import { TraceStore } from '../../../../extension/core/model/store.js';
import { MemoryPages } from '../../../support/memoryPages.js';

function randomFrom(seed: number): () => number {
  let x = seed;
  return () => (x = (x * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
}

interface Plain {
  readonly startNs: number;
  readonly durationNs: number;
  readonly first: number;
  readonly second: number;
  readonly waited: number;
}

interface TableOptions {
  readonly rows: number;
  readonly memoryBytes: number;
  readonly hasItems: boolean;
  readonly hasWords: boolean;
  readonly hasWaits: boolean;
  readonly longShare: number;
  readonly lateShare: number;
}

function randomRow(o: TableOptions, atNs: number, i: number, random: () => number): Plain {
  return {
    startNs: random() < o.lateShare ? Math.floor(random() * atNs) : atNs,
    durationNs: random() < o.longShare ? 2 ** 40 : Math.floor(random() * 50),
    first: o.hasItems ? i : 5,
    second: o.hasWords && random() < 0.01 ? 7 : 4,
    waited: o.hasWaits && random() < 0.01 ? 9 : 0,
  };
}

/** A table whose rows leave memory again and again, and the same rows as a list in order. */
function randomTable(
  o: TableOptions,
  random: () => number,
): { readonly table: IntervalTable; readonly plain: readonly Plain[]; readonly atNs: number } {
  const pool = new BlockPool(o.memoryBytes, new MemoryPages());
  const table = new IntervalTable(pool);
  const plain: Plain[] = [];
  let atNs = 0;
  for (let i = 0; i < o.rows; i++) {
    atNs += Math.floor(random() * 100);
    const row = randomRow(o, atNs, i, random);
    table.addRow(row);
    plain.push(row);
    if (random() < 0.001) {
      table.settle();
      pool.trim();
    }
  }
  table.settle();
  pool.trim();
  pool.trim();
  plain.sort((a, b) => a.startNs - b.startNs || b.durationNs - a.durationNs);
  return { table, plain, atNs };
}

function assertRows(table: IntervalTable, plain: readonly Plain[]): void {
  for (const [i, row] of plain.entries()) {
    const got = {
      startNs: table.startNs.at(i),
      durationNs: table.durationNs.at(i),
      first: table.first.at(i),
      second: table.second.at(i),
      waited: table.waited.at(i),
    };
    // Rows that begin at once and take as long may stand in either order.
    if (plain[i - 1]?.startNs !== row.startNs && plain[i + 1]?.startNs !== row.startNs) {
      assert.deepEqual(got, row);
    } else assert.equal(got.startNs, row.startNs);
  }
}

describe('tables in blocks', () => {
  it('hold what a plain list holds, whether rows left memory or not, and late ones at their place', () => {
    const options = fc.record({
      seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
      rows: fc.integer({ min: 1, max: 3 * BLOCK_ROWS }),
      memoryBytes: fc.constantFrom(0, 100_000, 1e9),
      hasItems: fc.boolean(),
      hasWords: fc.boolean(),
      hasWaits: fc.boolean(),
      longShare: fc.constantFrom(0, 0.001),
      lateShare: fc.constantFrom(0, 0.002),
    });
    fc.assert(
      fc.property(options, (o) => {
        const random = randomFrom(o.seed);
        const { table, plain, atNs } = randomTable(o, random);
        assertRows(table, plain);
        for (let i = 0; i < 20; i++) {
          const ns = Math.floor(random() * atNs * 1.1) - 5;
          const [lower, upper] = [table.startNs.lowerBound(ns), table.startNs.upperBound(ns)];
          assert.equal(lower, plain.filter((row) => row.startNs < ns).length);
          assert.equal(upper, plain.filter((row) => row.startNs <= ns).length);
        }
        for (let block = 0; block < table.blockCount; block++) {
          const rows = plain.slice(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS);
          const { extremes } = table.summary(block);
          assert.deepEqual(extremes, {
            rows: rows.length,
            version: extremes.version,
            lowestFirst: Math.min(...rows.map((row) => row.first)),
            highestFirst: Math.max(...rows.map((row) => row.first)),
            anySecond: rows.reduce((bits, row) => bits | row.second, 0),
            shortestNs: Math.min(...rows.map((row) => row.durationNs)),
            longestNs: Math.max(...rows.map((row) => row.durationNs)),
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stand in order, longest first, and know whether some overlap, however often they are read meanwhile', () => {
    const row = fc.record({
      startNs: fc.integer({ min: 0, max: 8 }),
      durationNs: fc.integer({ min: 0, max: 3 }),
      isRead: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), (rows) => {
        const table = new IntervalTable();
        for (const { startNs, durationNs, isRead } of rows) {
          table.add(startNs, durationNs, 0, 0);
          if (isRead) table.settle();
        }
        table.settle();
        const sorted = rows.toSorted(
          (a, b) => a.startNs - b.startNs || b.durationNs - a.durationNs,
        );
        assert.deepEqual(
          sorted.map((_, i) => [table.startNs.at(i), table.durationNs.at(i)]),
          sorted.map(({ startNs, durationNs }) => [startNs, durationNs]),
        );
        const overlaps = sorted.some(({ startNs }, i) =>
          sorted.slice(0, i).some((before) => before.startNs + before.durationNs > startNs),
        );
        assert.ok(table.mayOverlap || !overlaps);
      }),
      {
        numRuns: 500,
        // One that came late in between does not make a row stand behind a shorter one that begins with it.
        examples: [
          [
            [
              { startNs: 6, durationNs: 0, isRead: false },
              { startNs: 5, durationNs: 1, isRead: true },
              { startNs: 6, durationNs: 3, isRead: true },
            ],
          ],
        ],
      },
    );
  });

  it('keep depths of queues as well, wide and narrow ones', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 0x7fff_ffff }),
        fc.constantFrom(10, 100_000),
        fc.boolean(),
        (seed, highest, areMerged) => {
          const random = randomFrom(seed);
          const pool = new BlockPool(0, new MemoryPages());
          const series = new DepthSeries(pool);
          const plain: { atNs: number; depth: number; low: number; high: number }[] = [];
          for (let i = 0; i < 2.5 * BLOCK_ROWS; i++) {
            const late = random() < 0.001 ? 500 : 0;
            const atNs = Math.max(i * 10 - late, 0);
            const depth = Math.floor(random() * highest);
            const isMerged = areMerged && random() < 0.5;
            const [low, high] = isMerged ? [Math.max(depth - 3, 0), depth + 5] : [1, 0];
            series.add(atNs, depth, low, high);
            plain.push({ atNs, depth, low, high });
            if (random() < 0.002) pool.trim();
          }
          pool.trim();
          pool.trim();
          assert.ok(pool.bytes < 100_000, `${pool.bytes} bytes are left`);
          plain.sort((a, b) => a.atNs - b.atNs);
          for (const [i, row] of plain.entries()) {
            const { atNs, depth, low, high } = series;
            const got = { atNs: atNs.at(i), depth: depth.at(i), low: low.at(i), high: high.at(i) };
            assert.deepEqual(got, row);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('a session that is larger than its memory', () => {
  const limits = {
    memoryBytes: 400_000,
    executions: 1e9,
    others: 1e9,
    lanes: 10,
    entities: 10,
    notes: 10,
  };

  function fill(store: TraceStore, from: number, to: number): void {
    const lane = store.lane(store.thread(1, { process: 1n, thread: 1n }), 's');
    assert.ok(lane !== null);
    for (let i = from; i < to; i++) {
      store.addExecution(lane, { startNs: i * 10, durationNs: 5, first: i, second: 4, waited: 0 });
      if (i % 1000 === 0) store.trim();
    }
  }

  it('stays within its bound, and every row can be read', () => {
    const store = new TraceStore(limits, new MemoryPages());
    fill(store, 0, 100_000);
    assert.ok(store.pool.bytes < 600_000, `${store.pool.bytes} bytes`);
    const lane = store.stages[0]?.lanes[0];
    assert.equal(lane?.executions.length, 100_000);
    assert.equal(lane.executions.first.at(1234), 1234);
    assert.deepEqual([...store.notes], []);
  });

  it('says so when the disk is full, goes on counting, and draws no hole', () => {
    const pages = new MemoryPages();
    const store = new TraceStore(limits, pages);
    fill(store, 0, 40_000);
    pages.failure = 'ENOSPC: no space left on device';
    fill(store, 40_000, 100_000);
    const lane = store.stages[0]?.lanes[0];
    assert.equal(store.receivedExecutions, 100_000);
    store.countAll();
    assert.equal(store.stages[0]?.received.executions, 100_000);
    const kept = lane?.executions.length ?? 0;
    assert.ok(kept >= 40_000 && kept < 100_000, `${kept} rows`);
    assert.equal(store.fullAtNs, kept * 10);
    assert.ok([...store.notes].some((note) => note.includes('no space left on device')));
    assert.equal(lane?.executions.first.at(10), 10);
  });
});
