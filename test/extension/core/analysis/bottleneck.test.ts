import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Declaration } from '../../../../agent/wire/manifest.js';
import type { Bottleneck } from '../../../../extension/core/report/report.js';
import {
  check,
  drawingBytes,
  drawingStartNs,
  modelOf,
  TraceText,
} from '../../../support/pipelineText.js';

/** Repeats a lane's pattern, with other letters each time so that executions stay apart. */
function repeat(pattern: string, times: number): string {
  const swap = (text: string): string =>
    text.replace(/[a-m]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 13));
  return Array.from({ length: times }, (_, i) => (i % 2 === 0 ? pattern : swap(pattern))).join('');
}

function bottleneckOf(drawing: string, gauges?: Readonly<Record<string, number>>): Bottleneck {
  const environment: Declaration = {
    kind: 'environment',
    platform: 'linux',
    arch: 'x64',
    cpuModel: 'test',
    cores: 4,
    memoryBytes: 1e9,
    quotaCores: null,
  };
  const trace = new TraceText(2);
  for (const [name, value] of Object.entries(gauges ?? {})) {
    trace.counter('gauge', { name, id: 0, atNs: drawingStartNs + 5e6, values: { value } });
  }
  const bytes = drawingBytes(drawing, { extra: [environment] });
  // The gauges belong to the process of the drawing.
  const section = trace.take().subarray(new TraceText(2).take().length);
  const found = modelOf(Buffer.concat([bytes, section.length > 0 ? section : new Uint8Array(0)]));
  const [pipeline] = found.report().pipelines;
  assert.ok(pipeline !== undefined);
  return pipeline.bottleneck;
}

/** read is held back by tokenise, compress waits for it. */
const slowMiddle = `
  read source x1               | ${repeat('ab>>', 20)}
  queue files read>tokenise 2  | 0${'2'.repeat(79)}
  tokenise cpu x1              | ${repeat('aabb', 20)}
  queue tokens tokenise>compress 2 | ${'0001'.repeat(20)}
  compress io x1               | ${repeat('---a', 20)}
`;

/**
 * work stands free half of the time although its queue is never empty: somebody hands it over late. feed is busier, but
 * what it makes piles up.
 */
const slowHandOver = `
  feed source x1               | ${repeat('aab-', 20)}
  queue parcels feed>work      | ${'9'.repeat(80)}
  work cpu x1                  | ${repeat('ab--', 20)}
  queue done work>store        | ${'0'.repeat(80)}
  store io x1                  | ${repeat('---a', 20)}
`;

describe('bottleneck', () => {
  it('is the stage that work waits for, also where its lanes stand free meanwhile', () => {
    const found = bottleneckOf(slowHandOver);
    assert.deepEqual([found.kind, found.stage], ['stage', 'work']);
    const text = found.evidence.join(' ');
    assert.match(text, /work: 1 lane busy 50%/);
    assert.match(text, /Another 50% of its lane time passes while work waits/);
  });

  it('is the event loop when that is what hands the work over', () => {
    const found = bottleneckOf(slowHandOver, { eventLoopUtilization: 0.98 });
    assert.deepEqual([found.kind, found.stage], ['eventLoop', 'work']);
  });

  it('takes a limit on the work in flight for no input of the next stage', () => {
    const inFlight = `
      feed source x1               | ${repeat('a>>>', 20)}
      queue flight feed> 2         | ${'2'.repeat(80)}
      queue parcels >work          | ${'0'.repeat(80)}
      work io x1                   | ${repeat('a---', 20)}
    `;
    const [pipeline] = modelOf(drawingBytes(inFlight)).report().pipelines;
    assert.deepEqual(
      pipeline?.queues.map(({ name, from, to }) => [name, from, to]),
      [
        ['flight', 'feed', null],
        ['parcels', 'feed', 'work'],
      ],
    );
    assert.ok((pipeline.stages[1]?.shares.starved ?? 0) > 0.6);
  });

  it('is the stage behind a full and before an empty queue, with its numbers as evidence', () => {
    const found = bottleneckOf(slowMiddle);
    assert.deepEqual([found.kind, found.stage], ['stage', 'tokenise']);
    assert.ok(found.confidence > 0.8, `confidence ${found.confidence}`);
    const text = found.evidence.join(' ');
    assert.match(text, /tokenise: 1 lane busy 100%/);
    assert.match(text, /read, before it, is blocked 50%/);
    assert.match(text, /compress, behind it, starves \d+%/);
    assert.match(text, /files, before it, is full 99% of the time/);
    assert.match(text, /tokens, behind it, is empty 75% of the time/);
  });

  it('is not claimed on thin evidence', () => {
    const found = bottleneckOf('work cpu x1 | aabbcc');
    assert.equal(found.kind, 'none');
    assert.ok(found.confidence <= 0.1);
    assert.match(found.evidence[0] ?? '', /Only 3 executions were recorded/);
  });

  it('is the source when the source is the busiest', () => {
    const found = bottleneckOf(`
      read source x1        | ${repeat('ab', 40)}
      queue q read>work 4   | ${'0'.repeat(80)}
      work cpu x2           | ${repeat('-a', 40)}
      work cpu x2           | ${'-'.repeat(80)}
    `);
    assert.deepEqual([found.kind, found.stage], ['source', 'read']);
  });

  it('is the input when the first stage has nothing to do', () => {
    const found = bottleneckOf(`
      queue waiting >work      | ${'0'.repeat(160)}
      work io x1               | ${repeat('a---', 40)}
    `);
    assert.deepEqual([found.kind, found.stage], ['source', null]);
    assert.match(found.evidence[0] ?? '', /has nothing to do 7\d% of its lane time/);
  });

  it('is a limit outside when the lanes wait for one', () => {
    const found = bottleneckOf(`upload io x1 | ${repeat('a~~~', 40)}`);
    assert.deepEqual([found.kind, found.stage], ['external', 'upload']);
  });

  it('is the event loop when an async stage only looks busy', () => {
    const lanes = `fetch io x1 | ${repeat('ab', 40)}`;
    assert.equal(bottleneckOf(lanes, { eventLoopUtilization: 0.6 }).kind, 'stage');
    const found = bottleneckOf(lanes, { eventLoopUtilization: 0.99 });
    assert.deepEqual([found.kind, found.stage], ['eventLoop', 'fetch']);
    assert.match(found.evidence[0] ?? '', /event loop is busy 99%/);
  });

  it('is the cores when a computing stage has used them up', () => {
    const lanes = `hash cpu x1 | ${repeat('ab', 40)}`;
    assert.equal(bottleneckOf(lanes, { cpuCores: 1.1 }).kind, 'stage');
    const found = bottleneckOf(lanes, { cpuCores: 3.9 });
    assert.deepEqual([found.kind, found.stage], ['cpu', 'hash']);
    assert.match(found.evidence[0] ?? '', /3\.9 of 4 cores/);
  });
});

describe('parallelism that changes', () => {
  it('is integrated over time, not averaged away', () => {
    const knob: Declaration = {
      kind: 'knob',
      id: 3,
      name: 'workers',
      knobKind: 'parallelism',
      pipeline: 'drawn',
      stage: 'work',
      queue: null,
      value: 2,
      min: 1,
      max: 8,
      live: true,
      remark: null,
      via: 'api',
      source: null,
    };
    const change: Declaration = {
      kind: 'knobChange',
      knob: 3,
      from: 2,
      to: 1,
      atNs: drawingStartNs + 4e6,
      by: 'sluice',
    };
    const model = check(
      `
      work cpu x2 | aaaabbbbcc
      work cpu x2 | dddd------
      `,
      {
        pipelines: [
          {
            // Lane time: 2 lanes for 4 steps, then 1 lane for 6.
            stages: [{ parallelism: 1, shares: { busy: 1, idle: 0 }, trueRatePerSec: 4 / 10e-3 }],
            knobs: [{ id: '100:3', name: 'workers', value: 1, stage: 'work', live: true }],
          },
        ],
      },
      { extra: [knob, change, change] },
    );
    assert.deepEqual(
      model.snapshot().knobChanges.map(({ name, from, to }) => [name, from, to]),
      [['workers', 2, 1]],
    );
  });
});

describe('merged depth records', () => {
  it('take all depths between low and high as equally likely', () => {
    const trace = new TraceText();
    const queue = { name: 'q', id: 1 };
    trace.declare({
      kind: 'queue',
      ...queue,
      pipeline: null,
      capacity: 3,
      from: null,
      to: null,
      via: 'api',
      source: null,
    });
    const at = (n: number): number => drawingStartNs + n * 1e6;
    trace.counter('queue', { ...queue, atNs: at(0), values: { depth: 0 } });
    trace.counter('queue', { ...queue, atNs: at(4), values: { depth: 1, low: 0, high: 3 } });
    trace.interval(5, { category: 'stage', name: 's', startNs: at(0), endNs: at(8) });
    const [found] = modelOf(trace.take()).report().pipelines[0]?.queues ?? [];
    assert.ok(found !== undefined);
    // 4 ms spread over 0..3, then 4 ms at depth 1.
    assert.deepEqual(
      [found.emptyShare, found.fullShare, found.depth.mean, found.depth.max],
      [1 / 8, 1 / 8, (1.5 + 1) / 2, 3],
    );
  });
});
