/** Where traces of other tools stand beside a capture: on its clock, as processes of their own, in nobody's way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FxtReader } from '../../../../agent/wire/fxtReader.js';
import { joinWord } from '../../../../agent/wire/ticks.js';
import {
  besideOf,
  besideRun,
  kineto,
  modelOf,
  profiled,
  regular,
  runCapture,
  RUN_UNIX_US,
  type KinetoEvents,
} from '../../../support/beside.js';
import { drawingStartNs } from '../../../support/traceText.js';

const decode = { name: 'decode', executions: regular(10, 20, 10) };
const ranges: readonly KinetoEvents[] = [
  profiled(0, 200),
  { name: 'decode', times: regular(10, 20, 10) },
];

/** Events of a category in the stream, as `name start end` in milliseconds of the run. */
function eventsOf(fxt: Uint8Array, category: string): string[] {
  const lines: string[] = [];
  const reader = new FxtReader({
    record: () => undefined,
    event: (event) => {
      if (event.category !== category) return;
      const ms = (hi: number, lo: number): number =>
        (Number(joinWord(hi, lo)) - drawingStartNs) / 1e6;
      const { name, ticksHi, ticksLo, extraHi, extraLo } = event;
      lines.push(`${name} ${ms(ticksHi, ticksLo)} ${ms(extraHi, extraLo)}`);
    },
  });
  reader.push(fxt);
  assert.equal(reader.end().problem, null);
  return lines;
}

describe('a trace beside a capture', () => {
  it('stands on the capture’s clock, whatever its own times count from', () => {
    const expected = regular(10, 20, 10).map(([from, to]) => `decode ${from} ${to}`);
    // Kineto's base is a multiple of three months, and not when the trace began.
    for (const baseNs of [null, 1_699_920_000_000_000_000]) {
      const { fxt, error } = besideRun(runCapture([decode]), kineto(ranges, { baseNs }));
      assert.equal(error, null);
      assert.deepEqual(eventsOf(fxt, 'annotation'), expected, String(baseNs));
    }
  });

  it('stands where its own process saw the clock', () => {
    const other = { pid: 7, ppid: 1, title: 'other', runtime: 'node', cwd: '/' };
    const clock = { anchorUnixMs: 1_600_000_000_000, anchorMonotonicNs: drawingStartNs };
    const { error } = besideRun(
      runCapture([decode], [{ kind: 'process', ...other, ...clock }]),
      kineto(ranges),
    );
    assert.equal(error, null);
  });

  it('is a process and a pipeline of its own, behind the capture’s', () => {
    const { model } = besideRun(runCapture([decode]), kineto(ranges));
    const { capture, pipelines, notes } = model.report();
    assert.deepEqual(
      capture.processes.map(({ pid, title, runtime, ended }) => [pid, title, runtime, ended]),
      [
        [100, 'train.py', 'node v20.20.2', true],
        [100, 'python3', 'PyTorch profiler', true],
      ],
    );
    assert.deepEqual(
      pipelines.map(({ name, isImported }) => [name, isImported]),
      [
        ['train', false],
        ['python3 (trace.json)', true],
      ],
    );
    assert.deepEqual([capture.truncatedReason, notes], [null, []]);
    const rows = model
      .snapshot()
      .rows.map((row) => (row.kind === 'stage' ? row.pipeline : row.kind));
    assert.equal(rows[0], 'train');
    assert.deepEqual(new Set(rows.slice(1)), new Set(['python3 (trace.json)']));
  });

  it('takes no stage from the pipeline that has none declared', () => {
    const library = { ...decode, name: 'pool', pipeline: null, via: 'p-queue' };
    for (const stages of [[library], [decode, library]]) {
      const capture = runCapture(stages);
      const alone = modelOf(capture).report().pipelines;
      const { model } = besideRun(capture, kineto(ranges));
      const [first] = model.report().pipelines;
      assert.deepEqual(first, alone[0]);
    }
  });

  it('takes numbers that nobody has, also as the second one', () => {
    const second = kineto([{ name: 'copy', times: regular(5, 20, 2, 10) }], { pid: 55 });
    const { model, fxt } = besideRun(runCapture([decode]), kineto(ranges), second);
    const lanes: bigint[] = [];
    const providers = new Set<number>();
    const reader = new FxtReader({
      event: (event) => {
        providers.add(event.provider);
        if (!lanes.includes(event.thread.thread)) lanes.push(event.thread.thread);
      },
      record: () => undefined,
    });
    reader.push(fxt);
    assert.deepEqual([...providers], [1, 2, 3]);
    assert.deepEqual(lanes, [10n, 11n, 12n, 13n]);
    assert.deepEqual(
      model.report().pipelines.map(({ name }) => name),
      ['train', 'python3 (trace.json)', 'python3 (trace2.json)'],
    );
  });

  it('says of which file a note is', () => {
    const trace = kineto(ranges) as { traceEvents: object[] };
    trace.traceEvents.push({ ph: 's', ts: RUN_UNIX_US, pid: 100, tid: 100, id: 1 });
    const { model } = besideRun(runCapture([decode]), trace);
    assert.deepEqual(model.report().notes, ['trace.json: Not shown: 1 flow event.']);
  });

  it('comes back from an export as it was', () => {
    const { model } = besideRun(runCapture([decode]), kineto(ranges));
    const parts = model.export({ format: 'fxt', range: null, thread: null });
    assert.ok(parts.ok);
    const pieces = [...(parts.value[0]?.pieces ?? [])].map((piece) => Buffer.from(piece));
    const back = besideOf(modelOf(Buffer.concat(pieces)));
    // Sessions count from their first record.
    const { window } = back;
    assert.deepEqual(back, { ...besideOf(model), window });
    assert.deepEqual(back.compared[0]?.difference, 0);
  });
});

describe('a trace that does not tell the time of day', () => {
  // Work of 5 to 14 ms, one after the other.
  const lengths = Array.from({ length: 30 }, (_, i) => 5 + ((i * 7919) % 9000) / 1000);
  const times = lengths.map((length, i) => {
    const from = lengths.slice(0, i).reduce((sum, l) => sum + l + 1, 0);
    return [from, from + length] as const;
  });
  const capture = runCapture([
    { name: 'decode', executions: times },
    { name: 'other', executions: regular(20, 20, 2) },
  ]);
  /** As PyTorch without Kineto writes it: an array, times from the start of the profile, no pid. */
  const legacy = (shiftMs: number): object[] =>
    times.slice(4, 24).map(([from, to]) => {
      const where = { ph: 'X', pid: 'CPU functions', tid: 1 };
      const ts = Math.round((from - shiftMs) * 1000) + 12;
      return { ...where, name: 'decode', ts, dur: Math.round((to - from) * 1000) - 20 };
    });

  it('stands where its stretches begin with the stage of their name, in that process', () => {
    const { model, error } = besideRun(capture, legacy(33));
    assert.equal(error, null);
    const { process, uncompared, compared } = besideOf(model);
    assert.deepEqual([process, uncompared], [100, null]);
    assert.deepEqual([compared[0]?.trace.count, compared[0]?.capture.count], [20, 20]);
    assert.ok(Math.abs(compared[0]?.difference ?? 1) < 0.01);
    assert.deepEqual(model.report().notes, [
      'trace.json: It does not tell the time of day. Its place is where 20 stretches of the name decode begin with the executions of that stage, to 0 ns.',
    ]);
  });

  it('has no place where nothing has the rhythm of a stage', () => {
    const events = legacy(0).map((event, i) => ({
      ...event,
      ts: 9000 * i + ((i * 131) % 7) * 900,
    }));
    assert.match(
      besideRun(capture, events).error ?? '',
      /^trace\.json does not say at what time of day it was recorded, and nothing in it begins when/,
    );
  });
});

describe('a trace that has no place beside a capture', () => {
  const capture = runCapture([decode]);

  it('is of another time: both times are told', () => {
    const late = kineto([{ name: 'decode', times: regular(10, 20, 10, 3_600_000) }]);
    assert.equal(
      besideRun(capture, late).error,
      'trace.json is not of the run in run.fxt: it was recorded from 2023-11-14 23:13:20.000 UTC to 2023-11-14 23:13:20.190 UTC, the capture from 2023-11-14 22:13:20.000 UTC to 2023-11-14 22:13:20.190 UTC',
    );
  });

  it('does not tell the time of day', () => {
    const trace = { traceEvents: [{ ph: 'X', name: 'a', ts: 10, dur: 5, pid: 100, tid: 1 }] };
    assert.match(
      besideRun(capture, trace).error ?? '',
      /^trace\.json does not say at what time of day it was recorded/,
    );
  });

  it('meets a capture that does not tell it, or that is empty', () => {
    const unknown = besideRun(runCapture([]), kineto(ranges));
    assert.match(unknown.error ?? '', /^run\.fxt holds no records to put trace\.json beside/);
    const noAnchor = { pid: 100, ppid: 1, title: 'x', runtime: 'node', cwd: '/' };
    const bare = runCapture(
      [decode],
      [{ kind: 'process', ...noAnchor, anchorUnixMs: 0, anchorMonotonicNs: 0 }],
    );
    // The first declaration of the process tells the time.
    assert.equal(besideRun(bare, kineto(ranges)).error, null);
  });
});
