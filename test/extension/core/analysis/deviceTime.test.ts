import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GpuReport } from '../../../../extension/core/report/report.js';
import { deviceShares } from '../../../../extension/core/report/deviceText.js';
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

/** Ten submissions of 8 ms each, one every 10 ms; passes as given, in milliseconds from the submission. */
function trace(passes: readonly (readonly [name: string, from: number, to: number])[]): TraceText {
  const text = new TraceText();
  text.declare(
    processDeclaration(),
    { ...stageDeclaration('GPU', { parallelism: 1 }), stageKind: 'gpu', via: 'webgpu' },
    { kind: 'lane', lane: 1, stage: 'GPU', pipeline: null, thread: 'main', slot: 0 },
  );
  for (let i = 0; i < 10; i++) {
    const start = i * 10;
    for (const [name, from, to] of passes) {
      const times = { startNs: at(start + from), endNs: at(start + to) };
      text.interval(1, { category: 'gpu', name, ...times });
    }
    const times = { startNs: at(start), endNs: at(start + 8) };
    text.interval(1, { category: 'stage', name: 'GPU', ...times });
  }
  text.declare({ kind: 'end', atNs: at(98), executions: 10 });
  return text;
}

function gpuOf(text: TraceText): GpuReport | undefined {
  const [pipeline] = modelOf(text.take()).report().pipelines;
  assert.equal(pipeline?.name, 'GPU');
  assert.equal(pipeline.isShared, true);
  return pipeline.stages[0]?.gpu;
}

describe('the time of a device', () => {
  it('is divided into kernels, gaps between them, the rest of a submission, and nothing', () => {
    const gpu = gpuOf(
      trace([
        ['a', 1, 3],
        ['b', 4, 6],
      ]),
    );
    assert.ok(gpu !== undefined);
    // The window is 98 ms: ten submissions, and nine times 2 ms between them.
    const ms = (share: number): number => Math.round(share * 98);
    assert.deepEqual(
      [gpu.kernelShare, gpu.kernelWaitShare, gpu.otherShare, gpu.hostWaitShare].map(ms),
      [40, 10, 30, 18],
    );
    assert.deepEqual([gpu.passes, gpu.firstRuns, gpu.firstRunNs], [20, 0, 0]);
  });

  it('counts passes that rounded timestamps leave no time', () => {
    const gpu = gpuOf(
      trace([
        ['a', 0, 0],
        ['b', 8, 8],
      ]),
    );
    assert.deepEqual([gpu?.passes, gpu?.kernelShare], [20, 0]);
  });

  it('tells first runs apart', () => {
    const text = trace([['a (first)', 1, 3]]);
    const model = modelOf(text.take());
    const gpu = model.report().pipelines[0]?.stages[0]?.gpu;
    assert.deepEqual([gpu?.firstRuns, gpu?.firstRunNs], [10, 20 * MS]);
    assert.match(
      renderText(model.report(), { color: false, width: 100 }).replaceAll(/\s+/g, ' '),
      /on the device: computes 20% of the time, .*10 first runs took 20 ms/,
    );
  });

  it('is not told when nothing on it was timed', () => {
    assert.equal(gpuOf(trace([])), undefined);
  });

  it('is told of the device, not of the stage that uses it', () => {
    const text = trace([]);
    text.declare(
      { ...stageDeclaration('infer', { parallelism: 1 }), stageKind: 'gpu' },
      { kind: 'lane', lane: 2, stage: 'infer', pipeline: null, thread: 'main', slot: 0 },
      { kind: 'lane', lane: 9, stage: null, pipeline: null, thread: 'main', slot: 0 },
    );
    text.interval(2, { category: 'stage', name: 'infer', startNs: at(1), endNs: at(90) });
    const values = { value: 0.5 };
    text.counter('gauge', { name: 'gpuUtilization', id: 0, atNs: at(50), lane: 9, values });
    const { pipelines } = modelOf(text.take()).report();
    const told = pipelines.flatMap(({ stages }) => stages.filter(({ gpu }) => gpu !== undefined));
    assert.deepEqual(
      told.map(({ name }) => name),
      ['GPU'],
    );
  });

  it('is what the driver says where no kernel was timed, and at most what was submitted', () => {
    const told = (utilization: number): GpuReport => {
      const text = trace([]);
      text.declare({ kind: 'lane', lane: 9, stage: null, pipeline: null, thread: 'main', slot: 0 });
      for (const ms of [20, 50, 80]) {
        const values = { value: utilization };
        text.counter('gauge', { name: 'gpuUtilization', id: 0, atNs: at(ms), lane: 9, values });
      }
      const gpu = gpuOf(text);
      assert.ok(gpu !== undefined);
      return gpu;
    };
    const shares = (gpu: GpuReport): number[] =>
      [gpu.kernelShare, gpu.kernelWaitShare, gpu.otherShare, gpu.hostWaitShare].map((share) =>
        Math.round(share * 98),
      );
    assert.deepEqual(shares(told(0.25)), [25, 0, 56, 18]);
    // Kernels of another program.
    assert.deepEqual(shares(told(1)), [80, 0, 0, 18]);
    const text = deviceShares(told(0.25)).map(([what]) => what);
    assert.deepEqual(text, [
      'computes (as its driver says)',
      'launches and ends',
      'nothing submitted',
    ]);
  });
});
