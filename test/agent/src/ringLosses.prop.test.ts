import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { EventWriter, type Lane } from '../../../agent/src/eventWriter.js';
import { LossBook, bookRest, bookRingLoss } from '../../../agent/src/drain/losses.js';
import { RecordTally } from '../../../agent/src/drain/tally.js';
import { Threads, type ThreadRing } from '../../../agent/src/drain/threads.js';
import { Totals } from '../../../agent/src/drain/totals.js';
import { LaneTotalsPool } from '../../../agent/src/laneTotals.js';
import { Ref } from '../../../agent/src/names.js';
import { createRing, plainHeader, RingReader, RingWriter } from '../../../agent/src/ring.js';
import { eventHeaderHi } from '../../../agent/wire/eventWords.js';
import type { StageSummary } from '../../../agent/wire/manifest.js';

const STAGES = ['a', 'b', 'c'];

interface Sums {
  executions: number;
  items: number;
  errors: number;
  busyNs: number;
}

const none = (): Sums => ({ executions: 0, items: 0, errors: 0, busyNs: 0 });

/** Some executions of a stage, and whether the drain comes by behind them; it may look first and read later. */
const step = fc.record({
  stage: fc.nat({ max: STAGES.length - 1 }),
  count: fc.nat({ max: 900 }),
  durationNs: fc.nat({ max: 1e6 }),
  items: fc.oneof(fc.constant(1), fc.nat({ max: 5 })),
  failed: fc.boolean(),
  isPlain: fc.boolean(),
  drain: fc.constantFrom('no', 'read', 'look', 'readLate'),
});

/** One thread's recording and its drain, without sockets. */
class Bench {
  readonly made = new Map(STAGES.map((stage) => [stage, none()]));
  readonly told = new Map(STAGES.map((stage) => [stage, none()]));
  readonly lost = new Map<string | null, number>();
  readonly received = new Map(STAGES.map((stage) => [stage, 0]));
  readonly #totals = new Totals();
  readonly #book = new LossBook();
  readonly #tally = new RecordTally(this.#totals, this.#book);
  readonly #events: EventWriter;
  readonly #ring: ThreadRing;
  readonly #lanes: readonly Lane[];
  readonly #view = new DataView(new ArrayBuffer(RingReader.maxReadBytes));
  #head = 0;

  constructor() {
    const buffer = createRing(16 * 1024);
    this.#events = new EventWriter(new RingWriter(buffer));
    const threads = new Threads();
    threads.addRing(1, buffer, 0);
    const ring = threads.ringOf(1);
    assert.ok(ring !== undefined);
    this.#ring = ring;
    const pool = new LaneTotalsPool();
    this.#lanes = STAGES.map((stage, i) => {
      const { totals, memory, at } = pool.take();
      ring.lanes.addLane(i + 1, this.#totals.of(stage, null), memory, at);
      const ids = { recording: 1, number: i + 1, ref: i + 1, pid: 1, koidLo: 0, koidHi: 0 };
      return { ...ids, totals, cancelled: 0, hasAsyncSpan: false };
    });
  }

  make(s: {
    stage: number;
    count: number;
    durationNs: number;
    items: number;
    failed: boolean;
    isPlain: boolean;
  }): void {
    const lane = this.#lanes[s.stage];
    const sums = this.made.get(STAGES[s.stage] ?? '');
    assert.ok(lane !== undefined && sums !== undefined);
    const row = { plain: plainHeader(lane.ref, 100), totals: lane.totals };
    const detail = { item: undefined, items: s.items, failed: s.failed };
    for (let i = 0; i < s.count; i++) {
      if (s.isPlain) this.#events.ring.execution(row, i, s.durationNs);
      else this.#events.execution(lane, eventHeaderHi(Ref.stage, 100), i, i + s.durationNs, detail);
    }
    sums.executions += s.count;
    sums.items += s.count * (s.isPlain ? 1 : s.items);
    sums.errors += s.failed && !s.isPlain ? s.count : 0;
    sums.busyNs += s.count * s.durationNs;
  }

  look(isLast: boolean): void {
    this.#head = this.#ring.reader.headAfter(() => {
      this.#ring.lanes.look(isLast);
    });
  }

  read(): void {
    const { reader, lanes } = this.#ring;
    for (;;) {
      const bytes = reader.read(this.#head, this.#view, 0);
      if (bytes === 0) break;
      this.#tally.walk({ view: this.#view, from: 0, to: bytes }, lanes, undefined);
    }
    bookRingLoss(this.#book, this.#ring, reader.takeLoss(), { fromNs: 0, toNs: 1 });
    this.#tell();
  }

  end(): void {
    for (let round = 0; round < 3; round++) {
      this.look(true);
      this.read();
    }
    bookRest(this.#book, this.#ring);
    this.#tell();
  }

  #tell(): void {
    for (const line of this.#totals.take(0, 1)) this.#add(line);
    for (const { where, stage, records, executions } of this.#book.take()) {
      assert.equal(where, 'ring');
      assert.equal(records, executions);
      this.lost.set(stage, (this.lost.get(stage) ?? 0) + (executions ?? 0));
    }
    for (const [stage, { executions }] of this.made) {
      const known = this.known(stage);
      assert.ok(known <= executions, `${stage}: ${known} of ${executions}`);
    }
  }

  /** Read and lost executions of a stage. */
  known(stage: string): number {
    return (this.received.get(stage) ?? 0) + (this.lost.get(stage) ?? 0);
  }

  #add(line: StageSummary): void {
    const sums = this.told.get(line.stage);
    assert.ok(sums !== undefined);
    for (const key of ['executions', 'items', 'errors', 'busyNs'] as const) sums[key] += line[key];
    assert.ok(line.items >= 0 && line.errors >= 0 && line.busyNs >= 0);
    const covered = line.covered ?? line.executions;
    this.received.set(line.stage, (this.received.get(line.stage) ?? 0) + covered);
  }
}

it('each stage’s executions are read or booked as lost, and its totals are of all', () => {
  let lost = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const bench = new Bench();
      for (const s of steps) {
        bench.make(s);
        if (s.drain === 'read' || s.drain === 'look') bench.look(false);
        if (s.drain === 'read' || s.drain === 'readLate') bench.read();
      }
      bench.end();
      assert.deepEqual(bench.told, bench.made);
      assert.equal(bench.lost.get(null) ?? 0, 0);
      for (const stage of STAGES) {
        assert.equal(bench.known(stage), bench.made.get(stage)?.executions);
        lost += bench.lost.get(stage) ?? 0;
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(lost > 0, 'nothing was lost: the test proves nothing');
});
