import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { callerPosition } from '../../../agent/src/sourcePosition.js';
import { MAX_LANES } from '../../../agent/src/threadLink.js';
import type { StageOptions } from '../../../agent/src/probe.js';
import { PocketDrain } from './support/pocketDrain.js';

function stage(name: string, more: Partial<StageOptions> = {}): StageOptions {
  return { name, kind: 'cpu', via: 'test', ...more };
}

function at(line: number): StageOptions['source'] {
  return { file: '/home/me/app.ts', line, column: 3 };
}

describe('recorder', () => {
  let drain: PocketDrain;
  beforeEach(() => {
    drain = new PocketDrain();
  });
  afterEach(() => {
    drain.dispose();
  });

  it('is dormant until it is attached, and then declares what it was told before', () => {
    const { recorder } = drain;
    assert.equal(recorder.active, false);
    recorder.pipeline('p');
    const decode = recorder.stage(stage('decode', { pipeline: 'p', parallelism: 3 }));
    recorder.queue({ name: 'q', via: 'test' });
    recorder.note('a', 'told while dormant');
    const early = decode.begin();
    decode.end(early, 1, 2);
    assert.deepEqual(drain.drain().declared('stage'), []);
    drain.attach();
    assert.equal(recorder.active, true);
    decode.end(decode.begin(), 1000, 2000);
    const capture = drain.drain();
    assert.deepEqual(
      capture.declared('pipeline').map((p) => p.name),
      ['p'],
    );
    assert.deepEqual(
      capture.declared('stage').map((s) => [s.name, s.pipeline, s.parallelism]),
      [['decode', 'p', 3]],
    );
    assert.equal(capture.declared('queue').length, 1);
    assert.equal(capture.declared('note').length, 1);
    assert.deepEqual(
      capture.of('stage').map((e) => [e.name, e.startNs, e.extra]),
      [['decode', 1000, 2000]],
    );
    drain.control.state = 'stopped';
    assert.equal(recorder.active, false);
  });

  it('finds a stage again by name, pipeline and position, and tells others of the name apart', () => {
    drain.attach();
    const { recorder } = drain;
    const first = recorder.stage(stage('work', { source: at(1) }));
    assert.equal(recorder.stage(stage('work', { source: at(1) })), first);
    assert.equal(recorder.stage(stage('work')), first);
    assert.notEqual(recorder.stage(stage('work', { source: at(2) })), first);
    assert.notEqual(recorder.stage(stage('work', { pipeline: 'other', source: at(1) })), first);
    recorder.stage(stage('work', { via: 'p-queue' }));
    assert.deepEqual(
      drain
        .drain()
        .declared('stage')
        .map((s) => `${s.pipeline ?? '-'}/${s.name}`),
      ['-/work', '-/work (app.ts:2)', 'other/work', '-/work (p-queue)'],
    );
  });

  it('gives concurrent executions lanes of their own, lowest first, also beyond the thread table', () => {
    drain.attach();
    const busy = drain.recorder.stage(stage('busy'));
    const slots = Array.from({ length: 300 }, () => busy.begin());
    assert.deepEqual(
      slots,
      Array.from({ length: 300 }, (_, i) => i),
    );
    busy.cancel(17);
    busy.cancel(200);
    assert.equal(busy.begin(), 17);
    assert.equal(busy.begin(), 200);
    for (const slot of slots) {
      busy.end(slot, 1000 + slot, 5000, { item: slot, items: 2, failed: slot === 3 });
    }
    const capture = drain.drain();
    const events = capture.of('stage');
    assert.equal(new Set(events.map((e) => e.lane)).size, 300);
    assert.deepEqual(events.at(-1)?.args, { item: 299, items: 2 });
    assert.deepEqual(events[3]?.args, { item: 3, items: 2, outcome: 'error' });
    const declared = new Map(capture.declared('lane').map((l) => [l.lane, l.slot]));
    for (const event of events) assert.equal(declared.get(event.lane), event.startNs - 1000);
  });

  it('keeps times to the nanosecond, however long an execution takes and however late it is', () => {
    drain.attach();
    const work = drain.recorder.stageRecorder(stage('work'));
    const hourNs = 3600e9;
    const dayNs = 24 * hourNs;
    const times: readonly (readonly [number, number])[] = [
      [0, 0],
      [1, 1 + 3_999_999_999],
      [dayNs + 7, dayNs + 7 + 4e9],
      [dayNs + 4e9 + 7, dayNs + 8e9 + 8],
      [90 * dayNs, 90 * dayNs + hourNs],
    ];
    for (const [startNs, endNs] of times) {
      work.finishPlain(work.take(), startNs, endNs);
      work.end(work.begin(), startNs, endNs);
    }
    assert.deepEqual(
      drain
        .drain()
        .of('stage', 'work')
        .map((e) => [e.startNs, e.extra]),
      times.flatMap((time) => [time, time]),
    );
  });

  it('records nothing beyond the table of lanes, but counts it and says so', () => {
    drain.attach();
    for (let i = 0; i < MAX_LANES; i++) drain.control.lanes.take(`lane ${i}`, 7);
    const late = drain.recorder.stage(stage('late'));
    for (let i = 0; i < 3; i++) late.end(late.begin(), 1, 2);
    const capture = drain.drain();
    assert.deepEqual(capture.of('stage'), []);
    assert.deepEqual(drain.control.takeUnnamed(), { records: 3, executions: 3 });
    assert.deepEqual(drain.control.takeUnnamed(), { records: 0, executions: 0 });
    assert.match(capture.declared('note')[0]?.message ?? '', /more than 16384 lanes/);
  });

  it('records waits, and never an end before the start', () => {
    drain.attach();
    const probe = drain.recorder.stage(stage('s'));
    const slot = probe.begin();
    probe.wait(slot, 'input', 100, 200);
    probe.wait(slot, 'output', 200, 150);
    probe.end(slot, 300, 250);
    const capture = drain.drain();
    assert.deepEqual(
      capture.of('wait').map((e) => [e.name, e.startNs, e.extra]),
      [['input', 100, 200]],
    );
    assert.deepEqual(
      capture.of('stage').map((e) => [e.startNs, e.extra]),
      [[300, 300]],
    );
  });

  it('declares a new parallelism and capacity once', () => {
    drain.attach();
    const probe = drain.recorder.stage(stage('s', { parallelism: 2 }));
    probe.setParallelism(2);
    probe.setParallelism(4);
    probe.setParallelism(Infinity);
    const queue = drain.recorder.queue({ name: 'q', via: 'test', capacity: 5 });
    queue.setCapacity(5);
    const before = drain.drain().declared('queue').length;
    queue.setCapacity(undefined);
    const capture = drain.drain();
    assert.equal(before, 1);
    assert.deepEqual(capture.declared('queue').at(-1)?.capacity, null);
    assert.equal(capture.declared('stage').at(-1)?.parallelism, null);
  });

  it('says a note once', () => {
    drain.attach();
    for (let i = 0; i < 3; i++) drain.recorder.note('twice', `said ${i}`);
    assert.deepEqual(
      drain
        .drain()
        .declared('note')
        .map((n) => n.message),
      ['said 0'],
    );
  });
});

describe('callerPosition', () => {
  function declare(): ReturnType<typeof callerPosition> {
    return callerPosition(declare);
  }

  it('is the line that called, in the source that was written', () => {
    const { stack = '' } = new Error('here');
    const position = declare();
    const line = Number(/recorder\.test\.ts:(\d+)/.exec(stack)?.[1]);
    assert.match(position?.file ?? '', /^\/.*test\/agent\/src\/recorder\.test\.ts$/);
    assert.equal(position?.line, line + 1);
    assert.ok(position.column > 1);
  });

  it('is unknown in code without a file, and leaves Error as it was', () => {
    const prepare = (): string => 'mine';
    const before: unknown = Reflect.get(Error, 'prepareStackTrace');
    Reflect.set(Error, 'prepareStackTrace', prepare);
    const limit = Error.stackTraceLimit;
    try {
      declare();
      assert.equal(Reflect.get(Error, 'prepareStackTrace'), prepare);
      assert.equal(Error.stackTraceLimit, limit);
    } finally {
      Reflect.set(Error, 'prepareStackTrace', before);
    }
    assert.equal(
      callerPosition(() => undefined),
      undefined,
    );
  });
});
