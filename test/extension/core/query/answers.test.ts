import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ItemVisit, Query, QueryReply } from '../../../../extension/core/panel/query.js';
import type { SessionModel } from '../../../../extension/core/sessionModel.js';
import {
  check,
  drawingBytes,
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';
import { ask, makeSession, rangeIn, smallModel } from './randomSession.js';

const MS = 1e6;

const drawing = `
  read source x1           | aabbCC>>dd
  queue files read>work 2  | 0011222211
  work cpu x1              | --aaabbbcc
`;

function rowNamed(model: SessionModel, name: string): number {
  const row = model
    .snapshot()
    .rows.find((r) => (r.kind === 'stage' ? r.stage : r.kind === 'queue' ? r.queue : '') === name);
  return row?.id ?? -1;
}

/** A visit in steps of a millisecond: `stage from-to`, what it waited, what was special. */
function brief(visit: ItemVisit): string {
  const { stage, startNs, durationNs, waitedNs, queue, failed, items } = visit;
  const waited = waitedNs === null ? '' : ` after ${waitedNs / MS}`;
  return [
    `${stage} ${startNs / MS}-${(startNs + durationNs) / MS}${waited}`,
    ...(queue === null ? [] : [`in ${queue}`]),
    ...(failed ? ['failed'] : []),
    ...(items > 1 ? [`of ${items}`] : []),
  ].join(', ');
}

function pathAt(model: SessionModel, letter: string, atMs = 0): readonly string[] {
  const item = letter.charCodeAt(0);
  const { path } = ask(model, { kind: 'itemPath', seq: 1, item, atNs: atMs * MS });
  return path?.visits.map(brief) ?? [];
}

describe('figures of a range', () => {
  it('read like this', () => {
    const model = check(drawing, {});
    const [read, work] = [rowNamed(model, 'read'), rowNamed(model, 'work')];
    const range = { fromNs: 2 * MS, toNs: 8 * MS };
    const reply = ask(model, { kind: 'stats', seq: 4, ...range, row: work });
    const serviceNs = (ms: number): object => ({
      mean: ms * MS,
      // A bucket's highest value, but not above the longest.
      p50: ms * MS,
      p95: ms * MS,
      p99: ms * MS,
      max: ms * MS,
    });
    // `b` and `C` of read ended in it, and `a`, which ended as it began; of work `a`.
    assert.deepEqual(reply.stages, [
      {
        row: read,
        executions: 3,
        items: 3,
        errors: 1,
        ratePerSec: 500,
        serviceNs: serviceNs(2),
        shares: { busy: 4 / 6, starved: 0, blocked: 2 / 6, limited: 0, idle: 0 },
      },
      {
        row: work,
        executions: 1,
        items: 1,
        errors: 0,
        ratePerSec: 1 / 0.006,
        serviceNs: serviceNs(3),
        shares: { busy: 1, starved: 0, blocked: 0, limited: 0, idle: 0 },
      },
    ]);
    assert.deepEqual(reply.queues, [
      {
        row: rowNamed(model, 'files'),
        meanDepth: (2 * 1 + 4 * 2) / 6,
        maxDepth: 2,
        fullShare: 4 / 6,
        emptyShare: 0,
        knownShare: 1,
      },
    ]);
    assert.deepEqual(reply.pipelines, [
      {
        name: 'drawn',
        throughputPerSec: 1 / 0.006,
        latencyNs: { p50: 5 * MS, p95: 5 * MS, p99: 5 * MS },
      },
    ]);
    const latencyFrom = (fromNs: number, toNs: number): number | undefined =>
      ask(model, { kind: 'stats', seq: 5, fromNs, toNs, row: null }).pipelines[0]?.latencyNs?.p50;
    // `a` left after 5 ms, `b` after 8, having taken 6.
    assert.equal(latencyFrom(5 * MS, 8 * MS), 5 * MS);
    assert.equal(latencyFrom(5 * MS + 1, 8 * MS), undefined);
    assert.equal(latencyFrom(5 * MS + 1, 8 * MS + 1), 6 * MS);
    assert.deepEqual(reply.histogram, {
      row: work,
      edgesNs: [3_000_000, 3_000_001],
      counts: [1],
      beyond: 0,
    });
  });

  it('are about the time in which the pipeline ran, and know how much of a queue is known', () => {
    const model = check(
      `work cpu x1       | --aaaa----bb
       queue q >work 3   | ----11110000`,
      {},
    );
    // Its first execution begins with step 2, its queue with step 4.
    const [, toNs] = model.snapshot().extentNs;
    const { stages, queues } = ask(model, { kind: 'stats', seq: 1, fromNs: -1e9, toNs, row: null });
    assert.equal(stages[0]?.ratePerSec, 2 / 0.01);
    assert.equal(queues[0]?.knownShare, 0.8);
    assert.equal(queues[0].meanDepth, 0.5);
    const nothing = ask(model, { kind: 'stats', seq: 1, fromNs: -2e9, toNs: -1e9, row: null });
    const { executions, serviceNs, ratePerSec, shares } = nothing.stages[0] ?? {};
    assert.deepEqual([executions, serviceNs, ratePerSec], [0, null, 0]);
    assert.equal(shares?.idle, 1);
  });

  it('know of lost executions where they are about all of the session', () => {
    const model = check(
      drawing,
      {},
      {
        extra: [
          {
            kind: 'loss',
            where: 'socket',
            stage: 'work',
            pipeline: 'drawn',
            fromNs: drawingStartNs,
            toNs: drawingStartNs + 5 * MS,
            records: 2,
            executions: 2,
          },
        ],
      },
    );
    const { extentNs, report } = model.snapshot();
    const [fromNs, toNs] = extentNs;
    const whole = ask(model, { kind: 'stats', seq: 1, fromNs, toNs, row: null });
    assert.equal(report.pipelines[0]?.stages[1]?.executions, 5);
    assert.equal(whole.stages[1]?.executions, 5);
    const part = ask(model, { kind: 'stats', seq: 1, fromNs: fromNs + 1, toNs, row: null });
    assert.equal(part.stages[1]?.executions, 3);
  });
});

describe('the way of an item', () => {
  it('goes from stage to stage, waiting in between', () => {
    const model = check(drawing, {});
    assert.deepEqual(pathAt(model, 'a'), ['read 0-2', 'work 2-5 after 0, in files']);
    assert.deepEqual(pathAt(model, 'b'), ['read 2-4', 'work 5-8 after 1, in files']);
    // The read failed; what its letter says is the same item.
    assert.deepEqual(pathAt(model, 'c'), ['read 4-6, failed', 'work 8-10 after 2, in files']);
    assert.deepEqual(pathAt(model, 'd'), ['read 8-10']);
    assert.deepEqual(pathAt(model, 'z'), []);
  });

  it('begins again when its number does, and the way nearest to the moment is told', () => {
    const model = check(
      `read source x1 | aa----aa----aa
       work cpu x1    | --aa----aa----`,
      {},
    );
    assert.deepEqual(pathAt(model, 'a', 0), ['read 0-2', 'work 2-4 after 0']);
    assert.deepEqual(pathAt(model, 'a', 6.5), ['read 6-8', 'work 8-10 after 0']);
    assert.deepEqual(pathAt(model, 'a', 100), ['read 12-14']);
    const { path } = ask(model, { kind: 'itemPath', seq: 1, item: 97, atNs: 0 });
    assert.equal(path?.journeys, 3);
  });

  it('counts another attempt as a stop more, if the one before failed', () => {
    const model = check(
      `read source x1 | aa------------
       work cpu x2    | --AA--AA--aa--
       work cpu x2    | -------------a`,
      {},
    );
    assert.deepEqual(pathAt(model, 'a'), [
      'read 0-2',
      'work 2-4 after 0, failed',
      'work 6-8 after 2, failed',
      'work 10-12 after 2',
    ]);
    assert.deepEqual(pathAt(model, 'a', 13.5), ['work 13-14']);
  });

  it('tells since when it waited where its arrival was recorded, and nothing of stages within stages', () => {
    const model = check(
      `outer io x1  | aaaaaaaa--
       inner cpu x1 | --aa------
       write io x1  | ---------a`,
      {},
      { waitUs: { outer: 3000 } },
    );
    const [outer, inner, write] = pathAt(model, 'a');
    assert.equal(outer, 'outer 0-8 after 3');
    assert.equal(inner, 'inner 2-4');
    assert.match(write ?? '', /^write 9-10 after/);
  });

  it('leads through the batches that it was in', () => {
    const trace = new TraceText();
    trace.declare(processDeclaration(), { kind: 'pipeline', name: 'p' });
    for (const [i, stage] of ['decode', 'infer'].entries()) {
      trace.declare(stageDeclaration(stage, { pipeline: 'p' }));
      trace.declare({ kind: 'lane', lane: i + 1, stage, pipeline: 'p', thread: 'main', slot: 0 });
    }
    const at = (ms: number): number => drawingStartNs + ms * MS;
    for (let item = 0; item < 8; item++) {
      const times = { startNs: at(item), endNs: at(item + 1) };
      trace.interval(1, { category: 'stage', name: 'decode', ...times, item });
    }
    for (const item of [0, 4, 20]) {
      const times = { startNs: at(item + 4), endNs: at(item + 6) };
      trace.interval(2, { category: 'stage', name: 'infer', ...times, item, items: 4 });
    }
    const model = modelOf(trace.take());
    const path = (item: number): readonly string[] =>
      ask(model, { kind: 'itemPath', seq: 1, item, atNs: 0 }).path?.visits.map(brief) ?? [];
    assert.deepEqual(path(2), ['decode 2-3', 'infer 4-6 after 1, of 4']);
    assert.deepEqual(path(4), ['decode 4-5', 'infer 8-10 after 3, of 4']);
    assert.deepEqual(path(8), []);
    assert.deepEqual(path(23), ['infer 24-26, of 4']);
  });

  it('finds the batch also where it is the last one of a block of rows', () => {
    const trace = new TraceText();
    trace.declare(processDeclaration(), stageDeclaration('infer'));
    trace.declare({
      kind: 'lane',
      lane: 1,
      stage: 'infer',
      pipeline: null,
      thread: 'main',
      slot: 0,
    });
    for (let i = 0; i < 5000; i++) {
      const times = { startNs: drawingStartNs + 10 * i, endNs: drawingStartNs + 10 * i + 9 };
      trace.interval(1, { category: 'stage', name: 'infer', ...times, item: 4 * i, items: 4 });
    }
    const model = modelOf(trace.take(), 1 << 20);
    for (const item of [0, 3, 4 * 4096 - 1, 4 * 4096, 19_999]) {
      const { path } = ask(model, { kind: 'itemPath', seq: 1, item, atNs: 0 });
      assert.equal(path?.visits[0]?.startNs, 10 * Math.floor(item / 4), `item ${item}`);
      const { total } = ask(model, { kind: 'search', seq: 1, text: `#${item}` });
      assert.equal(total, 1);
    }
    assert.equal(ask(model, { kind: 'itemPath', seq: 1, item: 20_000, atNs: 0 }).path, null);
  });
});

describe('a question that has no answer', () => {
  const model = modelOf(drawingBytes(drawing));
  const range = { fromNs: 0, toNs: 1e9 };
  const lane = ((): number => {
    const [row] = model.snapshot().rows;
    return row?.kind === 'stage' ? (row.lanes[0]?.id ?? -1) : -1;
  })();

  it('gets an empty one, whatever is wrong with the row', () => {
    for (const row of [4711, lane, rowNamed(model, 'files')]) {
      const list = { order: 'start' as const, descending: false, offset: 0, limit: 5 };
      const executions = ask(model, { kind: 'executions', seq: 1, ...range, row, ...list });
      assert.deepEqual([executions.total, executions.executions], [0, []]);
      assert.equal(ask(model, { kind: 'stats', seq: 1, ...range, row }).histogram, null);
      assert.deepEqual(ask(model, { kind: 'flame', seq: 1, ...range, row }).functions, []);
      if (row !== lane)
        assert.equal(ask(model, { kind: 'itemAt', seq: 1, row, atNs: 1 }).path, null);
    }
    assert.equal(ask(model, { kind: 'itemAt', seq: 1, row: lane, atNs: 1e12 }).path, null);
    const unfollowed = modelOf(drawingBytes(drawing, { withoutItems: true }));
    const [row] = unfollowed.snapshot().rows;
    const other = row?.kind === 'stage' ? (row.lanes[0]?.id ?? -1) : -1;
    assert.equal(ask(unfollowed, { kind: 'itemAt', seq: 1, row: other, atNs: 1 }).path, null);
    const stats = ask(unfollowed, { kind: 'stats', seq: 1, ...range, row: null });
    assert.equal(stats.pipelines[0]?.latencyNs, null);
  });

  it('gets one in a session in which nothing has happened yet, or time runs backwards', () => {
    const questions: readonly Query[] = [
      { kind: 'stats', seq: 1, fromNs: 9, toNs: 3, row: null },
      { kind: 'itemPath', seq: 1, item: 5, atNs: 0 },
      { kind: 'itemAt', seq: 1, row: 0, atNs: 0 },
      { kind: 'search', seq: 1, text: 'read >5ms #3 failed' },
      { kind: 'flame', seq: 1, fromNs: 9, toNs: 3, row: null },
      {
        kind: 'executions',
        seq: 1,
        fromNs: 9,
        toNs: 3,
        row: null,
        order: 'duration',
        descending: true,
        offset: 3,
        limit: 5,
      },
    ];
    for (const question of questions) {
      for (const asked of [smallModel().model, model]) {
        const reply: QueryReply = ask(asked, question);
        assert.equal(reply.seq, 1);
      }
    }
  });
});

describe('a question to a session that goes on', () => {
  it('is answered though records arrive, and rows leave, between any two steps', () => {
    const session = makeSession({
      seed: 11,
      processes: 2,
      stages: 3,
      lanes: 2,
      rows: 4500,
      items: 'reused',
      areBatched: true,
      doOverlap: true,
      isOverrun: true,
      gapNs: 50,
    });
    const range = { ...rangeIn(session, [0, 1]), row: null };
    const questions: readonly Query[] = [
      { kind: 'stats', seq: 1, ...range },
      { kind: 'itemPath', seq: 1, item: 5, atNs: 0 },
      { kind: 'search', seq: 1, text: '>100ns' },
      {
        kind: 'executions',
        seq: 1,
        ...range,
        order: 'duration',
        descending: true,
        offset: 0,
        limit: 9,
      },
    ];
    for (const question of questions) {
      const { model, reader } = smallModel();
      model.setState('live');
      let fed = Math.floor(session.bytes.length / 3);
      reader.push(session.bytes.subarray(0, fed));
      const job = model.queryJob(question);
      while (job.step()) {
        reader.push(session.bytes.subarray(fed, (fed += 40_000)));
        model.trim();
      }
      assert.equal(job.finish().seq, 1);
      reader.push(session.bytes.subarray(fed));
      model.setState('ended');
      // Nothing that it remembers for the next answer has become wrong.
      const fresh = smallModel();
      fresh.model.setState('ended');
      fresh.reader.push(session.bytes);
      const { stages, queues } = ask(model, { kind: 'stats', seq: 2, ...range });
      const expected = ask(fresh.model, { kind: 'stats', seq: 2, ...range });
      assert.deepEqual(
        stages.map((s) => [s.executions, s.serviceNs]),
        expected.stages.map((s) => [s.executions, s.serviceNs]),
      );
      for (const [i, queue] of queues.entries()) {
        assert.ok(Math.abs(queue.meanDepth - (expected.queues[i]?.meanDepth ?? NaN)) < 1e-9);
      }
    }
  });
});
