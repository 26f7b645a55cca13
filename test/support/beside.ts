/** A capture by hand, traces of other tools of the same run by hand, and the session of all of them. */
import assert from 'node:assert/strict';
import { FxtReader } from '../../agent/wire/fxtReader.js';
import type { Declaration } from '../../agent/wire/manifest.js';
import { placeBeside } from '../../extension/core/foreign/beside.js';
import { CaptureFrame } from '../../extension/core/foreign/captureFrame.js';
import { ForeignImport } from '../../extension/core/foreign/foreignImport.js';
import { fxtOf } from '../../extension/core/foreign/fxtTrace.js';
import type { BesideReport } from '../../extension/core/report/report.js';
import { SessionModel } from '../../extension/core/sessionModel.js';
import { drawingStartNs, processDeclaration, stageDeclaration, TraceText } from './traceText.js';

/** Pid of the captured process, and Unix microseconds at time 0 of a run. */
export const RUN_PID = 100;
export const RUN_UNIX_US = 1_700_000_000_000_000;

/** What ran: in milliseconds of the run. */
export type Times = readonly (readonly [fromMs: number, toMs: number])[];

/** A stage of the captured process. */
export interface CapturedStage {
  readonly name: string;
  readonly via?: string;
  readonly kind?: 'cpu' | 'gpu';
  /** null: declared without one. */
  readonly pipeline?: string | null;
  readonly executions?: Times;
  /** Waiting for input. */
  readonly waits?: Times;
}

const ns = (ms: number): number => drawingStartNs + Math.round(ms * 1e6);

/** The capture of a run. `more`: further declarations. */
export function runCapture(
  stages: readonly CapturedStage[],
  more: readonly Declaration[] = [],
): Uint8Array {
  const trace = new TraceText();
  trace.declare(processDeclaration(RUN_PID, 'train.py'), ...more);
  for (const [i, stage] of stages.entries()) {
    const { name, via = 'api', kind = 'cpu', pipeline = 'train' } = stage;
    if (pipeline !== null) trace.declare({ kind: 'pipeline', name: pipeline });
    const lane = 10 + i;
    trace.declare(stageDeclaration(name, { pipeline, via, stageKind: kind }), {
      kind: 'lane',
      lane,
      stage: name,
      pipeline,
      thread: 'main',
      slot: 0,
    });
    for (const [from, to] of stage.executions ?? []) {
      trace.interval(lane, { category: 'stage', name, startNs: ns(from), endNs: ns(to) });
    }
    for (const [from, to] of stage.waits ?? []) {
      trace.interval(lane, { category: 'wait', name: 'input', startNs: ns(from), endNs: ns(to) });
    }
  }
  const executions = stages.reduce((sum, stage) => sum + (stage.executions?.length ?? 0), 0);
  trace.declare({ kind: 'end', atNs: ns(0), executions });
  return trace.take();
}

/** Every `everyMs` one, `lengthMs` long. */
export function regular(count: number, everyMs: number, lengthMs: number, fromMs = 0): Times {
  return Array.from({ length: count }, (_, i) => {
    const from = fromMs + i * everyMs;
    return [from, from + lengthMs] as const;
  });
}

/** Something that Kineto writes. */
export interface KinetoEvents {
  readonly name: string;
  readonly cat?: string;
  readonly tid?: number | string;
  readonly pid?: number | string;
  readonly times: Times;
}

/** A trace as PyTorch's profiler writes it. `baseNs`: as since PyTorch 2.3, where times do not count from 1970. */
export function kineto(
  events: readonly KinetoEvents[],
  { baseNs = null, pid = RUN_PID }: { readonly baseNs?: number | null; readonly pid?: number } = {},
): object {
  const startUs = baseNs === null ? RUN_UNIX_US : RUN_UNIX_US - baseNs / 1000;
  const slices = events.flatMap(({ name, cat = 'user_annotation', times, ...where }) =>
    times.map(([from, to]) => {
      const ts = startUs + from * 1000;
      return { ph: 'X', cat, name, pid, tid: pid, ...where, ts, dur: (to - from) * 1000 };
    }),
  );
  return {
    schemaVersion: 1,
    ...(baseNs === null ? {} : { baseTimeNanoseconds: baseNs }),
    traceEvents: [
      { ph: 'M', name: 'process_name', pid, tid: 0, ts: startUs, args: { name: 'python3' } },
      ...slices,
    ],
  };
}

/** The whole time that a profiler was on. */
export function profiled(fromMs: number, toMs: number): KinetoEvents {
  const where = { pid: 'Spans', tid: 'PyTorch Profiler' };
  return { name: 'PyTorch Profiler (0)', cat: 'Trace', ...where, times: [[fromMs, toMs]] };
}

/** What came of putting traces beside a capture: the session, or the first refusal. */
export function besideRun(
  capture: Uint8Array,
  ...traces: readonly object[]
): { readonly model: SessionModel; readonly error: string | null; readonly fxt: Uint8Array } {
  const frame = new CaptureFrame();
  const looking = new FxtReader(frame);
  looking.push(capture);
  frame.captureIsOver();
  const parts: Uint8Array[] = [capture];
  let error: string | null = null;
  for (const [i, trace] of traces.entries()) {
    const run = new ForeignImport('x.json');
    run.push(new TextEncoder().encode(JSON.stringify(trace)));
    const collected = run.collect();
    assert.ok(collected !== null);
    const label = `trace${i === 0 ? '' : i + 1}.json`;
    const place = placeBeside(collected, frame, { capture: 'run.fxt', trace: label, label });
    if (!place.ok) {
      error ??= place.error;
      continue;
    }
    for (const piece of fxtOf(collected, place.value)) {
      looking.push(piece);
      parts.push(piece);
    }
  }
  const fxt = Buffer.concat(parts);
  return { model: modelOf(fxt), error, fxt };
}

/** The session of a capture. */
export function modelOf(fxt: Uint8Array): SessionModel {
  const model = new SessionModel({ title: 'run.fxt' });
  model.setState('capture');
  const reader = new FxtReader(model.sink);
  reader.push(fxt);
  assert.equal(reader.end().problem, null);
  return model;
}

/** The only trace beside the capture, as the report has it. */
export function besideOf(model: SessionModel): BesideReport {
  const { beside = [] } = model.report();
  const [only] = beside;
  assert.ok(only !== undefined && beside.length === 1, `${beside.length} traces`);
  return only;
}
