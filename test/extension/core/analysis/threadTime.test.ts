import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Declaration } from '../../../../agent/wire/manifest.js';
import type { Report } from '../../../../extension/core/report/report.js';
import { renderText } from '../../../../extension/core/report/text.js';
import {
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

const MS = 1e6;
const at = (ms: number): number => drawingStartNs + ms * MS;

function lane(id: number, stage: string | null, thread: string): Declaration {
  return { kind: 'lane', lane: id, stage, pipeline: null, thread, slot: 0 };
}

/** A process with two threads; `work` runs 60 of each 100 ms on worker 1. */
function trace(): TraceText {
  const text = new TraceText();
  text.declare(
    processDeclaration(),
    stageDeclaration('work', { parallelism: 1 }),
    lane(1, null, 'main'),
    lane(2, null, 'worker 1'),
    lane(3, 'work', 'worker 1'),
  );
  for (let i = 0; i < 10; i++) {
    const startNs = at(i * 100);
    text.interval(3, { category: 'stage', name: 'work', startNs, endNs: startNs + 60 * MS });
  }
  return text;
}

function gauge(text: TraceText, id: number, name: string, samples: readonly number[]): void {
  for (const [i, value] of samples.entries()) {
    text.counter('gauge', { name, id, lane: id, atNs: at(i * 200), values: { value } });
  }
}

function reportOf(text: TraceText): Report {
  text.declare({ kind: 'end', atNs: at(1000), executions: 10 });
  return modelOf(text.take()).report();
}

describe('CPU time of a stage', () => {
  it('is that of its threads where nothing else runs on them', () => {
    const text = trace();
    // 30% of the time on a core, and 60% busy: the other half it waited for something.
    gauge(text, 2, 'threadCpu', [0, 0.3, 0.3, 0.3, 0.3]);
    const [stage] = reportOf(text).pipelines[0]?.stages ?? [];
    assert.ok(Math.abs((stage?.cpuShare ?? 0) - 0.5) < 1e-9, String(stage?.cpuShare));
  });

  it('is never more than the time in which it ran', () => {
    const text = trace();
    gauge(text, 2, 'threadCpu', [0, 1, 1, 1, 1]);
    assert.equal(reportOf(text).pipelines[0]?.stages[0]?.cpuShare, 1);
  });

  it('follows a lane that passes from one thread to the next', () => {
    const text = trace();
    // Another thread does nothing but work, on a row of its own.
    text.declare(lane(5, null, 'worker 2'), lane(6, 'work', 'worker 2'));
    text.interval(6, { category: 'stage', name: 'work', startNs: at(0), endNs: at(400) });
    gauge(text, 5, 'threadCpu', [0, 0.5, 0.5]);
    // Then worker 1 is gone, and the next one has its rows.
    text.declare(lane(5, null, 'worker 3'), lane(6, 'work', 'worker 3'));
    const { pipelines } = reportOf(text);
    assert.ok(Math.abs((pipelines[0]?.stages[0]?.cpuShare ?? 0) - 0.5) < 1e-9);
  });

  it('is that of what runs inside of it as well', () => {
    const text = trace();
    gauge(text, 2, 'threadCpu', [0, 0.3, 0.3, 0.3, 0.3]);
    text.declare(stageDeclaration('part'), lane(4, 'part', 'worker 1'));
    for (let i = 0; i < 10; i++) {
      const startNs = at(i * 100 + 10);
      text.interval(4, { category: 'stage', name: 'part', startNs, endNs: startNs + 40 * MS });
    }
    const link = { pipeline: null, from: 'work', to: 'part', seen: 9 } as const;
    text.declare({ kind: 'link', ...link, inside: 9 });
    const shares = (report: Report): unknown =>
      report.pipelines[0]?.stages.map(({ name, cpuShare }) => [name, cpuShare?.toFixed(2)]);
    assert.deepEqual(shares(reportOf(text)), [
      ['work', '0.50'],
      ['part', undefined],
    ]);
  });

  it('is known although another stage had the thread for a moment', () => {
    const text = trace();
    gauge(text, 2, 'threadCpu', [0, 0.3, 0.3, 0.3, 0.3]);
    text.declare(stageDeclaration('other'), lane(4, 'other', 'worker 1'));
    text.interval(4, { category: 'stage', name: 'other', startNs: at(990), endNs: at(991) });
    const [stage] = reportOf(text).pipelines[0]?.stages ?? [];
    assert.ok(Math.abs((stage?.cpuShare ?? 0) - 0.5) < 1e-9);
  });

  it('is not known where stages share a thread, nor without a figure', () => {
    assert.equal(reportOf(trace()).pipelines[0]?.stages[0]?.cpuShare, null);
    const text = trace();
    gauge(text, 2, 'threadCpu', [0, 0.3, 0.3]);
    text.declare(stageDeclaration('other'), lane(4, 'other', 'worker 1'));
    text.interval(4, { category: 'stage', name: 'other', startNs: at(1), endNs: at(2) });
    const shares = reportOf(text).pipelines[0]?.stages.map(({ cpuShare }) => cpuShare);
    assert.deepEqual(shares, [null, null]);
  });
});

describe('threads in the report', () => {
  it('have their shares, delays and garbage collections', () => {
    const text = trace();
    gauge(text, 1, 'eventLoopUtilization', [0.9, 0.5, 0.7]);
    gauge(text, 1, 'eventLoopDelayNs', [1e6, 42e6, 3e6]);
    gauge(text, 1, 'throttled', [0, 0.1, 0.3]);
    gauge(text, 2, 'threadCpu', [0, 0.25, 0.35]);
    gauge(text, 2, 'coreWait', [0, 0.1, 0.1]);
    text.interval(1, { category: 'runtime', name: 'gc major', startNs: at(50), endNs: at(70) });
    text.interval(1, { category: 'runtime', name: 'gc minor', startNs: at(90), endNs: at(110) });
    const report = reportOf(text);
    const [process] = report.capture.processes;
    assert.ok(process !== undefined);
    const [main, worker] = process.threads;
    assert.deepEqual(main, {
      name: 'main',
      cpuShare: null,
      coreWaitShare: null,
      loopUtilization: 0.6,
      maxLoopDelayNs: 42e6,
      gcShare: 0.1,
    });
    assert.equal(worker?.name, 'worker 1');
    assert.ok(Math.abs((worker.cpuShare ?? 0) - 0.3) < 1e-9);
    assert.ok(Math.abs((process.throttledShare ?? 0) - 0.2) < 1e-9);
    const printed = renderText(report, { color: false, width: 120 });
    assert.match(
      printed,
      /main thread: event loop busy 60%, garbage collection 10%, longest delay of the event loop 42 ms/,
    );
    assert.match(printed, /worker 1: on a core 30%, waiting for one 10%/);
    assert.match(printed, /held back by its CPU quota 20% of the time/);
  });
});
