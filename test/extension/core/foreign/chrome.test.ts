/** Chrome traces by hand: each phase, and what tools do that the format does not say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { importBytes, importJson, type Imported } from '../../../support/imported.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const thread = { pid: 1, tid: 2 };
const X = (name: string, ts: number, dur: number, more: object = {}): object => ({
  ...{ ph: 'X', name, ts, dur, ...thread },
  ...more,
});
const M = (name: string, args: object, more: object = {}): object => ({
  ...{ ph: 'M', name, args, ...thread },
  ...more,
});

/** Intervals as `category name start end`, in microseconds. */
function intervals({ events }: Imported): string[] {
  return events
    .filter((e) => e.category !== 'gauge')
    .map((e) => `${e.category} ${e.name} ${e.startNs / 1000} ${e.extra / 1000}`);
}

const notesOf = ({ model }: Imported): string => model.report().notes.join('\n');
const stagesOf = ({ model }: Imported): [string, number, number][] =>
  model
    .report()
    .pipelines.flatMap((p) => p.stages.map((s) => [s.name, s.parallelism, s.executions]));

describe('a Chrome trace', () => {
  it('is read as an array and as an object, with keys before and behind the events', () => {
    const events = [X('a', 10, 5)];
    const expected = ['stage thread 2 0 5', 'span a 0 5'];
    for (const file of [
      events,
      { traceEvents: events },
      { displayTimeUnit: 'ms', otherData: { x: [1, { y: 2 }] }, traceEvents: events, metadata: {} },
      { traceEvents: events, stackFrames: { 1: { name: 'x' } } },
    ]) {
      assert.deepEqual(intervals(importJson(file)), expected);
    }
  });

  it('may end without its closing bracket when it is an array', () => {
    for (const text of [
      '[{"ph":"X","ts":1,"dur":2,"name":"a"}',
      '[\n{"ph":"X","ts":1,"dur":2,"name":"a"},\n',
    ]) {
      const imported = importBytes(utf8(text));
      assert.deepEqual(imported.outcome.kind === 'read' && imported.outcome.problem, null);
      assert.deepEqual(intervals(imported), ['stage thread 0 0 2', 'span a 0 2']);
    }
  });

  it('makes executions of what lies in nothing else, in whatever order it comes', () => {
    const events = [
      X('inner', 12, 2),
      X('outer', 10, 10),
      X('next', 20, 1),
      X('innermost', 12.5, 0.5),
      X('main', 0, 9),
    ];
    const expected = [
      'stage thread 2 0 9',
      'span main 0 9',
      'stage thread 2 10 20',
      'span outer 10 20',
      'span inner 12 14',
      'span innermost 12.5 13',
      'stage thread 2 20 21',
      'span next 20 21',
    ];
    assert.deepEqual(intervals(importJson(events)), expected);
    assert.deepEqual(intervals(importJson(events.toReversed())), expected);
  });

  it('joins begins and ends, shows to the end what never ends, and leaves out ends of nothing', () => {
    const imported = importJson([
      { ph: 'E', ts: 1, ...thread },
      { ph: 'B', name: 'a', ts: 2, ...thread },
      { ph: 'B', name: 'b', ts: 3, ...thread },
      { ph: 'E', ts: 4, ...thread },
      { ph: 'B', name: 'c', ts: 5, ...thread },
      X('late', 6, 4, { tid: 3 }),
    ]);
    assert.deepEqual(
      intervals(imported).filter((line) => line.startsWith('span')),
      ['span a 0 8', 'span b 1 2', 'span c 3 8', 'span late 4 8'],
    );
    assert.match(notesOf(imported), /Shown to the end of the trace, .*: 2 slices\./);
    assert.match(notesOf(imported), /Left out: 1 end of a slice that never began/);
  });

  it('puts what overlaps without nesting on another row of the thread', () => {
    const imported = importJson([X('a', 0, 10), X('b', 5, 10), X('c', 6, 1), X('d', 20, 1)]);
    assert.deepEqual(stagesOf(imported), [['thread 2', 2, 3]]);
    const rows = new Map(imported.events.map((e) => [e.name, imported.lanes.get(e.lane)?.slot]));
    assert.deepEqual([rows.get('a'), rows.get('b'), rows.get('c'), rows.get('d')], [0, 1, 1, 0]);
  });

  it('names processes and threads by their metadata, and joins threads of one name', () => {
    const imported = importJson([
      X('a', 0, 1),
      X('b', 0, 1, { tid: 3 }),
      X('c', 0, 1, { tid: 4 }),
      X('d', 0, 1, { pid: 7, tid: 1 }),
      M('thread_name', { name: 'worker' }),
      M('thread_name', { name: 'worker' }, { tid: 3 }),
      M('process_name', { name: 'app' }),
      M('process_name', { name: 'app' }, { pid: 7 }),
      M('process_name', { name: 'nothing in it' }, { pid: 8 }),
    ]);
    assert.deepEqual(stagesOf(imported), [
      ['worker', 2, 2],
      ['thread 4', 1, 1],
      ['thread 1', 1, 1],
    ]);
    const { pipelines, capture } = imported.model.report();
    assert.deepEqual(
      pipelines.map((p) => p.name),
      ['app (pid 1)', 'app (pid 7)'],
    );
    assert.deepEqual(
      capture.processes.map((p) => [p.pid, p.title, p.ended]),
      [
        [1, 'app', true],
        [7, 'app', true],
      ],
    );
    const threads = [...imported.lanes.values()].map((lane) => lane.thread);
    assert.deepEqual(threads, ['worker (2)', 'worker (3)', 'thread 4', 'thread 1']);
  });

  it('makes stages with slots of asynchronous work, with what nests in it', () => {
    const b = (name: string, ts: number, id: string, ph = 'b'): object => ({
      ...{ ph, name, cat: 'net', id, ts, ...thread },
    });
    const imported = importJson([
      b('request', 0, '0x1'),
      b('request', 1, '0x2'),
      b('dns', 2, '0x1'),
      b('dns', 3, '0x1', 'e'),
      b('request', 4, '0x1', 'e'),
      b('request', 5, '0x3'),
      b('request', 6, '0x2', 'e'),
      b('request', 7, '0x3', 'e'),
      b('old', 8, '1', 'S'),
      b('old', 9, '1', 'F'),
      b('lost', 9, '9', 'e'),
    ]);
    assert.deepEqual(stagesOf(imported), [
      ['request', 2, 3],
      ['old', 1, 1],
    ]);
    assert.deepEqual(intervals(imported), [
      'stage request 0 4',
      'stage request 1 6',
      'stage request 5 7',
      'span dns 2 3',
      'stage old 8 9',
    ]);
    const slots = imported.events.map((e) => [e.startNs / 1000, imported.lanes.get(e.lane)?.slot]);
    assert.deepEqual(slots, [
      [0, 0],
      [1, 1],
      [5, 0],
      [2, 0],
      [8, 0],
    ]);
    assert.match(notesOf(imported), /Left out: 1 end of a slice that never began/);
  });

  it('shows counters as gauges of the process, each series by itself', () => {
    const C = (name: string, ts: number, args: object, more: object = {}): object => ({
      ...{ ph: 'C', name, ts, args, ...thread },
      ...more,
    });
    const imported = importJson([
      C('requests', 0, { value: 3 }),
      C('heap memory', 0, { used: 100, free: '50', text: 'no' }),
      C('heap memory', 10, { used: 200, free: 40 }),
      C('pool', 5, { value: 1 }, { id: '0x7' }),
      X('a', 0, 20),
    ]);
    const rows = imported.model
      .snapshot()
      .rows.flatMap((r) => (r.kind === 'gauges' ? r.gauges : []))
      .map((g) => [g.label, g.unit, g.max]);
    assert.deepEqual(rows, [
      ['requests', 'count', 3],
      ['heap memory: used', 'bytes', 200],
      ['heap memory: free', 'bytes', 50],
      ['pool 0x7', 'count', 1],
    ]);
  });

  it('keeps times exact that count from 1970, and takes those before the first event', () => {
    const events = '{"ph":"X","name":"a","ts":1790857026000123.457,"dur":1.001,"pid":1,"tid":2}';
    const earlier = '{"ph":"X","name":"b","ts":1790857026000120.001,"dur":0.5,"pid":1,"tid":2}';
    const { events: shown } = importBytes(utf8(`[${events},${earlier}]`));
    assert.deepEqual(
      shown.filter((e) => e.category === 'span').map((e) => [e.name, e.startNs, e.extra]),
      [
        ['b', 0, 500],
        ['a', 3456, 4457],
      ],
    );
  });

  it('leaves out single events that are of another year, and says so', () => {
    const usSince1970 = 1_790_857_026_000_000;
    const imported = importJson([
      X('lost', 0, 5),
      ...Array.from({ length: 20 }, (_, i) => X('a', usSince1970 + i * 10, 5)),
      X('far', 8e15, 5),
      { ph: 'C', name: 'c', ts: 3, args: { value: 1 }, ...thread },
    ]);
    const { capture, notes } = imported.model.report();
    assert.equal(capture.executions, 20);
    assert.ok(Math.abs(capture.durationNs - 195_000) < 256);
    assert.ok(notes.some((note) => note.startsWith('Left out: 3 events at a time that is weeks')));
  });

  it('takes process ids that are texts, negative or missing', () => {
    const imported = importJson([
      X('a', 0, 1, { pid: 'host', tid: 'main' }),
      X('b', 0, 1, { pid: -1 }),
      { ph: 'X', name: 'c', ts: 0, dur: 1 },
    ]);
    const { capture } = imported.model.report();
    assert.deepEqual(
      capture.processes.map((p) => [p.pid, p.title]),
      [
        [1, 'host'],
        [2, 'process -1'],
        [0, 'process 0'],
      ],
    );
  });

  it('leaves out single events that are broken, and says how many and where', () => {
    const imported = importBytes(
      utf8(
        '[{"ph":"X","ts":1,"dur":1,"name":"a"},{"ph":"X","ts":tru},{"ph":"X","ts":2,"dur":1},7,{}]',
      ),
    );
    assert.equal(imported.model.report().capture.executions, 2);
    const notes = notesOf(imported);
    assert.match(
      notes,
      /Left out: 3 events that could not be read, the first at byte 38: not valid JSON/,
    );
  });

  it('never shows negative times', () => {
    const imported = importJson([X('a', 10, -5), X('b', 10, 5), { ph: 'X', name: 'c', pid: 1 }]);
    assert.deepEqual(intervals(imported), ['stage thread 2 0 5', 'span b 0 5']);
    assert.match(notesOf(imported), /Left out: 1 slice with an end before the beginning/);
    assert.match(notesOf(imported), /Not shown: 1 event without a time/);
  });

  it('bounds what it keeps, and says so', () => {
    const threads = Array.from({ length: 1200 }, (_, tid) => X('a', tid, 1, { tid }));
    const many = importJson(threads);
    assert.match(notesOf(many), /More than 1,000 tracks in one process: the rest stands together/);
    assert.equal(many.model.report().capture.executions, 1200);
    const processes = Array.from({ length: 600 }, (_, pid) => X('a', pid, 1, { pid }));
    assert.match(notesOf(importJson(processes)), /More than 500 processes/);
    const names = Array.from({ length: 150 }, (_, i) => [
      { ph: 'b', name: `n${i}`, cat: 'c', id: i, ts: i, ...thread },
      { ph: 'e', name: `n${i}`, cat: 'c', id: i, ts: i + 1, ...thread },
    ]);
    const stages = stagesOf(importJson(names.flat()));
    assert.equal(stages.length, 101);
    assert.deepEqual(stages.at(-1), ['c (other)', 1, 50]);
    const counters = Array.from({ length: 100 }, (_, i) => ({
      ...{ ph: 'C', name: `c${i}`, ts: i, args: { value: i }, ...thread },
    }));
    assert.match(notesOf(importJson(counters)), /More than 64 gauges in one process/);
  });

  it('cuts names that no declaration could hold, and keeps long names of kernels', () => {
    const long = 'k'.repeat(3000);
    const imported = importJson([X(long, 0, 1), M('thread_name', { name: 't'.repeat(3000) })]);
    assert.ok(imported.events.some((e) => e.name === long));
    const stage = stagesOf(imported)[0]?.[0] ?? '';
    assert.ok(stage.length < 512 && stage.startsWith('ttt') && stage.endsWith('…'));
    assert.equal(notesOf(imported).includes('skipped'), false);
  });
});
