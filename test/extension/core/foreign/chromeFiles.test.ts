/** Traces that PyTorch and Chromium wrote, against a plain parse of the same files that shares no code with the import. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeUtf8 } from '../../../../agent/wire/utf8.js';
import {
  fileBytes,
  importBytes,
  type Imported,
  type PlainEvent,
} from '../../../support/imported.js';

interface RawEvent {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly pid: number | string;
  readonly tid: number | string;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: string | number;
  readonly id2?: Readonly<Record<string, string>>;
  readonly args?: Readonly<Record<string, unknown>>;
}

interface RawSlice {
  readonly name: string;
  readonly cat: string;
  readonly owner: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

const fixture = (name: string): Uint8Array =>
  fileBytes(new URL(`../../../fixtures/foreign/${name}`, import.meta.url).pathname);

/** Events with their times as written: exact decimals, which JSON.parse rounds. */
function eventsOf(bytes: Uint8Array): readonly RawEvent[] {
  const text = decodeUtf8(bytes);
  const quoted = text.replace(/"(ts|dur)":\s*(-?[\d.]+)/g, '"$1":"$2"');
  return (JSON.parse(quoted) as { traceEvents: RawEvent[] }).traceEvents;
}

/** Nanoseconds of a decimal text in microseconds. */
function exactNs(us: unknown): bigint {
  const [whole = '0', fraction = ''] = String(us).split('.');
  return BigInt(whole) * 1000n + BigInt(fraction.padEnd(3, '0').slice(0, 3));
}

/** Slices with both ends: X, and B with the E that closes it; what never ends goes to `untilNs`. */
function slicesOf(events: readonly RawEvent[]): readonly RawSlice[] {
  const slices: RawSlice[] = [];
  const open = new Map<string, RawEvent[]>();
  const untilNs = events
    .filter((e) => /^[XBE]$/.test(e.ph))
    .map((e) => exactNs(e.ts) + (e.ph === 'X' ? exactNs(e.dur) : 0n))
    .reduce((a, b) => (a > b ? a : b));
  const close = (begin: RawEvent, owner: string, endNs: bigint): void => {
    const { name, cat = '' } = begin;
    slices.push({ name, cat, owner, startNs: exactNs(begin.ts), endNs });
  };
  for (const event of events) {
    const owner = `${event.pid}/${event.tid}`;
    const stack = open.get(owner) ?? [];
    open.set(owner, stack);
    if (event.ph === 'X') close(event, owner, exactNs(event.ts) + exactNs(event.dur));
    else if (event.ph === 'B') stack.push(event);
    else if (event.ph === 'E') {
      const begin = stack.pop();
      if (begin !== undefined) close(begin, owner, exactNs(event.ts));
    }
  }
  for (const [owner, stack] of open) for (const begin of stack) close(begin, owner, untilNs);
  return slices;
}

/** How many slices of one thread lie in no other of it. */
function topLevel(slices: readonly RawSlice[]): number {
  const sorted = slices.toSorted((a, b) => Number(a.startNs - b.startNs || b.endNs - a.endNs));
  let untilNs = -1n;
  let count = 0;
  for (const { startNs, endNs } of sorted) {
    if (startNs < untilNs) continue;
    count++;
    untilNs = endNs;
  }
  return count;
}

function sumByName(slices: readonly { name: string; ns: number }[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { name, ns } of slices) sums[name] = (sums[name] ?? 0) + ns;
  return sums;
}

const ofCategory = (imported: Imported, category: string): readonly PlainEvent[] =>
  imported.events.filter((event) => event.category === category);

const GPU_WORK = new Set(['kernel', 'gpu_memcpy', 'gpu_memset']);

describe('a trace of PyTorch’s profiler', () => {
  const bytes = fixture('kineto.json.gz');
  const raw = eventsOf(bytes);
  const slices = slicesOf(raw);
  const imported = importBytes(bytes);
  const report = imported.model.report();

  it('is read whole', () => {
    assert.deepEqual(imported.outcome, {
      kind: 'read',
      format: 'chrome',
      problem: null,
      emptyReason: null,
    });
    assert.equal(report.capture.truncatedReason, null);
    assert.equal(raw.length, 1967);
  });

  it('shows every slice with its name and its time, to the nanosecond', () => {
    const named = ofCategory(imported, 'annotation');
    assert.equal(named.length, slices.filter((s) => s.cat === 'user_annotation').length);
    const spans = [...named, ...ofCategory(imported, 'span'), ...ofCategory(imported, 'gpu')];
    assert.equal(spans.length, slices.length);
    assert.deepEqual(
      sumByName(spans.map((s) => ({ name: s.name, ns: s.extra - s.startNs }))),
      sumByName(slices.map((s) => ({ name: s.name, ns: Number(s.endNs - s.startNs) }))),
    );
    const firstNs = slices.map((s) => s.startNs).reduce((a, b) => (a < b ? a : b));
    const starts = (list: readonly number[]): readonly number[] => list.toSorted((a, b) => a - b);
    assert.deepEqual(
      starts(spans.map((s) => s.startNs)),
      starts(slices.map((s) => Number(s.startNs - firstNs))),
    );
  });

  it('has the GPU as a stage with a lane for each stream, and kernels tied to their calls', () => {
    const work = slices.filter((s) => GPU_WORK.has(s.cat));
    assert.equal(ofCategory(imported, 'gpu').length, work.length);
    const executions = ofCategory(imported, 'stage').filter((e) => e.name === 'GPU 0');
    assert.equal(executions.length, work.length);
    const correlations = raw.flatMap((e) => (GPU_WORK.has(e.cat ?? '') ? [e.args] : []));
    assert.deepEqual(
      new Set(executions.map((e) => e.args['item'])),
      new Set(correlations.map((args) => args?.['correlation'])),
    );
    const stage = report.pipelines[0]?.stages.find((s) => s.name === 'GPU 0');
    assert.deepEqual([stage?.kind, stage?.parallelism, stage?.executions], ['gpu', 2, work.length]);
    const streams = [...imported.lanes.values()].filter((lane) => lane.stage === 'GPU 0');
    assert.deepEqual(streams.map((lane) => lane.thread).toSorted(), ['stream 13', 'stream 7']);
    const named = report.pipelines[0]?.stages.find((s) => s.name === 'GPU 0 annotations');
    const annotations = slices.filter((s) => s.cat === 'gpu_user_annotation');
    assert.equal(named?.executions, topLevel(annotations));
  });

  it('has each thread of the host as a stage, in one process', () => {
    assert.deepEqual(
      report.capture.processes.map((p) => [p.pid, p.title, p.runtime]),
      [[448, 'python3', 'PyTorch profiler']],
    );
    assert.equal(report.pipelines.length, 1);
    for (const [name, owner] of [
      ['thread 448 (python3)', '448/448'],
      ['thread 482 (pt_autograd_0)', '448/482'],
      ['thread 228649280', '448/228649280'],
      ['PyTorch Profiler', 'Spans/PyTorch Profiler'],
      ['overhead', '-1/0'],
    ] as const) {
      const stage = report.pipelines[0]?.stages.find((s) => s.name === name);
      const own = slices.filter((s) => s.owner === owner);
      assert.deepEqual([stage?.kind, stage?.executions], ['cpu', topLevel(own)], name);
    }
  });

  it('shows what the allocators hold, in bytes', () => {
    const memory = raw.filter((e) => e.name === '[memory]');
    assert.equal(memory.length, 254);
    for (const [name, type, key] of [
      ['memory allocated, GPU 0', 1, 'Total Allocated'],
      ['memory reserved, GPU 0', 1, 'Total Reserved'],
      ['memory allocated, CPU', 0, 'Total Allocated'],
    ] as const) {
      const values = ofCategory(imported, 'gauge')
        .filter((e) => e.name === name)
        .map((e) => e.args['value']);
      const expected = memory.filter((e) => e.args?.['Device Type'] === type);
      assert.deepEqual(
        values,
        expected.map((e) => e.args?.[key]),
        name,
      );
      const rows = imported.model
        .snapshot()
        .rows.flatMap((r) => (r.kind === 'gauges' ? r.gauges : []));
      const row = rows.find((r) => r.label === name);
      assert.equal(row?.unit, 'bytes');
      assert.equal(row.max, Math.max(...values.map(Number)));
    }
  });

  it('gets no verdict, and the reason why', () => {
    const [pipeline] = report.pipelines;
    assert.equal(pipeline?.isImported, true);
    assert.equal(pipeline.bottleneck.kind, 'none');
    assert.match(pipeline.bottleneck.evidence.join(), /threads and tasks of an imported trace/);
    assert.deepEqual([pipeline.links, pipeline.latencyNs, pipeline.latencyMean], [[], null, null]);
    assert.ok(pipeline.stages.every(({ shares }) => shares.starved + shares.blocked === 0));
    assert.ok(report.notes.includes('Not shown: 534 flow events, 2 instants.'));
  });

  it('is the same wherever it is cut', () => {
    for (const chunk of [1000, 4097]) {
      assert.deepEqual(Buffer.from(importBytes(bytes, chunk).fxt), Buffer.from(imported.fxt));
    }
  });
});

describe('a performance recording of Chromium', () => {
  const bytes = fixture('chromium.json.gz');
  const raw = eventsOf(bytes);
  const slices = slicesOf(raw);
  const imported = importBytes(bytes);
  const report = imported.model.report();
  const stageOf = (pid: number | string, name: string): number =>
    report.pipelines
      .flatMap((p) => p.stages)
      .filter((s) => s.process === pid && s.name === name)
      .reduce((sum, s) => sum + s.executions, 0);

  it('shows every slice of every thread', () => {
    const names = new Map<string, string>();
    for (const e of raw) {
      if (e.ph === 'M' && e.name === 'thread_name')
        names.set(`${e.pid}/${e.tid}`, String(e.args?.['name']));
    }
    const owners = [...new Set(slices.map((s) => s.owner))];
    const expected = new Map<string, number>();
    for (const owner of owners) {
      const key = `${owner.split('/')[0] ?? ''}/${names.get(owner) ?? ''}`;
      const tops = topLevel(slices.filter((s) => s.owner === owner));
      expected.set(key, (expected.get(key) ?? 0) + tops);
    }
    assert.ok(expected.size > 15);
    for (const [key, count] of expected) {
      const [pid, name = ''] = key.split('/');
      assert.equal(stageOf(Number(pid), name), count, key);
    }
    const asyncNames = new Set(raw.filter((e) => /^[be]$/.test(e.ph)).map((e) => e.name));
    const spans = ofCategory(imported, 'span').filter((s) => !asyncNames.has(s.name));
    assert.equal(spans.length, slices.filter((s) => !asyncNames.has(s.name)).length);
  });

  it('shows asynchronous work by name, each piece once', () => {
    const { roots, inner } = asyncCounts(raw);
    const slots = new Set(
      [...imported.lanes].filter(([, l]) => l.thread === 'slot').map(([n]) => n),
    );
    const onSlots = imported.events.filter((e) => slots.has(e.lane));
    assert.ok(roots > 20 && inner > 50);
    assert.equal(onSlots.filter((e) => e.category === 'stage').length, roots);
    assert.equal(onSlots.filter((e) => e.category === 'span').length, inner);
    assert.ok(stageOf(rendererPid(raw), 'PipelineReporter') > 5);
  });

  it('has the CPU samples of the threads that were sampled', () => {
    const chunks = raw.filter((e) => e.name === 'ProfileChunk');
    const samples = chunks.reduce((sum, e) => {
      const data = e.args?.['data'] as { cpuProfile?: { samples?: unknown[] } } | undefined;
      return sum + (data?.cpuProfile?.samples?.length ?? 0);
    }, 0);
    assert.ok(samples > 100);
    assert.equal(
      imported.profiles.reduce((sum, p) => sum + p.samples.length, 0),
      samples,
    );
    const main = report.pipelines
      .flatMap((p) => p.stages)
      .find((s) => s.process === rendererPid(raw) && s.name === 'CrRendererMain');
    const functions = main?.functions?.map((f) => f.name) ?? [];
    assert.ok(functions.includes('sieve') && functions.includes('render'), functions.join());
  });

  it('starts at 0, whichever thread comes first in the file', () => {
    const { extentNs } = imported.model.snapshot();
    assert.equal(extentNs[0], 0);
    assert.equal(extentNs[1], report.capture.durationNs);
  });

  it('names processes and says what is not shown', () => {
    const titles = report.capture.processes.map((p) => p.title);
    for (const title of ['Browser', 'Renderer', 'GPU Process']) assert.ok(titles.includes(title));
    const count = (phases: RegExp): number => raw.filter((e) => phases.test(e.ph)).length;
    const instants = count(/^[iInR]$/);
    const flows = count(/^[stf]$/);
    const hidden = report.notes.find((note) => note.startsWith('Not shown'));
    assert.match(hidden ?? '', new RegExp(`\\b${instants} instants, ${flows} flow events`));
  });
});

/** Pairs of `b` and `e` that lie in no other of their id, and those that do. */
function asyncCounts(raw: readonly RawEvent[]): { readonly roots: number; readonly inner: number } {
  const depths = new Map<string, number>();
  let [roots, inner] = [0, 0];
  for (const e of raw.filter(({ ph }) => ph === 'b' || ph === 'e')) {
    const local = e.id2?.['local'] === undefined ? '' : e.pid;
    const key = JSON.stringify([e.cat, local, e.id ?? e.id2]);
    const depth = (depths.get(key) ?? 0) + (e.ph === 'b' ? 1 : -1);
    depths.set(key, Math.max(depth, 0));
    if (e.ph === 'e' && depth === 0) roots++;
    if (e.ph === 'e' && depth > 0) inner++;
  }
  return { roots, inner };
}

/** The renderer of the page that was recorded: it has the worker. */
function rendererPid(raw: readonly RawEvent[]): number | string {
  const worker = raw.find((e) => e.args?.['name'] === 'DedicatedWorker thread');
  assert.ok(worker !== undefined);
  return worker.pid;
}
