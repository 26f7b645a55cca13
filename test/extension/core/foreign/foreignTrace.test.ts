import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ForeignTrace } from '../../../../extension/core/foreign/foreignTrace.js';
import { fxtOf } from '../../../../extension/core/foreign/fxtTrace.js';
import { modelOfFxt } from '../../../support/exported.js';

const shape = { stageKind: 'cpu', isGpu: false, hasSpans: true } as const;

describe('what an import collects', () => {
  it('has bounds, and says what is left out', () => {
    const trace = new ForeignTrace({ rows: 10, processes: 2, tracks: 2, gauges: 1 });
    for (let pid = 1; pid <= 3; pid++) {
      const process = trace.addProcess(pid, `app ${pid}`, 'test');
      for (let i = 1; i <= 3; i++) {
        const track = trace.addThread(process, { stage: `t${i}`, thread: `t${i}`, ...shape });
        const row = { startNs: pid * 1000 + i * 10, durationNs: 5, name: 0, extra: 0 };
        if (trace.admit()) track.slices.add(row);
      }
      trace.addValue(process, 'a', 1, 1);
      trace.addValue(process, 'b', 1, 1);
    }
    trace.noteLimits();
    assert.equal(trace.processes.length, 2);
    assert.deepEqual(trace.notes, [
      'The file holds more than can be shown. Left out: 2 events, the last ones.',
      'More than 2 tracks in one process: the rest stands together.',
      'More than 1 gauges in one process: the rest stands together.',
      'More than 2 processes: the rest stands together.',
    ]);
    const { capture } = modelOfFxt(Buffer.concat([...fxtOf(trace)])).report();
    assert.equal(capture.executions, 8);
    assert.deepEqual(
      capture.processes.map((p) => p.title),
      ['app 1', 'app 2'],
    );
  });

  it('gives processes without a number, or with one that is taken, a free one', () => {
    const trace = new ForeignTrace();
    for (const pid of [7, null, 7, 1, -3, 2 ** 40]) {
      const process = trace.addProcess(pid, 'app', 'test');
      const track = trace.addThread(process, { stage: 't', thread: 't', ...shape });
      track.slices.add({ startNs: 0, durationNs: 1, name: 0, extra: 0 });
    }
    const report = modelOfFxt(Buffer.concat([...fxtOf(trace)])).report();
    const pids = report.capture.processes.map((p) => p.pid);
    assert.deepEqual(pids, [7, 2, 3, 1, 4, 5]);
    assert.equal(new Set(report.pipelines.map((p) => p.name)).size, 6);
  });
});
