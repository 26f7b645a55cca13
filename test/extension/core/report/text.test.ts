import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  formatBytes,
  formatCount,
  formatDurationNs,
  formatPercent,
  formatRate,
  printable,
} from '../../../../extension/core/format.js';
import { renderText } from '../../../../extension/core/report/text.js';
import { textWidth } from '../../../../extension/core/report/textLayout.js';
import {
  drawingBytes,
  drawingStartNs,
  modelOf,
  processDeclaration,
  stageDeclaration,
  TraceText,
} from '../../../support/pipelineText.js';

const drawing = `
  read source x1           | aabbcc>>dd
  queue files read>work 2  | 0011222211
  work cpu x1              | --aaabbbcc
`;

describe('text report', () => {
  it('reads like this at 80 columns', () => {
    const text = renderText(modelOf(drawingBytes(drawing)).report(), { color: false, width: 80 });
    assert.equal(
      text.replace(/ · [\d.]+ KiB/, ' · N KiB'),
      `Sluice  10 ms · 7 executions · 1 process · N KiB
        app.js (pid 100, node v20.20.2)

drawn  300/s through the last stage · item latency p50 6 ms · p95 6 ms ·
  p99 6 ms

stage             items/s  busy        starved  blocked   p50   p95   p99
read   source ×1      400  ████░  80%       0%      20%  2 ms  2 ms  2 ms
work   cpu ×1         300  ████░  80%      20%       0%  3 ms  3 ms  3 ms

queue  between      mean  p95     max  full  empty
files  read → work   1.2    2  2 of 2   40%    20%

Bottleneck  Not enough was recorded for a verdict
  - Only 7 executions were recorded; from 30 on there is a verdict.
  - read: 1 lane busy 80%.
  - work: 1 lane busy 80%.
`,
    );
  });

  it('never obeys a program’s names, and keeps to its width', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(name, name, fc.integer({ min: 80, max: 200 }), (stage, title, width) => {
        const trace = new TraceText();
        trace.declare(processDeclaration(1, title), stageDeclaration(stage));
        trace.declare({ kind: 'lane', lane: 1, stage, pipeline: null, thread: 'main', slot: 0 });
        const times = { startNs: drawingStartNs, endNs: drawingStartNs + 1e6 };
        trace.interval(1, { category: 'stage', name: stage, ...times });
        const text = renderText(modelOf(trace.take()).report(), { color: false, width });
        // eslint-disable-next-line no-control-regex -- control characters must not be there
        assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        for (const line of text.split('\n')) {
          // A word that is longer than the line stays whole; the longest here is an escaped name.
          const longest = Math.max(...line.split(' ').map(textWidth));
          assert.ok(
            textWidth(line) <= Math.max(width, longest + 10),
            `${textWidth(line)}: ${line}`,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  it('marks a stage that has lost records, and says how many', () => {
    const loss = {
      kind: 'loss',
      where: 'ring',
      stage: 'upload',
      pipeline: 'drawn',
      records: 3,
      executions: 3,
      fromNs: 0,
      toNs: 1,
    } as const;
    const report = modelOf(drawingBytes('upload io x1 | ab', { extra: [loss] })).report();
    assert.equal(report.pipelines[0]?.stages[0]?.lost, 3);
    const text = renderText(report, { color: false, width: 80 });
    assert.match(text, /\n(?=upload \(!\) ).*\n {2}\(!\) records of 3 of 5 executions lost\n/);
  });

  it('says what has no column under its stage', () => {
    const limited = drawingBytes('upload io x1 | aB~~cd~~');
    const text = renderText(modelOf(limited).report(), { color: false, width: 80 });
    assert.match(text, /\n {2}limited 33% of the time, 1 of 4 failed\n/);
  });

  it('colours only when asked to', () => {
    const report = modelOf(drawingBytes(drawing)).report();
    assert.ok(!renderText(report, { color: false, width: 80 }).includes('\u001b'));
    assert.ok(renderText(report, { color: true, width: 80 }).includes('\u001b[1m'));
  });
});

describe('numbers as text', () => {
  it('uses units a person would', () => {
    assert.deepEqual(
      [0, 1, 830, 12_400, 3_070_000, 999_600_000, 42e9, 200e9, 7500e9, -5e6, NaN].map(
        formatDurationNs,
      ),
      [
        '0 ns',
        '1 ns',
        '830 ns',
        '12.4 µs',
        '3.07 ms',
        '1 s',
        '42 s',
        '3 m 20 s',
        '2 h 5 m',
        '-5 ms',
        '–',
      ],
    );
    assert.deepEqual([0, 0.25, 12.44, 3070, 84_100, 1.2e6].map(formatRate), [
      '0/s',
      '0.25/s',
      '12.4/s',
      '3070/s',
      '84.1k/s',
      '1.2M/s',
    ]);
    assert.deepEqual([0, 12, 1234, 1_234_567.26, -5000].map(formatCount), [
      '0',
      '12',
      '1,234',
      '1,234,567.3',
      '-5,000',
    ]);
    assert.deepEqual([0, 512, 1536, 12 * 2 ** 20, 3.25 * 2 ** 30].map(formatBytes), [
      '0 B',
      '512 B',
      '1.5 KiB',
      '12 MiB',
      '3.25 GiB',
    ]);
  });

  it('never makes a part look like all or nothing', () => {
    assert.deepEqual([0, 0.001, 0.42, 0.999, 1].map(formatPercent), [
      '0%',
      '<1%',
      '42%',
      '>99%',
      '100%',
    ]);
  });

  it('shows control characters instead of printing them', () => {
    assert.equal(printable('a\u001b[31mb\nc\u202e'), 'a\\u001b[31mb\\u000ac\\u202e');
  });
});
