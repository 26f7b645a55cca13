/** What a trace beside a capture says about the stages: totals of both, over the time that both cover. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportAnswer } from '../../../../extension/core/assistants/report.js';
import type { BesideReport, ComparisonReport } from '../../../../extension/core/report/report.js';
import { renderText } from '../../../../extension/core/report/text.js';
import { reportMarkdown } from '../../../../extension/host/sessions/markdown.js';
import { fileBytes, importJson } from '../../../support/imported.js';
import {
  besideOf,
  besideRun,
  kineto,
  modelOf,
  profiled,
  regular,
  RUN_PID,
  RUN_UNIX_US,
  runCapture,
  type CapturedStage,
  type KinetoEvents,
} from '../../../support/beside.js';

const run = (
  stages: readonly CapturedStage[],
  events: readonly KinetoEvents[],
): ReturnType<typeof besideOf> => besideOf(besideRun(runCapture(stages), kineto(events)).model);

/** The same with a trace as it is. */
function besideTrace(stages: readonly CapturedStage[], trace: object): BesideReport {
  return besideOf(besideRun(runCapture(stages), trace).model);
}

/** `kind name~stage trace capture difference`, times in milliseconds. */
function lineOf({ kind, name, stage, trace, capture, difference }: ComparisonReport): string {
  const sum = ({ count, totalNs }: ComparisonReport['trace']): string =>
    `${count ?? '-'}x${totalNs / 1e6}`;
  const apart = difference === null ? 'null' : difference.toFixed(3);
  return `${kind} ${name}~${stage} ${sum(trace)} ${sum(capture)} ${apart}`;
}

const decoded: CapturedStage = { name: 'decode', executions: regular(20, 20, 10) };

describe('the stretches of a trace beside the stages of a capture', () => {
  it('are compared where they have one name', () => {
    const beside = run(
      [decoded, { name: 'train', executions: regular(20, 20, 8, 11) }],
      [
        profiled(0, 400),
        { name: 'decode', times: regular(20, 20, 9.9, 0.05) },
        { name: 'train', times: regular(20, 20, 4, 11) },
        { name: 'only there', times: regular(3, 20, 1) },
        { name: 'aten::add', cat: 'cpu_op', times: regular(20, 20, 3, 1) },
      ],
    );
    assert.equal(beside.uncompared, null);
    assert.deepEqual(beside.compared.map(lineOf), [
      'stage decode~decode 20x198 20x200 -0.010',
      'stage train~train 20x80 20x160 -0.500',
    ]);
    assert.deepEqual(
      beside.stretches.map(({ name, count, totalNs }) => [name, count, totalNs / 1e6]),
      [
        ['decode', 20, 198],
        ['train', 20, 80],
        ['only there', 3, 3],
      ],
    );
    assert.deepEqual([beside.tool, beside.process], ['PyTorch profiler', 100]);
  });

  it('count as a whole or not at all, by the time that both cover', () => {
    // The profiler was on from 55 ms to 235 ms: it does not know the executions that it began and ended in.
    const beside = run(
      [{ name: 'decode', executions: regular(20, 20, 18) }],
      [profiled(55, 235), { name: 'decode', times: regular(8, 20, 18, 60) }],
    );
    assert.deepEqual(beside.compared.map(lineOf), ['stage decode~decode 8x144 8x144 0.000']);
    // The profiler went on when the capture had ended.
    const longer = run(
      [{ name: 'decode', executions: regular(5, 20, 18) }],
      [profiled(0, 400), { name: 'decode', times: regular(20, 20, 18) }],
    );
    assert.deepEqual(longer.compared.map(lineOf), ['stage decode~decode 5x90 5x90 0.000']);
  });

  it('count where the stretch lies around the stage, also at the very edge', () => {
    const beside = run(
      [{ name: 'decode', executions: regular(20, 20, 10, 0.05) }],
      [{ name: 'decode', times: regular(20, 20, 10.1) }],
    );
    assert.deepEqual(beside.compared.map(lineOf), ['stage decode~decode 20x202 20x200 0.010']);
  });

  it('count once where they lie in each other', () => {
    const beside = run(
      [decoded],
      [
        { name: 'decode', times: regular(20, 20, 10) },
        { name: 'decode', times: regular(20, 20, 4, 2) },
      ],
    );
    assert.deepEqual(beside.compared.map(lineOf), ['stage decode~decode 20x200 20x200 0.000']);
  });

  it('say when one of the two has not seen all', () => {
    const beside = run(
      [decoded],
      [profiled(0, 400), { name: 'decode', times: regular(10, 20, 10) }],
    );
    assert.match(beside.compared[0]?.remark ?? '', /^they do not run equally often/);
    const loss = { where: 'ring', stage: 'decode', pipeline: 'train', fromNs: 0, toNs: 0 } as const;
    const capture = runCapture([decoded], [{ kind: 'loss', ...loss, records: 3, executions: 3 }]);
    const trace = kineto([{ name: 'decode', times: regular(20, 20, 10) }]);
    const [lossy] = besideOf(besideRun(capture, trace).model).compared;
    assert.deepEqual(
      [lossy?.difference, lossy?.remark],
      [null, '3 records of the stage were lost'],
    );
  });

  it('are listed without numbers of steps, and not all of them', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({
      name: `stretch ${i}`,
      times: regular(1, 1, 1 + i / 10, 10),
    }));
    const steps = Array.from({ length: 5 }, (_, i) => ({
      name: `ProfilerStep#${i + 7}`,
      times: regular(1, 1, 40, 40 * i),
    }));
    const { stretches, more } = run([decoded], [...many, ...steps]);
    assert.deepEqual(stretches[0], { name: 'ProfilerStep', count: 5, totalNs: 200e6 });
    assert.deepEqual([stretches.length, more], [20, { stretches: 11, deviceWork: 0 }]);
  });

  it('are known by the name of a stage where the tool does not tell who gave it', () => {
    const events = [
      { name: 'decode', cat: 'fn', times: regular(20, 20, 10) },
      { name: 'helper', cat: 'fn', times: regular(20, 20, 4) },
    ];
    const beside = run([decoded], events);
    assert.deepEqual(beside.compared.map(lineOf), ['stage decode~decode 20x200 20x200 0.000']);
    assert.deepEqual(
      beside.stretches.map(({ name }) => name),
      ['decode'],
    );
  });
});

describe('requests to a DataLoader', () => {
  const step: CapturedStage = {
    ...{ name: 'step', via: 'torch' },
    executions: regular(20, 20, 12, 8),
    waits: regular(20, 20, 8),
  };
  const next = (name: string, times: KinetoEvents['times']): KinetoEvents => ({
    name: `enumerate(DataLoader)#${name}.__next__`,
    times,
  });

  it('are waiting for input, and the one that brings nothing is none', () => {
    const beside = run(
      [step],
      [
        profiled(-10, 500),
        next('_SingleProcessDataLoaderIter', regular(10, 20, 7.8, 0.05)),
        next('_MultiProcessingDataLoaderIter', regular(10, 20, 7.8, 200.05)),
        // The end of the epoch: workers are stopped, and no batch comes.
        next('_MultiProcessingDataLoaderIter', [[400, 460]]),
      ],
    );
    assert.deepEqual(beside.compared.map(lineOf), [
      'input enumerate(DataLoader)~step 20x156 20x160 -0.025',
    ]);
  });
});

describe('the GPU of a trace', () => {
  const stream = (tid: number, name: string, times: KinetoEvents['times']): KinetoEvents => {
    return { name, cat: name.startsWith('Memcpy') ? 'gpu_memcpy' : 'kernel', pid: 0, tid, times };
  };
  const host: KinetoEvents = { name: 'train', times: regular(20, 20, 15) };
  const work = [
    stream(7, 'gemm', regular(20, 20, 6, 1)),
    stream(7, 'relu', regular(20, 20, 3, 7)),
    stream(20, 'Memcpy HtoD', regular(20, 20, 4, 4)),
    { name: 'train', cat: 'gpu_user_annotation', pid: 0, tid: 7, times: regular(20, 20, 9, 1) },
  ];

  it('is busy while anything runs, and is compared with the stage that is the GPU', () => {
    const gpu: CapturedStage = {
      ...{ name: 'H100 (cuda:0)', via: 'cuda', kind: 'gpu', pipeline: null },
      executions: regular(20, 20, 10, 1),
    };
    const trained: CapturedStage = {
      ...{ name: 'train', kind: 'gpu' },
      executions: regular(20, 20, 15),
    };
    const beside = run([trained, gpu], [profiled(0, 400), host, ...work]);
    assert.deepEqual(
      beside.deviceWork.map(({ name, count, totalNs }) => [name, count, totalNs / 1e6]),
      [
        ['gemm', 20, 120],
        ['Memcpy HtoD', 20, 80],
        ['relu', 20, 60],
      ],
    );
    assert.deepEqual(beside.devices, [{ name: 'GPU 0', busyNs: 180e6 }]);
    assert.deepEqual(beside.compared.map(lineOf), [
      'stage train~train 20x300 20x300 0.000',
      'device GPU 0~H100 (cuda:0) -x180 -x200 -0.100',
    ]);
  });

  it('is compared with the only stage of its kind where no stage is the GPU', () => {
    const infer: CapturedStage = { name: 'infer', kind: 'gpu', executions: regular(20, 20, 10, 0) };
    const add: KinetoEvents = { name: 'aten::add', cat: 'cpu_op', times: regular(20, 20, 3) };
    const lines = run([infer], [profiled(0, 400), add, ...work]).compared.map(lineOf);
    assert.deepEqual(lines, ['device GPU 0~infer -x180 -x200 -0.100']);
    const second = { ...infer, name: 'other' };
    assert.deepEqual(run([infer, second], [profiled(0, 400), add, ...work]).compared, []);
  });
});

describe('a trace that PyTorch wrote on a GPU', () => {
  interface Raw {
    readonly ph: string;
    readonly cat?: string;
    readonly name: string;
    readonly pid: number | string;
    readonly ts: number;
    readonly dur: number;
  }
  const file = new URL('../../../fixtures/foreign/kineto.json.gz', import.meta.url).pathname;
  const { traceEvents } = JSON.parse(new TextDecoder().decode(fileBytes(file))) as {
    traceEvents: readonly Raw[];
  };
  const slices = traceEvents.filter(({ ph }) => ph === 'X');
  const startUs = slices.reduce((least, { ts }) => Math.min(least, ts), Infinity);
  const host = slices.find(({ cat }) => cat === 'cpu_op')?.pid;
  const timesOf = (isWanted: (slice: Raw) => boolean): [number, number][] =>
    slices
      .filter(isWanted)
      .map(({ ts, dur }) => [(ts - startUs) / 1000, (ts + dur - startUs) / 1000]);
  const isWork = ({ cat = '' }: Raw): boolean => /^(kernel|gpu_memcpy|gpu_memset)$/.test(cat);
  const moved = traceEvents.map((event) => {
    const pid = event.pid === host ? RUN_PID : event.pid;
    return { ...event, pid, ts: event.ts - startUs + RUN_UNIX_US };
  });

  it('agrees with a plain sum over its events', () => {
    const forward = timesOf(({ cat, name }) => cat === 'user_annotation' && name === 'forward');
    assert.ok(forward.length > 3);
    const gpu = { name: 'GPU (cuda:0)', via: 'cuda', kind: 'gpu', pipeline: null } as const;
    const end = timesOf(() => true).reduce((latest, [, to]) => Math.max(latest, to), 0);
    const beside = besideTrace(
      [
        { name: 'forward', executions: forward },
        { ...gpu, executions: timesOf(isWork) },
        { name: 'all', executions: [[0, end]] },
      ],
      { schemaVersion: 1, traceEvents: moved },
    );
    const busyMs = unionMs(timesOf(isWork));
    assert.ok(Math.abs((beside.devices[0]?.busyNs ?? 0) / 1e6 - busyMs) < 0.01 * busyMs);
    const kernels = new Set(slices.filter(isWork).map(({ name }) => name));
    assert.equal(beside.deviceWork.length + beside.more.deviceWork, kernels.size);
    const [stage, device] = beside.compared;
    assert.deepEqual([stage?.name, stage?.trace.count], ['forward', forward.length]);
    assert.ok(Math.abs(stage?.difference ?? 1) < 0.001);
    assert.deepEqual([device?.kind, device?.stage], ['device', 'GPU (cuda:0)']);
    assert.ok(Math.abs(device?.difference ?? 1) < 0.01);
  });
});

/** Time in which any of them ran. */
function unionMs(times: readonly (readonly [number, number])[]): number {
  let sum = 0;
  let reached = -Infinity;
  for (const [from, to] of [...times].sort(([a], [b]) => a - b)) {
    sum += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return sum;
}

describe('traces beside a capture, in the report', () => {
  it('are not compared with another process', () => {
    const trace = kineto([{ name: 'decode', times: regular(20, 20, 10) }], { pid: 4711 });
    const beside = besideOf(besideRun(runCapture([decoded]), trace).model);
    assert.deepEqual(beside.compared, []);
    assert.equal(beside.uncompared, 'The capture has no process 4711, which the trace is of.');
    assert.deepEqual(beside.stretches, [{ name: 'decode', count: 20, totalNs: 200e6 }]);
  });

  it('are absent where there is a capture alone, or a trace alone', () => {
    assert.equal('beside' in modelOf(runCapture([decoded])).report(), false);
    const trace = kineto([{ name: 'decode', times: regular(20, 20, 10) }]);
    assert.equal('beside' in importJson(trace).model.report(), false);
  });

  it('stand in all texts', () => {
    const trace = kineto([profiled(0, 400), { name: 'decode', times: regular(20, 20, 9.5) }]);
    const { model } = besideRun(runCapture([decoded]), trace);
    const report = model.report();
    const text = renderText(report, { color: false, width: 100 });
    assert.match(text, /^Beside it {2}python3 \(trace\.json\), pid 100, by PyTorch profiler$/m);
    assert.match(text, /^decode +decode +190 ms in 20 +200 ms in 20 +-5\.0%$/m);
    assert.match(
      reportMarkdown('x', report),
      /\| decode \| decode \| 190 ms in 20 \| 200 ms in 20 \| -5\.0% \|/,
    );
    assert.match(reportAnswer('s', report).text, /\| `decode` \| `decode` \| 190 ms in 20 \|/);
    assert.ok(text.split('\n').every((line) => line.length <= 100));
  });
});
