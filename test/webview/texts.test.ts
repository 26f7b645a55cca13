import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KnobReport, Report } from '../../extension/core/report/report.js';
import { sortRows, type Column } from '../../webview/tables/columns.js';
import {
  gaugeLine,
  hitLines,
  knobChangeText,
  knobFault,
  lossText,
  summaryText,
} from '../../webview/texts.js';
import { emptyReport, gaugesRow, snapshot } from './builders.js';
import { textsAt } from '../../webview/timeline/overview.js';

const knob: KnobReport = {
  id: '1:1',
  name: 'concurrency',
  kind: 'parallelism',
  stage: 's',
  queue: null,
  value: null,
  min: 1,
  max: 64,
  live: true,
  via: 'api',
  remark: null,
  source: null,
};

describe('texts', () => {
  it('says what is wrong with a knob value, and what it takes', () => {
    assert.equal(knobFault(knob, 8), null);
    assert.equal(knobFault(knob, 65), 'concurrency takes 1 … 64.');
    assert.equal(knobFault(knob, 0), 'concurrency takes 1 … 64.');
    assert.equal(knobFault({ ...knob, max: null }, 1e6), null);
    for (const value of [NaN, 1.5, Infinity]) {
      assert.equal(knobFault(knob, value), 'concurrency takes a whole number.');
    }
  });

  it('tells losses from none', () => {
    assert.equal(lossText(emptyReport).short, '0 lost');
    const capture = { ...emptyReport.capture, lost: { records: 1203, shareOfExecutions: 0.02 } };
    const lossy: Report = { ...emptyReport, capture };
    assert.equal(lossText(lossy).short, '1,203 lost');
    assert.match(lossText(lossy).long, /2% of the executions/);
  });

  it('names unlimited values', () => {
    const change = { knob: '1:1', atNs: 0, name: 'q', from: null, to: 8 };
    assert.equal(knobChangeText(change), 'q unlimited → 8');
  });

  it('names a failed execution and its batch', () => {
    const lines = hitLines({
      kind: 'execution',
      stage: 'infer',
      lane: 'gpu #0',
      startNs: 1.5e9,
      durationNs: 2e6,
      item: 0,
      items: 16,
      failed: true,
    });
    assert.equal(lines[0], 'infer · failed');
    assert.deepEqual(lines[2], ['item', '0'], 'item 0 is an item');
    assert.deepEqual(lines[3], ['batch', '16 items']);
    assert.deepEqual(lines[4], ['start', '1.500000 s']);
  });

  it('tells of many executions together what is to be told', () => {
    const many = {
      kind: 'many',
      label: 'resize',
      fromNs: 1.25e9,
      toNs: 1.2505e9,
      executions: 1312,
      failed: 3,
      longestNs: 4.1e6,
      shares: { busy: 0.62, starved: 0, blocked: 0.3, limited: 0, idle: 0.08 },
    } as const;
    assert.deepEqual(hitLines(many), [
      'resize',
      ['begin here', '1,312 executions'],
      ['of them failed', '3'],
      ['longest', '4.1 ms'],
      ['busy', '62%'],
      ['blocked', '30%'],
      ['idle', '8%'],
      ['from', '1.250000 s'],
      ['over', '500 µs'],
    ]);
    const none = hitLines({ ...many, executions: 0, failed: 0, longestNs: null });
    assert.deepEqual(none.slice(1, 3), [
      ['begin here', '0 executions'],
      ['busy', '62%'],
    ]);
  });

  it('gives gauges their units, and what there is to be used', () => {
    const line = (gauge: Parameters<typeof gaugesRow>[1][number]): string => {
      const [row] = gaugesRow(1, [gauge]).gauges;
      assert.ok(row !== undefined);
      return gaugeLine(row);
    };
    assert.equal(line({ unit: 'ns', max: 312e6 }), 'max 312 ms');
    assert.equal(line({ unit: 'cores', max: 3.412, limit: 8 }), 'max 3.41 of 8');
    const bytes = line({ unit: 'bytes', max: 2 ** 30, limit: 80 * 2 ** 30 });
    assert.equal(bytes, 'max 1 GiB of 80 GiB');
    assert.equal(line({ unit: 'bytes', max: 412 * 2 ** 20 }), 'max 412 MiB');
    assert.equal(line({ unit: 'share', mean: 0.04, max: null }), 'mean 4%');
    assert.equal(line({ unit: 'share', mean: null, max: null }), '–');
    const lines = hitLines({
      kind: 'gauge',
      label: 'garbage collection',
      process: 'app.js',
      thread: 'main',
      unit: 'share',
      value: 0.3,
      startNs: 1.25e9,
      durationNs: 250e6,
      collection: { name: 'gc major', durationNs: 41e6 },
    });
    assert.deepEqual(lines, [
      'garbage collection',
      ['value', '30%'],
      ['gc major', '41 ms'],
      ['thread', 'main'],
      ['process', 'app.js'],
      ['from', '1.250 s'],
      ['over', '250 ms'],
    ]);
  });

  it('sums the session up for those who do not see it', () => {
    assert.equal(summaryText(snapshot()), 'capture, 0 executions, 0 lost.');
    assert.equal(summaryText(snapshot({ emptyText: 'No stage.' })), 'No stage.');
  });
});

describe('sorting a table', () => {
  const column: Column<{ n: number | null }> = {
    title: 'n',
    text: (r) => String(r.n),
    sort: (r) => r.n,
    isNumber: true,
  };
  const rows = [{ n: 2 }, { n: null }, { n: Infinity }, { n: -1 }];

  it('sorts numbers as numbers and keeps the unknown last both ways', () => {
    const order = (descending: boolean): unknown =>
      sortRows(rows, column, descending).map((r) => r.n);
    assert.deepEqual(order(false), [-1, 2, Infinity, null]);
    assert.deepEqual(order(true), [Infinity, 2, -1, null]);
    assert.deepEqual(sortRows(rows, undefined, true), rows);
  });
});

describe('the header of the overview', () => {
  const curves = {
    throughput: { stepNs: 1e8, perSec: [100, 200] },
    latency: { stepNs: 5e7, steps: [null, [1e6, 2e6, 3e6]] },
  } as const;
  const extent = { fromNs: 0, toNs: 1e9 };

  it('says what the curves show at a moment', () => {
    assert.deepEqual(textsAt(curves, extent, 0.06e9), {
      heading: 'at 0.060 s',
      rate: '100/s',
      latency: 'p95 2 ms (1 ms … 3 ms)',
    });
  });

  it('says nothing of latency where nothing left, and takes the last rate to the end', () => {
    assert.deepEqual(textsAt(curves, extent, 0.9e9), {
      heading: 'at 0.900 s',
      rate: '200/s',
      latency: '',
    });
  });
});
