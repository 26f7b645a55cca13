import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DurationHistogram, StatsReply } from '../../../../extension/core/panel/query.js';
import { drawingBytes, modelOf } from '../../../support/pipelineText.js';
import { anyDrawing, slowShares, STEPS, textOf, windowOf } from '../randomDrawing.js';
import {
  anySession,
  ask,
  keyOf,
  makeSession,
  modelOfSession,
  placesOf,
  rangeIn,
  twoShares,
  type PlainExecution,
  type RandomSession,
} from './randomSession.js';
import {
  histogramOf,
  slowLatencies,
  slowPart,
  slowQueue,
  slowStage,
  type Range,
} from './slowStats.js';

const STEP_NS = 1e6;

/** Numbers to 1e-9 of the larger one, everything else as it is. */
function assertClose(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === 'number' && typeof actual === 'number') {
    const tolerance = 1e-9 * Math.max(1, Math.abs(expected));
    assert.ok(Math.abs(actual - expected) <= tolerance, `${path}: ${actual}, not ${expected}`);
  } else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path}: ${String(actual)}`);
    for (const [key, value] of Object.entries(expected)) {
      assertClose(Reflect.get(actual, key), value, `${path}.${key}`);
    }
  } else assert.deepEqual(actual, expected, path);
}

/** The executions of each stage row. */
function byRow(
  session: RandomSession,
  rowOf: (one: PlainExecution) => number,
): ReadonlyMap<number, readonly PlainExecution[]> {
  const rows = new Map<number, PlainExecution[]>();
  for (const one of session.executions) {
    const same = rows.get(rowOf(one));
    if (same === undefined) rows.set(rowOf(one), [one]);
    else same.push(one);
  }
  return rows;
}

function checkHistogram(histogram: DurationHistogram | null, durations: readonly number[]): void {
  if (durations.length === 0) {
    assert.equal(histogram, null);
    return;
  }
  assert.ok(histogram !== null);
  const { edgesNs, counts, beyond } = histogram;
  const last = edgesNs.at(-1) ?? NaN;
  assert.ok(edgesNs.length >= 2 && edgesNs.length <= 61, `${edgesNs.length} edges`);
  const width = (edgesNs[1] ?? NaN) - (edgesNs[0] ?? NaN);
  assert.match(String(width), /^[125]0*$/);
  for (const [i, count] of counts.entries()) {
    const [low = NaN, high = NaN] = [edgesNs[i], edgesNs[i + 1]];
    assert.equal(low % width, 0);
    const isIn = (ns: number): boolean =>
      ns >= low && (ns < high || (ns === high && high === last));
    assert.equal(count, durations.filter(isIn).length, `bin ${i}`);
  }
  assert.equal(beyond, durations.filter((ns) => ns > last).length);
  assert.ok(beyond <= 0.005 * durations.length, `${beyond} of ${durations.length}`);
}

function checkLatencies(
  reply: StatsReply,
  session: RandomSession,
  { stages, range }: { readonly stages: number; readonly range: Range },
): void {
  const times = histogramOf(slowLatencies(session, stages, range));
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((p) => times.quantile(p));
  assert.deepEqual(reply.pipelines[0]?.latencyNs, times.weight === 0 ? null : { p50, p95, p99 });
}

/** By depth, and where both were empty by how much is known of them: of one that nobody filled yet, nothing is. */
function byDepth(
  a: { readonly meanDepth: number; readonly knownShare: number },
  b: { readonly meanDepth: number; readonly knownShare: number },
): number {
  return a.meanDepth - b.meanDepth || a.knownShare - b.knownShare;
}

describe('figures of a range', () => {
  it('of stages are those of a plain count of all that ended in it, moment by moment', () => {
    fc.assert(
      fc.property(anySession, twoShares, (options, shares) => {
        const session = makeSession(options);
        const model = modelOfSession(session);
        const places = placesOf(model);
        const rowOf = (one: PlainExecution): number => places.get(keyOf(one))?.stageRow ?? -1;
        const rows = byRow(session, rowOf);
        const range = rangeIn(session, shares);
        const [row = -1] = rows.keys();
        const reply = ask(model, { kind: 'stats', seq: 8, ...range, row });
        assert.deepEqual(
          reply.stages.map((stage) => stage.row).sort((a, b) => a - b),
          [...rows.keys()].sort((a, b) => a - b),
        );
        for (const stage of reply.stages) {
          const slow = slowStage(session, rows.get(stage.row) ?? [], range);
          // Rates are of each process by itself and then added up: the same, to rounding.
          assertClose(stage, slow, `row ${stage.row}`);
          const { busy, starved, blocked, limited, idle } = stage.shares;
          assertClose(busy + starved + blocked + limited + idle, 1, 'all states');
        }
        const part = slowPart(session, range);
        const ended = (rows.get(row) ?? []).filter((e) => part.holds(e.startNs + e.durationNs));
        checkHistogram(
          reply.histogram,
          ended.map((e) => e.durationNs),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('of pipelines are the times of the items that left in it', () => {
    fc.assert(
      fc.property(anySession, twoShares, (raw, shares) => {
        const options = { ...raw, processes: 1, items: 'own', doOverlap: false } as const;
        const session = makeSession(options);
        const range = rangeIn(session, shares);
        const model = modelOfSession(session);
        const reply = ask(model, { kind: 'stats', seq: 1, ...range, row: null });
        checkLatencies(reply, session, { stages: options.stages, range });
      }),
      { numRuns: 40 },
    );
  });

  it('of stages whose lanes wait, and come and go, add up step by step', () => {
    const steps = fc.tuple(fc.nat(STEPS), fc.nat(STEPS));
    fc.assert(
      fc.property(anyDrawing, steps, (drawing, [a, b]) => {
        const window = windowOf(drawing);
        fc.pre(window !== null && a !== b);
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const model = modelOf(drawingBytes(textOf(drawing)));
        const [step0] = model.snapshot().extentNs;
        const [fromNs, toNs] = [step0 + from * STEP_NS, step0 + to * STEP_NS];
        const { stages } = ask(model, { kind: 'stats', seq: 1, fromNs, toNs, row: null });
        const first = Math.max(from, window[0]);
        const part = [first, Math.max(Math.min(to, window[1]), first)] as const;
        for (const [i, which] of (['source', 'work'] as const).entries()) {
          assertClose(stages[i]?.shares, slowShares(drawing, which, part), which);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('of queues are those of a plain walk through their records', () => {
    fc.assert(
      fc.property(anySession, twoShares, (options, shares) => {
        const session = makeSession({ ...options, stages: 2, doOverlap: false, lanes: 1 });
        const model = modelOfSession(session);
        const range = rangeIn(session, shares);
        const pids = [...new Set(session.depths.map(({ pid }) => pid))];
        const slow = pids.map((pid) =>
          slowQueue(
            session,
            session.depths.filter((d) => d.pid === pid),
            range,
          ),
        );
        // Sums of blocks are kept: the second answer is made of those of the first.
        for (const seq of [1, 2]) {
          const { queues } = ask(model, { kind: 'stats', seq, ...range, row: null });
          if (pids.length < 4) {
            // Which of the two is whose, a row does not tell.
            const sorted = [...queues].sort(byDepth);
            slow.sort(byDepth);
            for (const [i, queue] of sorted.entries()) assertClose(queue, slow[i], `queue ${i}`);
            assert.equal(queues.length, pids.length);
            continue;
          }
          const [joined, ...others] = queues;
          assert.deepEqual(others, []);
          const mean = (of: (queue: (typeof slow)[number]) => number): number =>
            slow.reduce((sum, queue) => sum + of(queue), 0) / slow.length;
          assertClose(
            joined?.meanDepth,
            mean((q) => q.meanDepth),
            'mean depth',
          );
          assertClose(
            joined?.emptyShare,
            mean((q) => q.emptyShare),
            'empty',
          );
          assertClose(
            joined?.knownShare,
            mean((q) => q.knownShare),
            'known',
          );
          assert.equal(joined?.maxDepth, Math.max(...slow.map((q) => q.maxDepth)));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('of the whole session are those of the report', () => {
    fc.assert(
      fc.property(anySession, fc.nat(5), (options, beyond) => {
        const session = makeSession(options);
        const model = modelOfSession(session);
        const { extentNs, rows, report } = model.snapshot();
        const fromNs = extentNs[0] - beyond;
        const toNs = extentNs[1] + beyond;
        const reply = ask(model, { kind: 'stats', seq: 1, fromNs, toNs, row: null });
        const [pipeline] = report.pipelines;
        assert.ok(pipeline !== undefined);
        const { name, throughputPerSec, latencyNs } = pipeline;
        assertClose(reply.pipelines[0], { name, throughputPerSec, latencyNs }, 'pipeline');
        for (const row of rows) {
          if (row.kind === 'stage') {
            const figures = row.joined?.report ?? pipeline.stages.find((s) => s.name === row.stage);
            assert.ok(figures !== undefined);
            const { executions, items, errors, ratePerSec, serviceNs, shares } = figures;
            const stats = reply.stages.find((s) => s.row === row.id);
            const counts = { executions, items, errors, ratePerSec, serviceNs };
            assertClose(stats, counts, row.stage);
            // The header of joined stages weighs their shares by declared lanes, which is not all of their lane time here.
            const isWeighed = row.joined !== null && options.isOverrun && options.lanes > 1;
            if (!isWeighed) assertClose(stats?.shares, shares, row.stage);
          } else if (row.kind === 'queue' && options.processes === 1) {
            const queue = pipeline.queues.find((q) => q.name === row.queue);
            assert.ok(queue !== undefined);
            const { depth, fullShare, emptyShare } = queue;
            const expected = { meanDepth: depth.mean, maxDepth: depth.max, fullShare, emptyShare };
            assertClose(
              reply.queues.find((q) => q.row === row.id),
              expected,
              row.queue,
            );
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
