/** A session exported as a Chrome trace and imported again is the same session: the same report, the same rows, the same picture. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Declaration } from '../../../../agent/wire/manifest.js';
import { LogHistogram } from '../../../../extension/core/model/histogram.js';
import type { SessionModel } from '../../../../extension/core/sessionModel.js';
import { profileRecord, textProfile } from '../../../support/cpuProfileText.js';
import {
  assertClose,
  comparable,
  exported,
  exportedJson,
  modelOfFxt,
} from '../../../support/exported.js';
import { importBytes } from '../../../support/imported.js';
import {
  drawingBytes,
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';
import { anyDrawing, textOf } from '../randomDrawing.js';

/** All pixels of all rows, 200 wide. */
function picture(model: SessionModel): unknown {
  const { rows, extentNs } = model.snapshot();
  const ids = rows.flatMap((row) => {
    if (row.kind === 'stage') return row.lanes.map((lane) => lane.id);
    return row.kind === 'queue' ? [row.id] : row.gauges.map((gauge) => gauge.id);
  });
  const [fromNs, toNs] = extentNs;
  const view = model.view({ seq: 1, fromNs, toNs, widthPx: 200, rows: ids });
  return { names: view.names, bytes: Array.from(new Uint8Array(view.buffer)) };
}

/** Rows without their ids, which count in the order of arrival. */
function rowsOf(model: SessionModel): unknown {
  return JSON.parse(
    JSON.stringify(model.snapshot().rows, (key, value: unknown) => (key === 'id' ? 0 : value)),
  );
}

function checkRoundTrip(model: SessionModel, { withPicture = true } = {}): SessionModel {
  const text = exported(model, 'chrome');
  const { model: back, outcome } = importBytes(text, 1000, 'drawing');
  assert.deepEqual(outcome, { kind: 'read', format: 'chrome', problem: null, emptyReason: null });
  assertClose(comparable(back.report()), comparable(model.report()));
  assertClose(rowsOf(back), rowsOf(model));
  if (model.report().capture.executions > 0) assert.equal(back.snapshot().extentNs[0], 0);
  const { knobChanges, throughput } = model.snapshot();
  assertClose(back.snapshot().throughput, throughput);
  assert.deepEqual(
    back.snapshot().knobChanges.map(({ name, from, to }) => [name, from, to]),
    knobChanges.map(({ name, from, to }) => [name, from, to]),
  );
  // Pictures are the same to the pixel where times count from the same moment.
  const isAnchored = model.snapshot().extentNs[0] === 0;
  if (withPicture && isAnchored) assert.deepEqual(picture(back), picture(model));
  // And as a capture again, by the other way.
  const fxt = modelOfFxt(exported(model, 'fxt'));
  assertClose(comparable(fxt.report()), comparable(model.report()));
  return back;
}

const at = (ms: number): number => drawingStartNs + ms * 1e6;

const knob: Declaration = {
  kind: 'knob',
  id: 5,
  name: 'concurrency',
  knobKind: 'parallelism',
  pipeline: 'drawn',
  stage: 'work',
  queue: null,
  value: 1,
  min: 1,
  max: 16,
  live: true,
  remark: 'turn it slowly',
  via: 'api',
  source: { file: '/app/x.js', line: 3, column: 9 },
};

describe('a session as a Chrome trace and back', () => {
  it('is the same, whatever it is', () => {
    fc.assert(
      fc.property(anyDrawing, fc.boolean(), (drawing, hasWaits) => {
        const options = hasWaits ? { waitUs: { work: 1500 } } : {};
        checkRoundTrip(modelOf(drawingBytes(textOf(drawing), options)));
      }),
      { numRuns: 150 },
    );
  });

  it('keeps knobs, links, environment, cost, notes and what was not recorded', () => {
    const extra: Declaration[] = [
      {
        kind: 'environment',
        platform: 'linux',
        arch: 'x64',
        cpuModel: 'a cpu',
        cores: 8,
        memoryBytes: 2 ** 34,
        quotaCores: 1.5,
      },
      knob,
      { kind: 'knobChange', knob: 5, from: 1, to: 3, atNs: at(4), by: 'sluice' },
      { kind: 'knobChange', knob: 5, from: 3, to: 2, atNs: at(9), by: 'program' },
      {
        ...knob,
        kind: 'knob',
        id: 6,
        name: 'depth',
        knobKind: 'queueDepth',
        stage: null,
        queue: 'files',
      },
      { kind: 'knobChange', knob: 6, from: 2, to: 4, atNs: at(5), by: 'program' },
      { kind: 'link', pipeline: 'drawn', from: 'read', to: 'work', seen: 40, inside: 2 },
      {
        kind: 'cost',
        atNs: at(3),
        records: 100,
        recordNs: 180,
        drainCpuNs: 5e5,
        processCpuNs: 9e7,
      },
      { kind: 'note', code: 'x', message: 'p-queue 99 was left alone' },
      { kind: 'gap', fromNs: at(20), toNs: at(22) },
    ];
    const drawing = `
      read source x1           | aabbcc>>dd--eeff
      queue files read>work 2  | 0011222211112222
      work cpu x1              | --aaabbbbb--cccD
      work cpu x1              | ~~~~--eee---fff-`;
    const back = checkRoundTrip(modelOf(drawingBytes(drawing, { extra })));
    const [pipeline] = back.report().pipelines;
    assert.deepEqual(
      pipeline?.knobs.map((k) => [k.id, k.value, k.remark]),
      [
        ['100:5', 2, 'turn it slowly'],
        ['100:6', 4, 'turn it slowly'],
      ],
    );
    assert.equal(pipeline.stages[1]?.parallelism, 2);
  });

  it('keeps losses by stage, and totals that are exact in spite of them', () => {
    const service = new LogHistogram();
    for (let i = 1; i <= 100; i++) service.record(i * 1e5);
    const extra: Declaration[] = [
      {
        kind: 'loss',
        where: 'ring',
        stage: 'work',
        pipeline: 'drawn',
        records: 120,
        executions: 97,
        fromNs: at(2),
        toNs: at(3),
      },
      {
        kind: 'loss',
        where: 'socket',
        stage: null,
        pipeline: null,
        records: 7,
        executions: null,
        fromNs: at(4),
        toNs: at(5),
      },
    ];
    const summaries = [
      {
        stage: 'work',
        pipeline: 'drawn',
        fromNs: at(0),
        toNs: at(10),
        executions: 100,
        items: 100,
        errors: 2,
        busyNs: service.sum,
        covered: null,
        histogram: service.encoded(),
      },
    ];
    const model = modelOf(drawingBytes('work cpu x1 | aabbcc--dd', { extra, summaries }));
    const back = checkRoundTrip(model);
    const [stage] = back.report().pipelines[0]?.stages ?? [];
    assert.deepEqual([stage?.executions, stage?.lost, stage?.errors], [101, 97, 2]);
    assert.deepEqual(
      back.snapshot().losses.map((loss) => [loss.records, loss.toNs - loss.fromNs]),
      [
        [120, 1e6],
        [7, 1e6],
      ],
    );
  });

  it('keeps gauges, collections, GPU work, nested spans, CPU samples, threads that pass a lane on', () => {
    const trace = new TraceText();
    const lane = (id: number, stage: string | null, thread: string): Declaration => ({
      ...{ kind: 'lane', lane: id, stage, pipeline: null, thread, slot: 0 },
    });
    trace.declare(
      processDeclaration(4711, 'app "x" \\ y'),
      { kind: 'pipeline', name: 'p' },
      stageDeclaration('work', { pipeline: 'p', stageKind: 'gpu', parallelism: 1 }),
      lane(1, null, 'main'),
      lane(2, 'work', 'worker 1'),
      lane(3, null, 'worker 1'),
    );
    for (let i = 0; i < 8; i++) {
      const time = at(i * 250);
      const gauge = (id: number, name: string, value: number): void => {
        trace.counter('gauge', { name, id: 0, atNs: time, lane: id, values: { value } });
      };
      gauge(1, 'eventLoopUtilization', 0.5 + i / 20);
      gauge(1, 'eventLoopDelayNs', 1e6 * i);
      gauge(1, 'queue of requests', i);
      trace.interval(1, {
        category: 'runtime',
        name: 'gc major',
        startNs: time,
        endNs: time + 4e6,
      });
    }
    const ms = (category: string, name: string, from: number, to: number): void => {
      trace.interval(2, { category, name, startNs: at(from), endNs: at(to), item: 7 });
    };
    ms('span', 'inner', 20, 40);
    ms('span', 'outer', 10, 50);
    ms('gpu', 'kernel', 20, 30);
    ms('stage', 'work', 5, 60);
    trace.writer.append(profileRecord(3, textProfile(['f/g', 'f', 'node:x', '(idle)', 'f/g'], 10)));
    trace.declare(lane(2, 'work', 'worker 2'), lane(3, null, 'worker 2'));
    ms('stage', 'work', 70, 90);
    trace.writer.append(profileRecord(3, textProfile(['h', 'f'], 72)));
    trace.counter('queue', { name: 'q "1"', id: 9, atNs: at(3), values: { depth: 4 } });
    trace.counter('queue', {
      name: 'q "1"',
      id: 9,
      atNs: at(8),
      values: { depth: 2, low: 1, high: 6 },
    });
    trace.declare({ kind: 'end', atNs: at(2000), executions: 2 });
    const back = checkRoundTrip(modelOf(trace.take()));
    const functions = back.report().pipelines[0]?.stages[0]?.functions ?? [];
    assert.deepEqual(functions.map((f) => f.name).toSorted(), ['f', 'g', 'h', 'x']);
  });

  it('keeps several processes, also of one pid, and one that was killed', () => {
    const trace = (provider: number, killed: boolean): Uint8Array => {
      const text = new TraceText(provider);
      text.declare(
        processDeclaration(100, `app ${provider}`),
        stageDeclaration('work', { pipeline: 'p' }),
        { kind: 'lane', lane: provider, stage: 'work', pipeline: 'p', thread: 'main', slot: 0 },
      );
      for (let i = 0; i < 5; i++) {
        text.interval(provider, {
          category: 'stage',
          name: 'work',
          startNs: at(i * 10 + provider),
          endNs: at(i * 10 + 5),
        });
      }
      if (!killed) text.declare({ kind: 'end', atNs: at(60), executions: 5 });
      return text.take();
    };
    const model = modelOf(Buffer.concat([trace(1, false), trace(2, true)]));
    const text = JSON.stringify(exportedJson(model, 'chrome'));
    assert.ok(text.includes('"pid":100') && text.includes('"pid":101'));
    const back = checkRoundTrip(model);
    assert.deepEqual(
      back.report().capture.processes.map((p) => [p.title, p.pid, p.ended]),
      [
        ['app 1', 100, true],
        ['app 2', 100, false],
      ],
    );
  });

  it('keeps a foreign trace without declarations', () => {
    const trace = new TraceText();
    const work = { category: 'stage', name: 'decode', startNs: at(0), endNs: at(2) };
    trace.interval(77, work);
    trace.interval(77, { ...work, name: 'encode', startNs: at(3), endNs: at(4), failed: true });
    checkRoundTrip(modelOf(trace.take()), { withPicture: false });
  });

  it('of a stretch of time is that stretch, with what reaches into it cut', () => {
    const drawing = `
      read source x1           | aabbcc>>dd--eeff
      queue files read>work 2  | 0011222211112222
      work cpu x1              | --aaabbbbb--cccc`;
    const model = modelOf(drawingBytes(drawing));
    const range = { fromNs: 3e6, toNs: 9e6 };
    const { events } = importBytes(exported(model, 'chrome', range));
    const [base = 0] = events.map((e) => e.startNs - 3e6).toSorted((a, b) => a - b);
    const shown = events
      .filter((e) => e.category === 'stage')
      .map((e) => [e.name, (e.startNs - base) / 1e6, (e.extra - base) / 1e6]);
    assert.deepEqual(shown, [
      ['read', 3, 4],
      ['read', 4, 6],
      ['read', 8, 9],
      ['work', 3, 5],
      ['work', 5, 9],
    ]);
    const depths = events
      .filter((e) => e.category === 'queue')
      .map((e) => [(e.startNs - base) / 1e6, e.args['depth']]);
    assert.deepEqual(depths, [
      [3, 1],
      [4, 2],
      [8, 1],
    ]);
  });

  it('is imported as an ordinary trace when another tool has dropped the mark', () => {
    const model = modelOf(drawingBytes('read source x1 | aabbcc\nwork cpu x1 | --aabb'));
    const value = exportedJson(model, 'chrome') as { traceEvents: object[] };
    const { model: other } = importBytes(
      new TextEncoder().encode(JSON.stringify({ traceEvents: value.traceEvents })),
    );
    const report = other.report();
    assert.equal(report.capture.executions, 5);
    assert.equal(report.pipelines[0]?.isImported, true);
  });

  it('trusts nothing of a file that says it is ours', () => {
    const event = fc.oneof(
      fc.record({
        ph: fc.constantFrom('X', 'C', 'M', 'P'),
        cat: fc.constantFrom('stage', 'wait', 'queue', 'gauge', 'span', 'other'),
        name: fc.constantFrom(
          'sluice_lane',
          'sluice_declaration',
          'sluice_summary',
          'Profile',
          'ProfileChunk',
          'process_name',
          'x',
        ),
        ts: fc.oneof(fc.nat(), fc.constant(-5), fc.constant(1e300)),
        dur: fc.oneof(fc.nat(), fc.constant(-5)),
        pid: fc.oneof(fc.nat(5), fc.constant('x'), fc.constant(-1)),
        tid: fc.oneof(fc.nat(5), fc.constant('y')),
        id: fc.oneof(fc.nat(), fc.constant('z'), fc.constant(1e12)),
        sluice: fc.jsonValue({ maxDepth: 1 }),
        args: fc.oneof(
          fc.jsonValue({ maxDepth: 3 }),
          fc.record({ koid: fc.oneof(fc.nat(), fc.constant(-1)), declared: fc.jsonValue() }),
          fc.record({
            depth: fc.double(),
            value: fc.double(),
            item: fc.double(),
            items: fc.double(),
          }),
          fc.record({ data: fc.record({ startTime: fc.nat(), cpuProfile: fc.jsonValue() }) }),
        ),
      }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (traceEvents) => {
        const file = { otherData: { sluice: 1 }, traceEvents };
        const { model } = importBytes(new TextEncoder().encode(JSON.stringify(file)), 50);
        model.report();
        model.snapshot();
      }),
      { numRuns: 500 },
    );
  });
});
