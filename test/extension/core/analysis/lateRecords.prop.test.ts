import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import { SessionModel } from '../../../../extension/core/sessionModel.js';
import {
  drawingStartNs,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

/** One record at a whole second: longer apart than the time after which a fold takes records as settled. */
type AnyRecord =
  | {
      readonly kind: 'run' | 'wait';
      readonly lane: number;
      readonly from: number;
      readonly length: number;
    }
  | { readonly kind: 'depth'; readonly from: number; readonly depth: number; readonly low: number };

const second = fc.integer({ min: 0, max: 30 });
const anyRecord: fc.Arbitrary<AnyRecord> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('run' as const, 'run' as const, 'wait' as const),
    lane: fc.integer({ min: 1, max: 3 }),
    from: second,
    length: fc.integer({ min: 0, max: 6 }),
  }),
  fc.record({
    kind: fc.constant('depth' as const),
    from: second,
    depth: fc.integer({ min: 0, max: 4 }),
    low: fc.integer({ min: 0, max: 9 }),
  }),
);

function declared(): TraceText {
  const trace = new TraceText();
  trace.declare(processDeclaration(), { kind: 'pipeline', name: 'p' });
  for (const [lane, stage] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'b'],
  ] as const) {
    trace.declare(stageDeclaration(stage, { pipeline: 'p', parallelism: 1 }));
    trace.declare({ kind: 'lane', lane, stage, pipeline: 'p', thread: 't', slot: lane });
  }
  const link = { from: 'a', to: 'b', pipeline: 'p', via: 'api', source: null };
  return trace.declare({ kind: 'queue', id: 1, name: 'q', capacity: 3, ...link });
}

function write(trace: TraceText, record: AnyRecord): void {
  const startNs = drawingStartNs + record.from * 1e9;
  if (record.kind === 'depth') {
    const { depth, low } = record;
    const values = low <= depth ? { depth, low, high: depth + 1 } : { depth };
    trace.counter('queue', { name: 'q', id: 1, atNs: startNs, values });
    return;
  }
  const endNs = startNs + record.length * 1e9;
  const isRun = record.kind === 'run';
  const name = isRun ? (record.lane === 1 ? 'a' : 'b') : 'limit';
  trace.interval(record.lane, {
    category: isRun ? 'stage' : 'wait',
    name,
    startNs,
    endNs,
    ...(isRun ? { item: record.from } : {}),
  });
}

function snapshotOf(model: SessionModel): unknown {
  const { report, rows, throughput, extentNs } = model.snapshot();
  const ids = rows.flatMap((row) =>
    row.kind === 'stage' ? row.lanes.map((lane) => lane.id) : [row.id],
  );
  const [fromNs, toNs] = extentNs;
  const view = model.view({ seq: 1, fromNs, toNs, widthPx: 37, rows: ids });
  const answers = { report: { ...report, capture: null }, rows, throughput, view: view.sections };
  return JSON.parse(
    JSON.stringify(answers, (_key, value: unknown) =>
      // Sums of doubles in another order differ in their last bits.
      typeof value === 'number' ? Number(value.toPrecision(9)) + 0 : value,
    ),
  );
}

describe('records in any order', () => {
  it('give the same answers whether somebody asked in between or not', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 60 }), (records) => {
        const trace = declared();
        const [asked, silent] = [0, 1].map(() => new SessionModel({ title: 't' }));
        assert.ok(asked !== undefined && silent !== undefined);
        const readers = [asked, silent].map((model) => new FxtReader(model.sink));
        for (const model of [asked, silent]) model.setState('live');
        for (const record of records) {
          write(trace, record);
          const bytes = trace.take();
          for (const reader of readers) reader.push(bytes);
          snapshotOf(asked);
        }
        for (const model of [asked, silent]) model.setState('capture');
        // Latency pairs repeated items in the order of arrival, which is another order when it is read at once.
        assert.deepEqual(withoutLatency(snapshotOf(asked)), withoutLatency(snapshotOf(silent)));
      }),
      {
        numRuns: 150,
        examples: [
          // The session ends before what was read of it: what lanes ran beyond their number must not stay.
          [
            [
              { kind: 'wait', lane: 3, from: 0, length: 1 },
              { kind: 'wait', lane: 2, from: 0, length: 1 },
              { kind: 'run', lane: 1, from: 0, length: 0 },
              { kind: 'depth', from: 2, depth: 0, low: 0 },
            ],
          ],
        ],
      },
    );
  });

  it('give the same depths as in the order of time', () => {
    const depths = fc.uniqueArray(
      fc.record({
        kind: fc.constant('depth' as const),
        from: fc.integer({ min: 1, max: 30 }),
        depth: fc.integer({ min: 0, max: 4 }),
        low: fc.integer({ min: 0, max: 9 }),
      }),
      // Of two records of one moment the later one holds.
      { minLength: 2, maxLength: 30, selector: ({ from }) => from },
    );
    fc.assert(
      fc.property(depths, (records) => {
        const orders = [records, records.toSorted((a, b) => a.from - b.from)];
        const [shuffled, sorted] = orders.map((order) => {
          const trace = declared();
          // The first record is the session's anchor.
          const first = { kind: 'depth', from: 0, depth: 0, low: 9 } as const;
          for (const record of [first, ...order]) write(trace, record);
          const model = new SessionModel({ title: 't' });
          model.setState('capture');
          new FxtReader(model.sink).push(trace.take());
          return snapshotOf(model);
        });
        assert.deepEqual(shuffled, sorted);
      }),
      { numRuns: 150 },
    );
  });
});

function withoutLatency(answers: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answers, (key, value: unknown) => (key === 'latencyNs' ? null : value)),
  );
}
