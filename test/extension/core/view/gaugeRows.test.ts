import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Declaration } from '../../../../agent/wire/manifest.js';
import type { ViewReply } from '../../../../extension/core/panel/view.js';
import type { GaugesRow } from '../../../../extension/core/panel/rows.js';
import type { SessionModel } from '../../../../extension/core/sessionModel.js';
import {
  drawingStartNs,
  modelOf,
  processDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

const STEP_NS = 250e6;

function laneOf(lane: number, thread: string): Declaration {
  return { kind: 'lane', lane, stage: null, pipeline: null, thread, slot: 0 };
}

interface Setup {
  readonly workers?: number;
  readonly quotaCores?: number | null;
}

/** Eight samples of everything: the loop hangs for 90 ms before the fourth one. */
function measured({ workers = 0, quotaCores = null }: Setup): SessionModel {
  const trace = new TraceText();
  const environment = { platform: 'linux', arch: 'x64', cpuModel: 'c', cores: 8, memoryBytes: 1 };
  trace.declare(processDeclaration(), { kind: 'environment', ...environment, quotaCores });
  trace.declare(laneOf(1, 'main'));
  for (let w = 1; w <= workers; w++) trace.declare(laneOf(10 + w, `worker ${w}`));
  for (let i = 1; i <= 8; i++) {
    const atNs = drawingStartNs + i * STEP_NS;
    const gauge = (lane: number, name: string, value: number): void => {
      trace.counter('gauge', { name, id: 0, atNs, lane, values: { value } });
    };
    gauge(1, 'eventLoopUtilization', i === 4 ? 0.99 : 0.5);
    gauge(1, 'eventLoopDelayNs', i === 4 ? 90e6 : 1e6);
    gauge(1, 'cpuCores', 1.5);
    gauge(1, 'rssBytes', i * 1e6);
    if (quotaCores !== null) gauge(1, 'throttled', i === 5 ? 0.2 : 0);
    for (let w = 1; w <= workers; w++) {
      gauge(10 + w, 'eventLoopUtilization', 0.5);
      gauge(10 + w, 'threadCpu', w / 16);
    }
    for (const lane of [1, ...Array.from({ length: workers }, (_, w) => 11 + w)]) {
      if (i !== 2) continue;
      trace.interval(lane, {
        category: 'runtime',
        name: 'gc major',
        startNs: atNs,
        endNs: atNs + STEP_NS / 4,
      });
    }
  }
  return modelOf(trace.take(), 65_536);
}

/** A device with 8 GiB, of which 2 and then 3 are in use. */
function withDevice(): SessionModel {
  const trace = new TraceText();
  trace.declare(processDeclaration(), laneOf(1, 'main'));
  for (let i = 1; i <= 2; i++) {
    const atNs = drawingStartNs + i * STEP_NS;
    const gauge = (name: string, value: number): void => {
      trace.counter('gauge', { name, id: 0, atNs, lane: 1, values: { value } });
    };
    gauge('gpuUtilization', 0.5);
    gauge('gpuMemoryBytes', (i + 1) * 2 ** 30);
    gauge('gpuMemoryLimitBytes', 8 * 2 ** 30);
  }
  return modelOf(trace.take(), 65_536);
}

function groupOf(model: SessionModel): GaugesRow {
  const row = model.snapshot().rows.find((r) => r.kind === 'gauges');
  assert.ok(row !== undefined);
  return row;
}

function idOf(model: SessionModel, label: string): number {
  return groupOf(model).gauges.find((g) => g.label === label)?.id ?? -1;
}

function valuesOf(reply: ViewReply, row: number): readonly number[] {
  const section = reply.sections.find((s) => s.row === row);
  assert.ok(section?.kind === 'gauge', `no gauge section for row ${row}`);
  return [...new Float32Array(reply.buffer, section.offset, section.columns)];
}

function columns(model: SessionModel, label: string): readonly number[] {
  const row = idOf(model, label);
  const [fromNs] = model.snapshot().extentNs;
  const request = { seq: 1, fromNs, toNs: fromNs + 7 * STEP_NS, widthPx: 7, rows: [row] };
  return valuesOf(model.view(request), row).map((v) => Math.round(v * 1e4) / 1e4);
}

describe('gauge rows', () => {
  it('stand behind the pipelines, by process, with their figures, limits and ids that stay', () => {
    const model = measured({ quotaCores: 2 });
    const { title, process, gauges } = groupOf(model);
    assert.deepEqual([title, process], ['app.js', 100]);
    assert.deepEqual(
      gauges.map((g) => [g.label, g.thread, g.unit, g.max, g.scaleMax, g.warnAbove, g.limit]),
      [
        ['event loop delay', 'main', 'ns', 90e6, 90e6, 50e6, null],
        ['event loop busy', 'main', 'share', 0.99, 1, 0.95, null],
        ['garbage collection', 'main', 'share', null, 1, null, null],
        ['CPU, cores', null, 'cores', 1.5, 2, null, 2],
        ['held by quota', null, 'share', 0.2, 0.2, 0.01, null],
        ['memory, resident', null, 'bytes', 8e6, 8e6, null, null],
      ],
    );
    assert.equal(gauges[0]?.mean, null, 'a mean of longest delays says nothing');
    assert.equal(gauges[1]?.mean, (7 * 0.5 + 0.99) / 8);
    assert.equal(gauges[2]?.mean, 1 / 4 / 8);
    const ids = (): readonly number[] => groupOf(model).gauges.map((g) => g.id);
    assert.deepEqual(ids(), ids());
    assert.equal(new Set(ids()).size, 6);
  });

  it('show the memory of a device against what it has', () => {
    assert.deepEqual(
      groupOf(withDevice()).gauges.map((g) => [g.label, g.unit, g.max, g.scaleMax, g.limit]),
      [
        ['GPU busy', 'share', 0.5, 1, null],
        ['GPU memory', 'bytes', 3 * 2 ** 30, 8 * 2 ** 30, 8 * 2 ** 30],
      ],
    );
  });

  it('leave the quota out where there is none', () => {
    const labels = groupOf(measured({})).gauges.map((g) => g.label);
    assert.ok(!labels.includes('held by quota'));
    assert.equal(groupOf(measured({})).gauges.find((g) => g.unit === 'cores')?.scaleMax, 8);
  });

  it('are painted by column: the longest delay, the mean share, collections', () => {
    const model = measured({});
    assert.deepEqual(columns(model, 'event loop delay'), [1e6, 1e6, 90e6, 1e6, 1e6, 1e6, 1e6]);
    assert.deepEqual(columns(model, 'event loop busy'), [0.5, 0.5, 0.99, 0.5, 0.5, 0.5, 0.5]);
    assert.deepEqual(columns(model, 'garbage collection'), [0, 0.25, 0, 0, 0, 0, 0]);
  });

  it('have a row per worker thread for up to eight of them, else one for all that says so', () => {
    const few = measured({ workers: 8 });
    const labels = groupOf(few).gauges.map((g) => g.label);
    assert.deepEqual(labels.slice(5, 9), [
      'worker 1 CPU',
      'worker 1 GC',
      'worker 2 CPU',
      'worker 2 GC',
    ]);
    assert.equal(labels.length, 5 + 2 * 8);
    assert.deepEqual(columns(few, 'worker 8 CPU'), Array<number>(7).fill(0.5));
    const many = measured({ workers: 9 });
    const group = groupOf(many).gauges.slice(5);
    assert.deepEqual(
      group.map((g) => [g.label, g.unit, g.limit]),
      [
        ['CPU, sum of 9 workers', 'cores', 8],
        ['GC, mean of 9 workers', 'share', null],
      ],
    );
    assert.deepEqual(columns(many, 'CPU, sum of 9 workers'), Array<number>(7).fill(2.8125));
    assert.deepEqual(columns(many, 'GC, mean of 9 workers'), [0, 0.25, 0, 0, 0, 0, 0]);
  });

  it('tell a sample with the time that it speaks about, and a collection by kind', () => {
    const model = measured({});
    const [fromNs] = model.snapshot().extentNs;
    const ask = (label: string, steps: number): unknown =>
      model.hit({
        seq: 1,
        row: idOf(model, label),
        atNs: fromNs + steps * STEP_NS,
        toleranceNs: 1e6,
      }).hit;
    const who = { kind: 'gauge', process: 'app.js' };
    assert.deepEqual(ask('event loop delay', 2.5), {
      ...who,
      label: 'event loop delay',
      thread: 'main',
      unit: 'ns',
      value: 90e6,
      startNs: fromNs + 2 * STEP_NS,
      durationNs: STEP_NS,
      collection: null,
    });
    assert.equal(ask('event loop delay', 9), null);
    assert.deepEqual(ask('garbage collection', 1.1), {
      ...who,
      label: 'garbage collection',
      thread: 'main',
      unit: 'share',
      value: 1,
      startNs: fromNs + 1.1 * STEP_NS - 1e6,
      durationNs: 2e6,
      collection: { name: 'gc major', durationNs: STEP_NS / 4 },
    });
  });
});
